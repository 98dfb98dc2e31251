"""Flags of components as settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from k8s_hardening.kube.ciphers import TlsMinimum, strong_suites
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.plans.control_plane.files import host_mounts
from k8s_hardening.plans.control_plane.part import Component, Setting


def flag(component: Component, name: str, *values: str, files: Iterable[str] = ()) -> Setting:
    """A flag with its values and the host's own files that it needs to see."""
    return Setting(component, name, values, mounts=host_mounts(files))


def file_flags(component: Component, values: dict[str, str]) -> Iterator[Setting]:
    """Flags whose value is a file that the host has already."""
    for name, path in values.items():
        yield flag(component, name, path, files=(path,))


def tls_flags(component: Component, minimum: TlsMinimum, kubernetes: KubeVersion) -> Iterator[Setting]:
    """The oldest version of TLS and the suites that a component of Kubernetes offers."""
    yield flag(component, "tls-min-version", minimum.flag_value)
    if suites := strong_suites(minimum, kubernetes):
        yield flag(component, "tls-cipher-suites", *suites)
