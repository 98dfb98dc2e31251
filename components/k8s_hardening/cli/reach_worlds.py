"""What `reach` is asked about: the world of some files, or of a stack's plan."""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from k8s_hardening.cli.sources import read_sources
from k8s_hardening.cli.verdict import read_items
from k8s_hardening.kube.cnis import CNIS
from k8s_hardening.kube.networks import Network
from k8s_hardening.kube.reach import Enforcement, World
from k8s_hardening.kube.version import KubeVersion


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


def of_files(paths: Sequence[str], version: KubeVersion, enforcement: Enforcement) -> Asked:
    """The world of some files, folders or the standard input."""
    read = read_items(read_sources(paths, sys.stdin.buffer))
    world = World.of((item.manifest for item in read.items), version, enforcement, imagine=True)
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
    cni = baseline.cni
    enforcement = enforcement_of(cni.name, cni.version, cni.switches, pod_networks)
    world = World.of(plan_baseline(baseline).manifests, baseline.kubernetes, enforcement, imagine=True)
    return Asked(world, tuple(map(str, world.flaws)))


def enforcement_of(
    name: str, version: str | None, switches: Sequence[str], pod_networks: tuple[Network, ...]
) -> Enforcement:
    """What a network plug-in makes of policies, as far as the facts about it go; what is unverified may be either."""
    facts = CNIS[name]
    ingress, egress, ranges, sctp, hosts = (
        fact.in_cluster(version, switches)
        for fact in (facts.network_policy, facts.egress, facts.end_port, facts.sctp_ports, facts.host_network)
    )
    return Enforcement(
        ingress=ingress,
        egress=egress,
        port_ranges=ranges,
        # Where no policy has an effect, nothing depends on rules.
        sctp=facts.isolates_sctp(version, switches),
        sctp_rules=sctp is True or (ingress is False and egress is False),
        spares_hosts=hosts is False,
        pod_networks=pod_networks,
    )
