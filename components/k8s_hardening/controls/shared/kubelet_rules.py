"""What the controls of the kubelet share: its configuration file, judged field by field, and its flags."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from k8s_hardening.controls.control import Finding, finding
from k8s_hardening.controls.shared.flag_rules import Accepts, allowed, field_of, told_of_file, unreadable
from k8s_hardening.kube.control_planes import settings_of
from k8s_hardening.kube.embedded import ConfigurationKind, embedded_files
from k8s_hardening.kube.flags import KUBELET
from k8s_hardening.kube.kubelet import is_usable
from k8s_hardening.kube.manifest import UNKNOWN, Manifest
from k8s_hardening.kube.version import KubeVersion

KUBELET_FILE = ConfigurationKind("kubelet.config.k8s.io", "KubeletConfiguration", ("kubelet-config",))


@dataclass(frozen=True, slots=True)
class KubeletRule:
    """What one field of the configuration must be."""

    field: str
    """Names of the steps to it, joined by dots."""
    accepts: Callable[[Any], bool]
    """Says whether a value is good; never called with UNKNOWN."""
    fix: str
    default_is_good: bool = True
    """Whether the field may be left out."""


def judge_files(
    manifest: Manifest, rules: tuple[KubeletRule, ...], version: KubeVersion
) -> Iterator[tuple[Any, Finding]]:
    """The findings of some rules about every KubeletConfiguration in an object, each with the file's content."""
    for file in embedded_files(manifest, KUBELET_FILE):
        if file.content is None:
            yield None, Finding(file.path or "(object)", "a file too large to be judged", "write it by hand")
        elif file.content is UNKNOWN:
            yield None, finding(file.path, UNKNOWN, "give it a plain value")
        else:
            for rule in rules:
                if is_usable(rule.field.partition(".")[0], version) and (
                    found := _field(rule, file.content, file.at(rule.field), manifest)
                ):
                    yield file.content, found


def _field(rule: KubeletRule, content: Any, path: str, manifest: Manifest) -> Finding | None:
    value = field_of(content, rule.field)
    if value is None:
        return None if rule.default_is_good else finding(path, None, rule.fix)
    if value is not UNKNOWN and rule.accepts(value):
        return None
    return told_of_file(manifest, path, value, rule.fix)


def judge_flags(manifest: Manifest, flags: Mapping[str, tuple[Accepts, str]]) -> Iterator[Finding]:
    """The findings about flags of the kubelet, which win over its file."""
    for settings in settings_of(manifest, KUBELET):
        yield from unreadable(settings)
        for flag, (accepts, fix) in flags.items():
            yield from allowed(settings, flag, accepts, fix)


def is_on(value: Any) -> bool:
    """Whether a field is true."""
    return value is True


def is_off(value: Any) -> bool:
    """Whether a field is false."""
    return value is False
