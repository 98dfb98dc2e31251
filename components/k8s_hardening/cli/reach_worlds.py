"""What `reach` is asked about: the world of some files, or of a stack's plan."""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from k8s_hardening.cli.sources import read_sources
from k8s_hardening.cli.verdict import read_items
from k8s_hardening.kube.cnis import CNIS, Cni
from k8s_hardening.kube.networks import Network
from k8s_hardening.kube.reach import Enforcement, World
from k8s_hardening.kube.version import KubeVersion

if TYPE_CHECKING:
    from k8s_hardening.model.cni import CniSpec


@dataclass(frozen=True, slots=True)
class Asked:
    """A world, and what of the input is not in it."""

    world: World
    errors: tuple[str, ...]


def networks(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> tuple[Network, ...]:
    """The networks that an option gives."""
    found = []
    for value in values:
        try:
            found.append(ipaddress.ip_network(value))
        except ValueError:
            raise click.BadParameter(f'"{value}" is not a network; for example "10.244.0.0/16"', ctx, param) from None
    return tuple(found)


def of_files(paths: Sequence[str], version: KubeVersion, pod_networks: tuple[Network, ...]) -> Asked:
    """The world of some files, folders or the standard input."""
    read = read_items(read_sources(paths, sys.stdin.buffer))
    world = World.of(
        (item.manifest for item in read.items), version, Enforcement(pod_networks=pod_networks), imagine=True
    )
    return Asked(world, (*map(str, read.problems), *map(str, world.flaws)))


def of_stack(project: Path, stack: str, pod_networks: tuple[Network, ...]) -> Asked:
    """The world of a stack's plan, in the version of its cluster and as its network plug-in enforces it.

    Raises:
        BadInputError: the baseline cannot be used, with every problem.
    """
    # Only here, since it loads the whole model.
    from k8s_hardening.cli.stack_files import baseline_of
    from k8s_hardening.plans.baseline import plan_baseline

    baseline = baseline_of(project, stack)
    enforcement = enforcement_of(baseline.cni, pod_networks)
    world = World.of(plan_baseline(baseline).manifests, baseline.kubernetes, enforcement, imagine=True)
    return Asked(world, tuple(map(str, world.flaws)))


def enforcement_of(cni: CniSpec, pod_networks: tuple[Network, ...]) -> Enforcement:
    """What a network plug-in makes of policies, where something is known against it."""
    since = CNIS[cni.name].port_ranges_since
    reads_ranges = since is None or cni.version is None or Cni.is_at_least(cni.version, since)
    return Enforcement(port_ranges=reads_ranges, pod_networks=pod_networks)
