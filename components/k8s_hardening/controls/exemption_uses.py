"""What exemptions keep from being found: every use of one is to be seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from k8s_hardening.controls.control import Control
from k8s_hardening.controls.exempting import covers, covers_container, is_alive
from k8s_hardening.controls.judging import Judged, judge, judge_stack
from k8s_hardening.kube.manifest import Manifest, expand_lists
from k8s_hardening.model.exemption import Exemption
from k8s_hardening.model.knowledge import Knowledge


@dataclass(frozen=True, slots=True)
class Use:
    """A finding that is not reported as one, and the exemption that covers it."""

    exemption: Exemption
    judged: Judged


class ExemptionUses:
    """The living exemptions of some controls. Where there are none, or none covers an object, asking costs nothing."""

    def __init__(self, controls: Iterable[Control], knowledge: Knowledge) -> None:
        by_id = {one.id: one for one in controls if one.applies_to(knowledge.kubernetes)}
        living = [one for one in knowledge.exemptions if one.control in by_id and is_alive(one, knowledge)]
        self._living = [
            (one, by_id[one.control], _without(one.control, knowledge))
            for one in sorted(living, key=lambda one: one.model_dump_json())
        ]

    def of(self, manifest: Manifest, *, partial: bool = False) -> Iterator[Use]:
        """What is exempt in one object, by controls that look at single objects."""
        if not self._living:
            return
        for prefix, item in expand_lists(manifest):
            for exemption, control, knowledge in self._living:
                if control.check is None or not covers(exemption, item):
                    continue
                for judged in judge(item, [control], knowledge, partial=partial):
                    if covers_container(exemption, item, judged.finding):
                        yield Use(exemption, judged.below(prefix))

    def of_stack(self, manifests: Sequence[Manifest]) -> Iterator[tuple[int, Use]]:
        """What is exempt among all objects, by controls that look at them together, with the index of each object."""
        if all(control.check_stack is None for _, control, _ in self._living):
            return
        items = [(index, prefix, item) for index, one in enumerate(manifests) for prefix, item in expand_lists(one)]
        objects = [item for _, _, item in items]
        for exemption, control, knowledge in self._living:
            for position, judged in judge_stack(objects, [control], knowledge):
                index, prefix, item = items[position]
                if covers(exemption, item) and covers_container(exemption, item, judged.finding):
                    yield index, Use(exemption, judged.below(prefix))


def _without(control_id: str, knowledge: Knowledge) -> Knowledge:
    kept = tuple(one for one in knowledge.exemptions if one.control != control_id)
    return knowledge.model_copy(update={"exemptions": kept})
