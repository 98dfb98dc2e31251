"""The verdict on one resource or stack under the pack's configuration; knows nothing of the policy SDK."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from k8s_hardening.controls import control_plane_life_span as life_span
from k8s_hardening.controls.control import Control, Finding, finding
from k8s_hardening.controls.exemption_uses import ExemptionUses, Use
from k8s_hardening.controls.gates import GATES, Around, Gate, is_patch
from k8s_hardening.controls.judging import Checks, checks_of, judge_stack, judge_with
from k8s_hardening.controls.naming import unknown_controls, unknown_exemptions
from k8s_hardening.controls.registry import CONTROLS
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, api_group_of, as_list, as_map, holds_unknown, kind_of
from k8s_hardening.kube.pods import pods_of
from k8s_hardening.model.enforcement import UNDECIDED, Level, PackConfiguration, exempt_until
from k8s_hardening.model.problems import BadInputError

_CONTROL_PLANE = "k8s-hardening:index:ControlPlane"
_OBJECT_CONTROLS = tuple(control for control in CONTROLS if control.check is not None)
_STACK_CONTROLS = tuple(control for control in CONTROLS if control.check_stack is not None)


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of a stack."""

    token: str
    """Pulumi type token, for example kubernetes:core/v1:Pod."""
    properties: Manifest
    holds_unknown: bool
    """Whether any of its properties is not known until apply."""
    is_component: bool = False
    """Made by no provider: a grouping of other resources."""
    provider: str = ""
    """URN of its provider; what another provider makes may be in another cluster."""
    renders: bool = False
    """Its provider writes objects to files instead of a cluster."""

    @property
    def is_object(self) -> bool:
        """Whether it is an object of the API server, by its properties."""
        return "apiVersion" in self.properties and "kind" in self.properties

    @property
    def is_partial(self) -> bool:
        """Whether it only changes an object of somebody else's: a patch that could not make one where there is none.

        The server makes what is not there from a patch too (pulumi-kubernetes 4.27.0 pkg/await/await.go, Creation). A
        namespace needs no more than a name for that, a pod no more than containers with images.
        """
        if not is_patch(self.token, self.properties):
            return False
        is_namespace = kind_of(self.properties) == "Namespace" and not api_group_of(self.properties)
        return not is_namespace and not any(pod.is_complete for pod in pods_of(self.properties))


