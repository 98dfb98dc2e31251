"""Secrets of one tenant must not be readable by those who read another tenant's.

Judged over a whole stack: everybody whom its RoleBindings and ClusterRoleBindings name, with all that it gets at by way
of others (kube/access/steps.py): whoever may create a pod in a namespace mounts its Secrets, runs as its service
accounts, and has their rights. Not allowed: that somebody gets at Secrets of several tenants, unless all of them are
its own tenants or it is of the platform. The culprit is each binding by which it gets there. Rights that a tenant's own
subject holds outside of its tenant belong to cross-tenant-binding, who has everything (cluster-admin) to
tenant-cluster-admin and break-glass, and the bindings that the server makes itself count for nobody. What hangs on a
pod that happens to run does not count here. Rights that lead further than is followed are a finding. Source of the
semantics: the files that kube/access names; Kubernetes documentation, Good practices for Kubernetes Secrets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, describe, finding
from k8s_hardening.kube.access import (
    Match,
    Path,
    Placed,
    Principal,
    Reach,
    TooFarError,
    World,
    offers_of,
    principals,
    reads_secrets,
    secrets_rule,
)
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, expand_lists, kind_of, name_of, namespace_of
from k8s_hardening.kube.rbac import CLUSTER_ADMIN, binding_of, grants_rights
from k8s_hardening.model.knowledge import Knowledge


def check_stack(manifests: Sequence[Manifest], knowledge: Knowledge) -> Iterator[tuple[int, Finding]]:
    """Each binding by which somebody gets at the Secrets of several tenants."""
    if len(knowledge.tenants) < 2 or not any(map(_may_grant, manifests)):
        return
    reach = Reach(World.of(manifests, knowledge.kubernetes))
    places = _bindings(manifests)
    for binding in dict.fromkeys(grant.binding for grant in reach.world.vague if any(map(_leads_on, grant.rules))):
        if binding in places:
            yield places[binding], finding("subjects", UNKNOWN, "name the subjects as plain values")
    try:
        for principal in principals(reach.world):
            if not principal.is_system and principal.identity.title not in knowledge.platform:
                yield from _findings(reach, principal, places, knowledge)
    except TooFarError as error:
        yield min(places.values(), default=0), Finding("subjects", str(error), "give fewer rights over others")


def _findings(
    reach: Reach, principal: Principal, places: Mapping[str, int], knowledge: Knowledge
) -> Iterator[tuple[int, Finding]]:
    told: set[int] = set()
    title = describe(principal.identity.title)
    for path, tenants in _crossing(reach, principal, knowledge):
        # The first binding is what leads to the rest.
        first = path.steps[0].by[0].grant if path.steps else path.reason.grant
        index = places.get(first.binding)
        if index is None or index in told:
            continue
        told.add(index)
        way = f" by way of {', '.join(one.step.id for one in path.steps)}" if path.steps else ""
        found = f"{title}, who gets at Secrets of {' and '.join(tenants)}{way}"
        fix = "give each tenant's Secrets readers of their own"
        yield index, Finding("subjects", found, fix, unknown=path.sureness is not Match.YES)


def _leads_on(placed: Placed) -> bool:
    """Whether a rule lets Secrets be read, at once or by a step."""
    return bool(reads_secrets(placed.rule)) or bool(offers_of(placed.rule))


def _may_grant(manifest: Manifest) -> bool:
    return any(grants_rights(one) for _, one in expand_lists(manifest))


def _bindings(manifests: Sequence[Manifest]) -> dict[str, int]:
    """Each binding as grants name it -> where it stands; without those that give everything, which others judge."""
    found: dict[str, int] = {}
    for index, manifest in enumerate(manifests):
        for _, one in expand_lists(manifest):
            if grants_rights(one) and kind_of(one).endswith("Binding") and not _gives_everything(one):
                place = f"{namespace_of(one)}/" if kind_of(one) == "RoleBinding" and namespace_of(one) else ""
                found.setdefault(f"{kind_of(one)} {place}{name_of(one)}", index)
    return found


def _gives_everything(manifest: Manifest) -> bool:
    found = binding_of(manifest)
    return found is not None and found.is_cluster_wide and found.cluster_role == CLUSTER_ADMIN


def _crossing(reach: Reach, principal: Principal, knowledge: Knowledge) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Each way by which somebody gets at Secrets that are not its tenants', with the tenants whose they are."""
    own = {tenant.name for tenant in knowledge.tenants_of_subject(principal.identity.title)}
    owners = {namespace: tenant.name for tenant in knowledge.tenants for namespace in tenant.namespaces}
    found = reach.of(principal.identity).scopes(secrets_rule)
    ways = {scope: path for scope, path in found.items() if _counts(path, reach.world)}
    reached = set(owners.values()) if None in ways else {owners[scope] for scope in ways if scope in owners}
    if len(reached) < 2 or reached <= own:
        return
    for scope, path in sorted(ways.items(), key=lambda one: one[0] or ""):
        is_foreign = scope is None or owners.get(scope, "") not in own | {""}
        if is_foreign and not knowledge.tenants_of_subject(path.reason.grant.subject):
            yield path, tuple(sorted(reached))


def _counts(path: Path, world: World) -> bool:
    """Whether a way is there for sure, or hangs on nothing but values of somebody's own that are known at apply."""
    if path.sureness is Match.YES:
        return True
    used = {path.reason.grant, *(held.grant for chance in path.steps for held in chance.by)}
    return used.isdisjoint(world.vague) and all(one.step.sureness is Match.YES for one in path.steps)


CONTROL = Control(
    id="secret-readers",
    requirement="Secrets of one tenant must not be readable by those who read another tenant's.",
    severity=Severity.HIGH,
    chapter="rbac",
    profile=Profile.FULL,
    references=("CIS 5.1.2",),
    check_stack=check_stack,
)
