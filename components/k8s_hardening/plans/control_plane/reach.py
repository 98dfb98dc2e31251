"""How far each setting of the control plane comes: in which dialects and versions it is really written.

Nothing here repeats what a writer does. Every setting gets a value of its own, the dialect writes as it always does,
and a setting has come through when its value stands in what was written.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.version import NEWEST, OLDEST, KubeVersion
from k8s_hardening.kube.yaml_text import as_yaml
from k8s_hardening.model.control_plane.spec import ControlPlaneSpec
from k8s_hardening.model.dialect import Dialect
from k8s_hardening.plans.control_plane.dialects.output import DialectOutput
from k8s_hardening.plans.control_plane.dialects.writer import write
from k8s_hardening.plans.control_plane.part import Setting
from k8s_hardening.plans.control_plane.plan import plan_control_plane
from k8s_hardening.plans.ledger import LedgerEntry, ledger

VERSIONS = tuple(KubeVersion(1, minor) for minor in range(OLDEST.minor, NEWEST.minor + 1))
DIALECTS = tuple(dialect for dialect in Dialect if dialect is not Dialect.MANAGED)
"""Those that write anything; with `managed` the control plane is the provider's."""
_PART = "control_plane."
_DOCUMENTS = {"kubelet": "KubeletConfiguration", "kube_proxy": "KubeProxyConfiguration"}
_COMPONENTS = {"controller_manager": "kube-controller-manager", "scheduler": "kube-scheduler", "etcd": "etcd"}
_API_SERVER = "kube-apiserver"


class State(StrEnum):
    """What becomes of a setting in one dialect and version."""

    WRITTEN = "written"
    OWN = "own"
    """The distribution does it itself, so nothing is written."""
    NONE = "none"
    """Not expressible, or not there in the version; the notes of `render` say which."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What becomes of one control of the benchmark, by dialect and version."""

    entry: LedgerEntry
    states: dict[Dialect, tuple[tuple[KubeVersion, State], ...]]


@functools.cache  # writing every dialect at every version takes seconds
def reach() -> tuple[Reach, ...]:
    """Every control that the control plane emits, in the order of the benchmark."""
    entries = [one for one in ledger() if one.emitted_by is not None and one.emitted_by.plan.startswith(_PART)]
    outputs = {(dialect, version): _outputs(dialect, version) for dialect in DIALECTS for version in VERSIONS}
    return tuple(
        Reach(
            entry,
            {
                dialect: tuple((version, _state(entry, *outputs[dialect, version])) for version in VERSIONS)
                for dialect in DIALECTS
            },
        )
        for entry in entries
    )


def _state(entry: LedgerEntry, marked: str, own: tuple[str, ...]) -> State:
    owner, name = _setting_of(entry)
    program = owner if owner not in _DOCUMENTS.values() else owner.removesuffix("Configuration").lower()
    word = re.compile(rf"(?<![\w-])(?:--)?{re.escape(name)}(?![\w-])")
    if any(
        program in sentence.lower().replace("kube-proxy", "kubeproxy") and word.search(sentence) for sentence in own
    ):
        return State.OWN
    return State.WRITTEN if _mark(owner, name) in marked else State.NONE


def _setting_of(entry: LedgerEntry) -> tuple[str, str]:
    """Program or document that has the setting, and the setting's name."""
    assert entry.emitted_by is not None  # noqa: S101 - chosen so by the caller
    part, what = entry.emitted_by.plan.removeprefix(_PART), entry.emitted_by.what
    return _DOCUMENTS.get(part, _COMPONENTS.get(part, _API_SERVER)), what.removeprefix("--")


def _mark(owner: str, name: str) -> str:
    return f"reach.{owner}.{name}.".lower()


def _outputs(dialect: Dialect, version: KubeVersion) -> tuple[str, tuple[str, ...]]:
    """Everything that a dialect writes when each setting has its mark as its value, and what it says to do itself."""
    spec = ControlPlaneSpec.model_validate(_needed_by_dialects())
    part = plan_control_plane(spec, version, dialect)
    marked = replace(
        part,
        settings=tuple(_marked_setting(one) for one in part.settings),
        documents=tuple(_marked_document(one) for one in part.documents),
    )
    own = write(part, spec, version, dialect).owned_by_provider
    return _text(write(marked, spec, version, dialect)), own


def _needed_by_dialects() -> dict[str, Any]:
    fields = ControlPlaneSpec.model_fields
    return {name: (fields[name].examples or [None])[0] for name in ("static_pods", "cluster_api")}


def _marked_setting(one: Setting) -> Setting:
    return replace(one, values=(_mark(one.component.value, one.flag),))


def _marked_document(one: Manifest) -> Manifest:
    kind = str(one["kind"])
    return {
        name: value if name in ("apiVersion", "kind") else _marked_leaves(value, _mark(kind, name))
        for name, value in one.items()
    }


def _marked_leaves(value: Any, mark: str) -> Any:
    if isinstance(value, dict):
        return {name: _marked_leaves(inner, mark) for name, inner in value.items()}
    return [mark] if isinstance(value, list) else mark


def _text(output: DialectOutput) -> str:
    return "\n".join([*(file.text for file in output.host_files), *map(as_yaml, output.manifests)]).lower()


def ranges(states: Iterable[tuple[KubeVersion, State]]) -> Iterator[tuple[State, KubeVersion, KubeVersion]]:
    """Versions of one state in a row as one range, first and last, in the order of the versions."""
    for state, group in itertools.groupby(states, key=lambda one: one[1]):
        versions = [version for version, _ in group]
        yield state, versions[0], versions[-1]
