"""Problems between parts of a user's data, found in plain data of any shape; `Whole` (model/base.py) says why."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterator
from typing import Any

from k8s_hardening.kube.names import suggest_dns1123_label
from k8s_hardening.kube.networks import NAMESPACES_NAMED_SINCE
from k8s_hardening.kube.rbac import account_home
from k8s_hardening.kube.version import KubeVersion, supported
from k8s_hardening.model.break_glass import break_glass_problems
from k8s_hardening.model.consent_problems import consent_problems, ends_at_tenants, weakness_problems
from k8s_hardening.model.enforcement import Level
from k8s_hardening.model.flow_problems import (
    Flow,
    Known,
    beyond_cni,
    called_problems,
    flow_problems,
    flows_elsewhere,
    named_end_problems,
    namespaces_without_name,
    port_lists,
    undotted_flows,
    unique_flows,
)
from k8s_hardening.model.parts import (
    Party,
    beside,
    flows_of,
    plain_list,
    plain_map,
    plain_text,
    system_namespaces_in,
    tenants_in,
)
from k8s_hardening.model.people_problems import people_problems, sign_in_problems
from k8s_hardening.model.policed_problems import policed_problems
from k8s_hardening.model.quota_sums import parts_among, quota_problems
from k8s_hardening.model.raw import Loc, Problem
from k8s_hardening.model.resource_problems import resource_and_baseline_problems, resource_problems
from k8s_hardening.model.subtenants import nesting_problems
from k8s_hardening.model.system_problems import (
    ENDS_OF_DNS,
    dns_namespace,
    dns_of_tenants,
    missing_ends,
    system_problems,
    unseen_nodes,
)
from k8s_hardening.model.tenant_secret_problems import twice_named_accounts
from k8s_hardening.model.workloads import RUNTIME_DEFAULT

_ENFORCE_MODE = "apparmor-enforce-mode"  # the control that judges the same in a ConfigMap


def baseline_problems(data: dict[str, Any]) -> Iterator[Problem]:
    """Problems between the parts of a whole environment."""
    tenants, systems = tenants_in(data), system_namespaces_in(data)
    owners: dict[str, Party] = {}
    yield from _unique_names(tenants)
    for tenant in tenants:
        yield from _namespaces(tenant, owners)
    for system in systems:
        for _, name in system.namespaces():
            owners.setdefault(name, system)
    for tenant in tenants:
        yield from people_problems(tenant)
        yield from _foreign_accounts(tenant, owners)
    yield from sign_in_problems(data, tenants)
    yield from break_glass_problems(data, tenants)
    yield from nesting_problems(tenants)
    unfinished = plain_map(data.get("admission_policies")).get("unfinished_api") is True
    yield from policed_problems(data, tenants, unfinished_api=unfinished)
    if (version := supported(data.get("kubernetes"))) is not None:
        yield from _dns(data, version)
    yield from _network(data, tenants, systems, owners)
    yield from _profiles(plain_map(data.get("apparmor")), ("apparmor",))
    yield from _modes_of_files(data)
    yield from _profiles_of_workloads(data)
    yield from _exempt_namespaces(data, owners)
    yield from _host_paths(data, owners)
    for tenant in tenants:
        yield from resource_problems(tenant, supported(data.get("kubernetes")))
        yield from quota_problems(tenant, parts_among(tenants))
    yield from resource_and_baseline_problems(data, tenants)


def _network(
    data: dict[str, Any], tenants: list[Party], systems: list[Party], owners: dict[str, Party]
) -> Iterator[Problem]:
    parties = [*tenants, *systems]
    known = Known.of_environment(data, parties, owners)
    for party in parties:
        flows = list(party.flows())
        own = "a namespace of this tenant" if party.is_tenant else "this namespace"
        yield from unique_flows(flows)
        yield from undotted_flows(flows)
        yield from flows_elsewhere(flows, {name for _, name in party.namespaces()}, own, known)
    flows = flows_of(parties)
    yield from flow_problems(flows, known)
    yield from named_end_problems(("network", "ends"), known)
    yield from ends_at_tenants(known)
    yield from called_problems(systems, known)
    yield from namespaces_without_name(flows, known)
    yield from beyond_cni(port_lists(flows, systems, known), plain_map(data.get("cni")))
    yield from consent_problems(parties, known)
    yield from weakness_problems(data, parties, known)
    yield from system_problems(data, systems, tenants, known)
    yield from dns_of_tenants(data, owners)
    yield from unseen_nodes(data, known)


def tenant_problems(data: dict[str, Any]) -> Iterator[Problem]:
    """Problems between the parts of one tenant that stands alone."""
    tenant = Party((), data)
    known = Known.of_component(data, tenant)
    flows = list(tenant.flows())
    yield from _namespaces(tenant, {})
    yield from people_problems(tenant)
    yield from policed_problems(data, [tenant], unfinished_api=data.get("unfinished_policies") is True)
    own = {name for _, name in tenant.namespaces()}
    yield from dns_of_tenants(data, dict.fromkeys(own, tenant))
    yield from resource_problems(tenant, supported(data.get("kubernetes")))
    yield from quota_problems(tenant)
    yield from twice_named_accounts(tenant)
    yield from flows_elsewhere(flows, own, "a namespace of this tenant", known)
    yield from _of_component(data, flows, known)


def deny_all_problems(data: dict[str, Any]) -> Iterator[Problem]:
    """Problems between the parts of one closed namespace."""
    known = Known.of_component(data)
    flows = list(Party((), data).flows())
    own = {plain_text(data.get("namespace"))} - {""}
    if dns_namespace(data) in own:
        yield from missing_ends(("ends",), dns_namespace(data), ENDS_OF_DNS, known)
    yield from flows_elsewhere(flows, own, "this namespace", known, is_tenant=False)
    yield from _of_component(data, flows, known)


def _of_component(data: dict[str, Any], flows: list[Flow], known: Known) -> Iterator[Problem]:
    yield from unique_flows(flows)
    yield from flow_problems(flows, known)
    yield from named_end_problems(("ends",), known)
    if known.version is not None:
        yield from _dns(data, known.version)


def loader_problems(data: dict[str, Any]) -> Iterator[Problem]:
    """Problems between the parts of a loader of AppArmor profiles that stands alone."""
    yield from _profiles(data, ())


def _unique_names(tenants: list[Party]) -> Iterator[Problem]:
    seen: dict[str, Loc] = {}
    for tenant in tenants:
        name = plain_text(tenant.fields.get("name"))
        if name in seen:
            yield (
                (*tenant.loc, "name"),
                name,
                f'is already the name of tenants[{seen[name][-1]}]; for example "{beside(name, tenant.loc[-1])}"',
            )
        elif name:
            seen[name] = tenant.loc


def _namespaces(tenant: Party, owners: dict[str, Party]) -> Iterator[Problem]:
    for loc, name in tenant.namespaces():
        owner = owners.setdefault(name, tenant)
        if owner is not tenant:
            free = suggest_dns1123_label(f"{tenant.label}-{name}")
            yield loc, name, f'is already a namespace of tenant "{owner.label}"; for example "{free}"'
    seen: set[str] = set()
    for loc, name in tenant.namespaces():
        if name in seen:
            yield loc, name, f'is already a namespace of this tenant; for example "{beside(name, 2)}"'
        seen.add(name)


def _foreign_accounts(tenant: Party, owners: dict[str, Party]) -> Iterator[Problem]:
    for loc, subject in tenant.subjects():
        home = account_home(subject)
        owner = None if home is None else owners.get(home)
        if owner is not None and owner.is_tenant and owner is not tenant:
            yield (
                loc,
                subject,
                (
                    f'is an account of tenant "{owner.label}", whose people could act as it; '
                    'for example an account of a namespace that no tenant owns: "serviceaccount:ci/deployer"'
                ),
            )


def _dns(data: dict[str, Any], version: KubeVersion) -> Iterator[Problem]:
    labels = plain_map(data.get("dns")).get("namespace_labels")
    if version < NAMESPACES_NAMED_SINCE and not labels:
        yield (
            ("dns", "namespace_labels"),
            labels,
            (
                f"is needed with Kubernetes {version}, which does not label namespaces with their name; "
                'for example {name: "kube-system"}'
            ),
        )


def _exempt_namespaces(data: dict[str, Any], owners: dict[str, Party]) -> Iterator[Problem]:
    path = ("control_plane", "admission", "pod_security", "exempt_namespaces")
    exempt: Any = data
    for step in path:
        exempt = plain_map(exempt).get(step)
    for name, reason in plain_map(exempt).items():
        if name in owners and owners[name].is_tenant:
            what = (
                f'is for a namespace of tenant "{owners[name].label}", whose labels would have no effect; exempt a '
                'control there instead, for example {control: "host-path-volumes", namespace: "monitoring"}'
            )
            yield (*path, name), reason, what


def _profile_name(profile: Any) -> str:
    """What a profile is called; one that is ready-made has a name even if it says none."""
    fields = plain_map(profile)
    return plain_text(fields.get("name", fields.get("ready_made")))


def _profiles(holder: dict[str, Any], where: Loc) -> Iterator[Problem]:
    names = [_profile_name(profile) for profile in plain_list(holder.get("profiles"))]
    for (first, name), (second, other) in itertools.combinations(enumerate(names), 2):
        if name and name == other and first == names.index(name):
            loc: Loc = (*where, "profiles", second, "name")
            yield loc, other, f'is already the name of profiles[{first}]; for example "{beside(other, second)}"'


def _modes_of_files(data: dict[str, Any]) -> Iterator[Problem]:
    """Profiles that only log, as files of the hosts, where no object brings them before the policy pack."""
    level = plain_map(plain_map(data.get("enforcement")).get("levels")).get(_ENFORCE_MODE, Level.MANDATORY)
    if plain_map(data.get("apparmor")).get("loader") is not None or level != Level.MANDATORY:
        return
    for index, profile in enumerate(plain_list(plain_map(data.get("apparmor")).get("profiles"))):
        if (mode := plain_map(profile).get("mode")) == "complain":
            yield (
                ("apparmor", "profiles", index, "mode"),
                mode,
                (
                    "logs violations and stops none; an environment that is there to learn profiles sets "
                    f'enforcement.levels: {{{_ENFORCE_MODE}: "advisory"}}; for example "enforce"'
                ),
            )


def _profiles_of_workloads(data: dict[str, Any]) -> Iterator[Problem]:
    spec = plain_map(data.get("apparmor"))
    own = [_profile_name(profile) for profile in plain_list(spec.get("profiles"))]
    known = [name for name in (*own, *map(plain_text, plain_list(spec.get("preinstalled")))) if name]
    for index, name in enumerate(own):
        if name == RUNTIME_DEFAULT:
            yield (
                ("apparmor", "profiles", index, "name"),
                name,
                f'stands for the runtime\'s own profile in workloads; for example "{beside(name, index)}"',
            )
    chosen = plain_map(plain_map(data.get("workloads")).get("apparmor"))
    path = ("workloads", "apparmor")
    named = [((*path, "containers", key), value) for key, value in plain_map(chosen.get("containers")).items()]
    for loc, value in [((*path, "profile"), chosen.get("profile")), *named]:
        if (name := plain_text(value)) and name not in (*known, RUNTIME_DEFAULT):
            near = difflib.get_close_matches(name, known, n=1, cutoff=0)
            yield (
                loc,
                name,
                (
                    "is a profile neither of apparmor.profiles nor of apparmor.preinstalled; "
                    f'for example "{near[0] if near else RUNTIME_DEFAULT}"'
                ),
            )


def _host_paths(data: dict[str, Any], owners: dict[str, Party]) -> Iterator[Problem]:
    for name, paths in plain_map(data.get("host_paths")).items():
        if name in owners and owners[name].is_tenant:
            yield (
                ("host_paths", name),
                paths,
                (
                    f'is for a namespace of tenant "{owners[name].label}", whose Pod Security level admits no folder '
                    'of the node; for example {monitoring: ["/var/log/pods"]}'
                ),
            )
