"""Problems between parts of a user's data, found in plain data of any shape; `Whole` (model/base.py) says why."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from k8s_hardening.kube.cnis import CNIS
from k8s_hardening.kube.names import suggest_dns1123_label
from k8s_hardening.kube.networks import NAMESPACES_NAMED_SINCE, PORT_RANGES_SINCE
from k8s_hardening.kube.version import KubeVersion, supported
from k8s_hardening.model.enforcement import Level
from k8s_hardening.model.raw import Loc, Problem
from k8s_hardening.model.workloads import RUNTIME_DEFAULT

_ENFORCE_MODE = "apparmor-enforce-mode"  # the control that judges the same in a ConfigMap


@dataclass(frozen=True, slots=True)
class _Tenant:
    """A tenant in plain data, with where it stands."""

    loc: Loc
    fields: dict[str, Any]

    @property
    def label(self) -> str:
        return _text(self.fields.get("name")) or f"tenants[{self.loc[-1]}]"

    def namespaces(self) -> Iterator[tuple[Loc, str]]:
        for index, namespace in enumerate(_list(self.fields.get("namespaces"))):
            if name := _text(_map(namespace).get("name")):
                yield (*self.loc, "namespaces", index, "name"), name

    def flows(self) -> Iterator[tuple[Loc, dict[str, Any]]]:
        for index, flow in enumerate(_list(self.fields.get("flows"))):
            if isinstance(flow, dict):
                yield (*self.loc, "flows", index), flow

    def subjects(self) -> Iterator[tuple[Loc, str]]:
        for role in ("admins", "members", "viewers"):
            for index, subject in enumerate(_list(self.fields.get(role))):
                if _text(subject):
                    yield (*self.loc, role, index), subject


def baseline_problems(data: dict[str, Any]) -> Iterator[Problem]:
    """Problems between the parts of a whole environment."""
    tenants = [
        _Tenant(("tenants", index), fields)
        for index, fields in enumerate(_list(data.get("tenants")))
        if isinstance(fields, dict)
    ]
    owners: dict[str, _Tenant] = {}
    yield from _unique_names(tenants)
    for tenant in tenants:
        yield from _namespaces(tenant, owners)
    for tenant in tenants:
        yield from _foreign_accounts(tenant, owners)
        yield from _flows(tenant)
        for loc, flow in tenant.flows():
            if "." in _text(flow.get("name")):
                name = _text(flow["name"])
                yield (*loc, "name"), name, f'is not a DNS-1123 label; for example "{suggest_dns1123_label(name)}"'
    flows = [flow for tenant in tenants for flow in tenant.flows()]
    if (version := supported(data.get("kubernetes"))) is not None:
        yield from _dns(data, version)
        yield from _port_ranges(flows, version)
        yield from _namespaces_without_name(flows, version, owners)
    yield from _port_ranges_of_cni(flows, _map(data.get("cni")))
    yield from _profiles(_map(data.get("apparmor")), ("apparmor",))
    yield from _modes_of_files(data)
    yield from _profiles_of_workloads(data)
    yield from _exempt_namespaces(data, owners)
    yield from _host_paths(data, owners)


def tenant_problems(data: dict[str, Any]) -> Iterator[Problem]:
    """Problems between the parts of one tenant that stands alone."""
    tenant = _Tenant((), data)
    yield from _namespaces(tenant, {})
    yield from _flows(tenant)
    yield from _version_problems(data, list(tenant.flows()))


def loader_problems(data: dict[str, Any]) -> Iterator[Problem]:
    """Problems between the parts of a loader of AppArmor profiles that stands alone."""
    yield from _profiles(data, ())


def deny_all_problems(data: dict[str, Any]) -> Iterator[Problem]:
    """Problems between the parts of one closed namespace."""
    namespace = _text(data.get("namespace"))
    flows = list(_Tenant((), data).flows())
    yield from _unique_flows(flows)
    yield from _flows_elsewhere(flows, {namespace} - {""}, "this namespace")
    yield from _version_problems(data, flows)


def _version_problems(data: dict[str, Any], flows: list[tuple[Loc, dict[str, Any]]]) -> Iterator[Problem]:
    if (version := supported(data.get("kubernetes"))) is not None:
        yield from _dns(data, version)
        yield from _port_ranges(flows, version)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _map(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    # A text with half a character in it (JSON can spell one) has a problem of its own, and cannot be shown.
    return value if isinstance(value, str) and value.isprintable() else ""


def _beside(name: str, number: object) -> str:
    """A name of the same kind that is likely free."""
    return suggest_dns1123_label(f"{name[:50]}-{number}")


def _unique_names(tenants: list[_Tenant]) -> Iterator[Problem]:
    seen: dict[str, Loc] = {}
    for tenant in tenants:
        name = _text(tenant.fields.get("name"))
        if name in seen:
            yield (
                (*tenant.loc, "name"),
                name,
                f'is already the name of tenants[{seen[name][-1]}]; for example "{_beside(name, tenant.loc[-1])}"',
            )
        elif name:
            seen[name] = tenant.loc


def _namespaces(tenant: _Tenant, owners: dict[str, _Tenant]) -> Iterator[Problem]:
    for loc, name in tenant.namespaces():
        owner = owners.setdefault(name, tenant)
        if owner is not tenant:
            free = suggest_dns1123_label(f"{tenant.label}-{name}")
            yield loc, name, f'is already a namespace of tenant "{owner.label}"; for example "{free}"'
    seen: set[str] = set()
    for loc, name in tenant.namespaces():
        if name in seen:
            yield loc, name, f'is already a namespace of this tenant; for example "{_beside(name, 2)}"'
        seen.add(name)


def _foreign_accounts(tenant: _Tenant, owners: dict[str, _Tenant]) -> Iterator[Problem]:
    for loc, subject in tenant.subjects():
        kind, _, rest = subject.partition(":")
        owner = owners.get(rest.partition("/")[0]) if kind == "serviceaccount" else None
        if owner is not None and owner is not tenant:
            yield (
                loc,
                subject,
                (
                    f'is an account of tenant "{owner.label}", whose people could act as it; '
                    'for example an account of a namespace that no tenant owns: "serviceaccount:ci/deployer"'
                ),
            )


def _flows(tenant: _Tenant) -> Iterator[Problem]:
    flows = list(tenant.flows())
    yield from _unique_flows(flows)
    yield from _flows_elsewhere(flows, {name for _, name in tenant.namespaces()}, "a namespace of this tenant")


def _unique_flows(flows: list[tuple[Loc, dict[str, Any]]]) -> Iterator[Problem]:
    seen: set[str] = set()
    for loc, flow in flows:
        name = _text(flow.get("name"))
        if name in seen:
            yield (*loc, "name"), name, f'is already the name of another flow; for example "{_beside(name, 2)}"'
        elif name:
            seen.add(name)


def _ends(flow: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(end, flow[end]) for end in ("source", "destination") if isinstance(flow.get(end), dict)]


def _flows_elsewhere(flows: list[tuple[Loc, dict[str, Any]]], own: set[str], what: str) -> Iterator[Problem]:
    for loc, flow in flows:
        ends = [_text(end.get("namespace")) for _, end in _ends(flow)]
        if own and len(ends) == 2 and not own.intersection(ends):
            example = f"for example destination: {{namespace: {min(own)}}}"
            yield loc, flow.get("name"), f"has no end in {what}; {example}"


def _dns(data: dict[str, Any], version: KubeVersion) -> Iterator[Problem]:
    labels = _map(data.get("dns")).get("namespace_labels")
    if version < NAMESPACES_NAMED_SINCE and not labels:
        yield (
            ("dns", "namespace_labels"),
            labels,
            (
                f"is needed with Kubernetes {version}, which does not label namespaces with their name; "
                'for example {name: "kube-system"}'
            ),
        )


def _ranges(flows: list[tuple[Loc, dict[str, Any]]]) -> Iterator[tuple[Loc, str, str]]:
    for loc, flow in flows:
        for index, port in enumerate(_list(flow.get("ports"))):
            first, dash, _ = _text(port).partition("-")
            if dash:
                yield (*loc, "ports", index), port, first


def _port_ranges(flows: list[tuple[Loc, dict[str, Any]]], version: KubeVersion) -> Iterator[Problem]:
    if version < PORT_RANGES_SINCE:
        for loc, port, first in _ranges(flows):
            yield (
                loc,
                port,
                (
                    f"is a range, and Kubernetes {version} opens only its first port; name each port, or use "
                    f'Kubernetes {PORT_RANGES_SINCE}; for example "{first}"'
                ),
            )


def _port_ranges_of_cni(flows: list[tuple[Loc, dict[str, Any]]], cni: dict[str, Any]) -> Iterator[Problem]:
    known = CNIS.get(_text(cni.get("name")))
    since = known.port_ranges_since if known else None
    if known is None or since is None or known.is_at_least(_text(cni.get("version")), since):
        return
    for loc, port, first in _ranges(flows):
        yield (
            loc,
            port,
            (
                f"is a range, and {cni['name']} opens only its first port before {since[0]}.{since[1]}; name "
                f'each port, or say cni.version; for example "{first}"'
            ),
        )


def _namespaces_without_name(
    flows: list[tuple[Loc, dict[str, Any]]], version: KubeVersion, owners: dict[str, _Tenant]
) -> Iterator[Problem]:
    if version >= NAMESPACES_NAMED_SINCE:
        return
    for loc, flow in flows:
        for end, fields in _ends(flow):
            if (name := _text(fields.get("namespace"))) and name not in owners:
                yield (
                    (*loc, end, "namespace"),
                    name,
                    (
                        f"belongs to no tenant, and Kubernetes {version} does not label it with its name, so no policy "
                        'can select it; for example {cidr: "10.20.0.0/16"}'
                    ),
                )


def _exempt_namespaces(data: dict[str, Any], owners: dict[str, _Tenant]) -> Iterator[Problem]:
    path = ("control_plane", "admission", "pod_security", "exempt_namespaces")
    exempt: Any = data
    for step in path:
        exempt = _map(exempt).get(step)
    for name, reason in _map(exempt).items():
        if name in owners:
            what = (
                f'is for a namespace of tenant "{owners[name].label}", whose labels would have no effect; exempt a '
                'control there instead, for example {control: "host-path-volumes", namespace: "monitoring"}'
            )
            yield (*path, name), reason, what


def _profile_name(profile: Any) -> str:
    """What a profile is called; one that is ready-made has a name even if it says none."""
    fields = _map(profile)
    return _text(fields.get("name", fields.get("ready_made")))


def _profiles(holder: dict[str, Any], where: Loc) -> Iterator[Problem]:
    names = [_profile_name(profile) for profile in _list(holder.get("profiles"))]
    for (first, name), (second, other) in itertools.combinations(enumerate(names), 2):
        if name and name == other and first == names.index(name):
            loc: Loc = (*where, "profiles", second, "name")
            yield loc, other, f'is already the name of profiles[{first}]; for example "{_beside(other, second)}"'


def _modes_of_files(data: dict[str, Any]) -> Iterator[Problem]:
    """Profiles that only log, as files of the hosts, where no object brings them before the policy pack."""
    level = _map(_map(data.get("enforcement")).get("levels")).get(_ENFORCE_MODE, Level.MANDATORY)
    if _map(data.get("apparmor")).get("loader") is not None or level != Level.MANDATORY:
        return
    for index, profile in enumerate(_list(_map(data.get("apparmor")).get("profiles"))):
        if (mode := _map(profile).get("mode")) == "complain":
            yield (
                ("apparmor", "profiles", index, "mode"),
                mode,
                (
                    "logs violations and stops none; an environment that is there to learn profiles sets "
                    f'enforcement.levels: {{{_ENFORCE_MODE}: "advisory"}}; for example "enforce"'
                ),
            )


def _profiles_of_workloads(data: dict[str, Any]) -> Iterator[Problem]:
    spec = _map(data.get("apparmor"))
    own = [_profile_name(profile) for profile in _list(spec.get("profiles"))]
    known = [name for name in (*own, *map(_text, _list(spec.get("preinstalled")))) if name]
    for index, name in enumerate(own):
        if name == RUNTIME_DEFAULT:
            yield (
                ("apparmor", "profiles", index, "name"),
                name,
                f'stands for the runtime\'s own profile in workloads; for example "{_beside(name, index)}"',
            )
    chosen = _map(_map(data.get("workloads")).get("apparmor"))
    path = ("workloads", "apparmor")
    named = [((*path, "containers", key), value) for key, value in _map(chosen.get("containers")).items()]
    for loc, value in [((*path, "profile"), chosen.get("profile")), *named]:
        if (name := _text(value)) and name not in (*known, RUNTIME_DEFAULT):
            near = difflib.get_close_matches(name, known, n=1, cutoff=0)
            yield (
                loc,
                name,
                (
                    "is a profile neither of apparmor.profiles nor of apparmor.preinstalled; "
                    f'for example "{near[0] if near else RUNTIME_DEFAULT}"'
                ),
            )


def _host_paths(data: dict[str, Any], owners: dict[str, _Tenant]) -> Iterator[Problem]:
    for name, paths in _map(data.get("host_paths")).items():
        if name in owners:
            yield (
                ("host_paths", name),
                paths,
                (
                    f'is for a namespace of tenant "{owners[name].label}", whose Pod Security level admits no folder '
                    'of the node; for example {monitoring: ["/var/log/pods"]}'
                ),
            )
