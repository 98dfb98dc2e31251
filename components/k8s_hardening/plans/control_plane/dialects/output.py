"""What every dialect's writer gives."""

from __future__ import annotations

from dataclasses import dataclass

from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.plans.plan import HostFile


@dataclass(frozen=True, slots=True)
class DialectOutput:
    """The control plane in the words of one dialect."""

    host_files: tuple[HostFile, ...] = ()
    """Every file to put on the hosts, sorted by path."""
    manifests: tuple[Manifest, ...] = ()
    """Objects of the cluster, the parts' own included."""
    not_expressible: tuple[str, ...] = ()
    """What the parts ask for and the dialect has no words for: one sentence each."""
    owned_by_provider: tuple[str, ...] = ()
    """What the distribution or the provider does itself, so that nothing is written for it: one sentence each."""
    advice: tuple[str, ...] = ()
    """What is left to the operator: one sentence each, with the command where there is one."""