class Bench:
    """The controls under one configuration, sorted by the level at which they speak."""

    def __init__(self, configuration: PackConfiguration, today: datetime.date) -> None:
        problems = unknown_controls(configuration.levels, "config.levels")
        problems += unknown_exemptions(configuration.knowledge.exemptions, "config.knowledge.exemptions")
        if problems:
            raise BadInputError(problems)
        self._configuration = configuration
        self._knowledge = configuration.knowledge.model_copy(update={"today": today})
        self._packages = frozenset(configuration.packages)
        self._levels = {one.id: one.level_in(configuration.levels) for one in CONTROLS}
        self._levels |= {one.id: configuration.levels.get(one.id, Level.MANDATORY) for one in GATES}
        judging = [one for one in CONTROLS if self._levels[one.id] is not Level.DISABLED]
        self._exempt = ExemptionUses(judging, self._knowledge)
        version = configuration.knowledge.kubernetes
        self._objects = {level: checks_of(self._set_to(_OBJECT_CONTROLS, level), version) for level in Level}
        about_objects = [one.id for one in _OBJECT_CONTROLS] + [one.id for one in GATES]
        self._spoken = {self._levels[one] for one in about_objects}
        self._stacks = {level: self._speaking(_STACK_CONTROLS, level) for level in Level}

    def speaks_of_what_is_known(self, level: Level) -> bool:
        """Whether a level ever says anything about a resource of which everything is known."""
        return level is Level.MANDATORY or level in self._spoken

    def about(self, resource: Resource, level: Level) -> Iterator[str]:
        """The messages of one level about one resource; what is exempt is said as advice."""
        if level is Level.ADVISORY:
            yield from self._what_is_exempt(resource)
        if not (self.speaks_of_what_is_known(level) or resource.holds_unknown):
            return
        if not resource.is_component:
            around = Around(self._packages, resource.renders)
            for gate in GATES:
                for finding in gate.check(resource.token, resource.properties, around):
                    if self._level(gate.id, finding, resource) is level:
                        yield message(gate, finding)
        if resource.is_object:
            yield from self._about_object(resource, self._objects[level], level)
            # A mandatory control that cannot decide speaks as an advisory one; that takes an unknown value.
            if level is self._configuration.unknowns is Level.ADVISORY and resource.holds_unknown:
                yield from self._about_object(resource, self._objects[Level.MANDATORY], level)

        if resource.token == _CONTROL_PLANE:
            yield from self._about_settings(resource, level)

    def _what_is_exempt(self, resource: Resource) -> Iterator[str]:
        if resource.is_object:
            for use in self._exempt.of(resource.properties, partial=resource.is_partial):
                yield exempt_message(use)
        if resource.token == _CONTROL_PLANE:
            for index, settings in enumerate(as_list(resource.properties.get("settings"))):
                for use in self._exempt.of(as_map(settings)):
                    yield exempt_message(use, f"settings[{index}].")

    def _about_settings(self, resource: Resource, level: Level) -> Iterator[str]:
        """About the settings that a control plane registers as objects, since none of them becomes a resource."""
        for index, settings in enumerate(as_list(resource.properties.get("settings"))):
            path = f"settings[{index}]"
            if settings is UNKNOWN:
                unknown = finding(path, UNKNOWN, "give the control plane settings that are known at preview")
                if self._level(life_span.CONTROL.id, unknown, resource) is level:
                    yield message(life_span.CONTROL, unknown)
                continue
            inner = Resource(resource.token, as_map(settings), holds_unknown(settings))
            for judged in judge_with(inner.properties, self._objects[level], self._knowledge):
                if self._level(judged.control.id, judged.finding, inner) is level:
                    yield message(judged.control, replace(judged.finding, path=f"{path}.{judged.finding.path}"))

    def _about_object(self, resource: Resource, checks: Checks, level: Level) -> Iterator[str]:
        for judged in judge_with(resource.properties, checks, self._knowledge, partial=resource.is_partial):
            if self._level(judged.control.id, judged.finding, resource) is level:
                yield message(judged.control, judged.finding)

    def about_stack(self, resources: Sequence[Resource], level: Level) -> Iterator[tuple[int, str]]:
        """The messages of one level about all resources together, each with the index of its resource."""
        clusters: dict[str, list[int]] = {}
        for index, one in enumerate(resources):
            if one.is_object and not one.is_partial:
                clusters.setdefault(one.provider, []).append(index)
        for places in clusters.values():
            manifests = [resources[index].properties for index in places]
            if level is Level.ADVISORY:
                for place, use in self._exempt.of_stack(manifests):
                    yield places[place], exempt_message(use)
            for place, judged in judge_stack(manifests, self._stacks[level], self._knowledge):
                if self._level(judged.control.id, judged.finding) is level:
                    yield places[place], message(judged.control, judged.finding)

    def _speaking(self, controls: Sequence[Control], level: Level) -> tuple[Control, ...]:
        # A mandatory control speaks at the advisory level too when a value is unknown and unknowns are advisory.
        also = Level.MANDATORY if level is Level.ADVISORY and self._configuration.unknowns is Level.ADVISORY else level
        return self._set_to(controls, level, also)

    def _set_to(self, controls: Sequence[Control], *levels: Level) -> tuple[Control, ...]:
        wanted = set(levels) - {Level.DISABLED}
        return tuple(one for one in controls if self._levels[one.id] in wanted)

    def _level(self, control_id: str, finding: Finding, resource: Resource | None = None) -> Level:
        level = self._levels[control_id]
        undecided = finding.unknown and (resource is None or resource.holds_unknown)
        return self._configuration.unknowns if undecided and level is Level.MANDATORY else level


def message(control: Control | Gate, finding: Finding) -> str:
    """One violation as people and the event log read it: `[id] requirement culprit; fix`."""
    text = f"{UNDECIDED} {finding.message}" if finding.unknown else finding.message
    return f"[{control.id}] {control.requirement} {text}"


def exempt_message(use: Use, prefix: str = "") -> str:
    """What an exemption covers, as the event log carries it to the summary of a preview."""
    control, exemption = use.judged.control, use.exemption
    mark = exempt_until(exemption.expires, exemption.owner)
    return f"[{control.id}] {mark}{control.requirement} {prefix}{use.judged.finding.message}"
