"""Flags of the scheduler."""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.kube.insecure_ports import SCHEDULER_UNTIL
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.scheduler import SchedulerSpec
from k8s_hardening.plans.control_plane.flags import flag, tls_flags
from k8s_hardening.plans.control_plane.part import Component, Part, Setting

_ME = Component.SCHEDULER


def plan_scheduler(spec: SchedulerSpec, kubernetes: KubeVersion) -> Part:
    """The hardened flags of the scheduler, which has no configuration file: with one it would ignore --profiling."""
    return Part(settings=tuple(_settings(spec, kubernetes)))


def _settings(spec: SchedulerSpec, kubernetes: KubeVersion) -> Iterator[Setting]:
    yield flag(_ME, "bind-address", spec.bind_address)
    if kubernetes <= SCHEDULER_UNTIL:
        yield flag(_ME, "port", "0")
    yield from tls_flags(_ME, spec.tls_minimum, kubernetes)
    yield flag(_ME, "profiling", "false")
