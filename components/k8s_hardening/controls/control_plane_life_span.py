"""Flags, feature gates and fields must be known to the cluster's version.

Judged: each flag of kube-apiserver, kube-controller-manager, kube-scheduler, kubelet and etcd, and each feature gate
that other versions have, in --feature-gates and in KubeletConfiguration: a program does not start with one that it does
not know. Each field of KubeletConfiguration: the kubelet drops one that it does not know with a line in its log, so
that the setting is lost. The finding names what took the place of a flag that is gone.
Facts and sources: kube/flags.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.controls.shared.flag_rules import unreadable
from k8s_hardening.controls.shared.kubelet_rules import KUBELET_FILE
from k8s_hardening.kube.control_planes import ComponentSettings, may_configure, settings_of, too_large
from k8s_hardening.kube.embedded import embedded_files
from k8s_hardening.kube.flags import ETCD, Span, feature_gates, flags_of, kubelet_fields, replacement_of
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_map, as_str
from k8s_hardening.kube.version import NEWEST, OLDEST, KubeVersion
from k8s_hardening.model.knowledge import Knowledge

_GATES = "feature-gates"
_NO_FIELDS_OF_ITS_OWN = frozenset({"apiVersion", "kind"})


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each flag and each field that the cluster's version does not know."""
    for settings in settings_of(manifest):
        yield from unreadable(settings)
        yield from _flags(settings, knowledge.kubernetes)
    for file in embedded_files(manifest, KUBELET_FILE):
        if file.content is UNKNOWN or file.content is None:
            yield Finding(file.path, "not to be read", "give it a plain value of some kilobytes")
            continue
        yield from _gates(file.at("featureGates"), as_map(file.content).get("featureGates"), knowledge.kubernetes)
        for name in as_map(file.content):
            span = kubelet_fields().get(name)
            if name not in _NO_FIELDS_OF_ITS_OWN and not (span and span.is_known(knowledge.kubernetes)):
                found = f"a field that the kubelet {_fault(span, knowledge.kubernetes)}"
                yield Finding(file.at(name), found, "remove it; the kubelet drops it")
    for large in too_large(manifest):
        yield Finding(large.path, "a file of kubeadm too large to be judged", "write it by hand")


def _flags(settings: ComponentSettings, version: KubeVersion) -> Iterator[Finding]:
    known = flags_of(settings.program)
    for argument in settings.arguments:
        span = known.get(argument.name)
        if argument.name == _GATES and settings.program != ETCD:  # etcd has gates of its own
            yield from _gates(argument.path, argument.value, version)
        if not argument.name or (span is not None and span.is_known(version)):
            continue
        instead = replacement_of(settings.program, argument.name) if span and span.is_past(version) else None
        name = "a flag of a Secret" if settings.is_secret and span is None else f"--{argument.name}"
        found = f"the value of {name}, which {settings.program} {_fault(span, version)}"
        yield Finding(argument.path, found, instead or "remove it; the program does not start with it")


def _gates(path: str, value: Any, version: KubeVersion) -> Iterator[Finding]:
    """The feature gates of a flag (`Name=true,Other=false`) or of a mapping that another version has."""
    if value is UNKNOWN:
        yield finding(path, UNKNOWN, "give feature gates that are known at preview")
    names = as_map(value) or [pair.partition("=")[0].strip() for pair in as_str(value).split(",")]
    for name in names:
        span = feature_gates().get(name)  # one that no version has may be of a program's own
        if span is not None and not span.is_known(version):
            found = f"with the feature gate {span.name}, which Kubernetes {_when(span, version)}"
            yield Finding(path, found, "remove the gate; the program does not start with it")


def _fault(span: Span | None, version: KubeVersion) -> str:
    if span is None:
        return f"of Kubernetes {OLDEST} to {NEWEST} does not know"
    return f"of Kubernetes {_when(span, version)}"


def _when(span: Span, version: KubeVersion) -> str:
    if span.is_past(version):
        return f"{version} no longer knows (last in {span.last})"
    return f"{version} does not know yet (first in {span.first})"


CONTROL = Control(
    id="control-plane-life-span",
    requirement="Flags, feature gates and fields must be known to the cluster's version.",
    severity=Severity.MEDIUM,
    chapter="control-plane",
    profile=Profile.FULL,
    references=("Kubernetes: Deprecation Policy",),
    check=check,
    concerns=may_configure,
)
