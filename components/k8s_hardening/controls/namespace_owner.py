"""A namespace must be what the judge knows it to be: whose it is, and which Pod Security level it enforces at least.

Restricted fields of Namespaces, system ones excepted, as soon as the judge knows any tenant: metadata.name, which
must be a namespace of some tenant; the label k8s-hardening/tenant, which must name that tenant; the label
k8s-hardening/namespace, by which policies name namespaces before 1.21, which must be the namespace's own name where it
stands; k8s-hardening/parent, which must name what that tenant is a part of; labels by which the environment's flows
select namespaces, which must be those of that tenant; from 1.23 on the label
pod-security.kubernetes.io/enforce, which must be no weaker than the known level, as far as what is exempt in the
namespace lets that be enforced. Labels never teach the judge anything. A label that enforces nothing at all belongs
to namespace-pod-security. There is no fix: one of the two is mistaken.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.admission import AdmissionRule
from k8s_hardening.controls.control import Control, Finding, Profile, Revision, Severity, finding
from k8s_hardening.controls.namespace_pod_security import LABELS, LABELS_PATH, LEVELS
from k8s_hardening.controls.shared.admitted_levels import admitted_level, how_to_enforce
from k8s_hardening.controls.shared.platform_subjects import by_others, comes_from
from k8s_hardening.controls.shared.stack_namespaces import is_user_namespace, labels_of, raw_name
from k8s_hardening.kube.admission_policies import CHANGED_NAMESPACES, NEW_NAMESPACES
from k8s_hardening.kube.cel import all_of, any_of, text, texts, texts_by_name
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, key_path, name_of
from k8s_hardening.kube.names import SYSTEM_NAMESPACES
from k8s_hardening.kube.pod_security import ENFORCE, PREFIX, SINCE, STRICTNESS
from k8s_hardening.model.knowledge import Knowledge, TenantFacts
from k8s_hardening.model.labels import NAMESPACE_LABEL, PARENT_LABEL, TENANT_LABEL

# Labels that say whose a namespace is, and which it is.
_PLATFORMS = (TENANT_LABEL, PARENT_LABEL, NAMESPACE_LABEL)


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """The name or the tenant label, where the judge knows better."""
    if not knowledge.tenants or not is_user_namespace(manifest):
        return
    owner = _owner(manifest, knowledge)
    if owner is None:
        yield finding(
            "metadata.name", raw_name(manifest), "use a namespace of a tenant, or add it to one in the baseline"
        )
        return
    label = labels_of(manifest).get(TENANT_LABEL)
    if label != owner.name:
        yield finding(key_path(LABELS_PATH, TENANT_LABEL), label, f'set it to "{owner.name}"')
    stand_in = labels_of(manifest).get(NAMESPACE_LABEL)
    if stand_in is not None and stand_in != name_of(manifest):
        yield finding(key_path(LABELS_PATH, NAMESPACE_LABEL), stand_in, f'set it to "{name_of(manifest)}"')
    whole = labels_of(manifest).get(PARENT_LABEL)
    if whole != owner.parent:
        fix = "remove it" if owner.parent is None else f'set it to "{owner.parent}"'
        yield finding(key_path(LABELS_PATH, PARENT_LABEL), whole, fix)
    for key in knowledge.namespace_labels:
        value, known = labels_of(manifest).get(key), owner.labels.get(key)
        if value is UNKNOWN or value != known:
            yield finding(key_path(LABELS_PATH, key), value, "remove it" if known is None else f'set it to "{known}"')


def check_1_23(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """The same, and the enforced level where it is weaker than the known one."""
    yield from check(manifest, knowledge)
    owner = _owner(manifest, knowledge) if is_user_namespace(manifest) else None
    if owner is None:
        return
    level, name = labels_of(manifest).get(ENFORCE), name_of(manifest)
    known = admitted_level(owner.namespaces[name], name, knowledge).level
    if level is UNKNOWN or (level in LEVELS and STRICTNESS[level] < STRICTNESS.get(known, 0)):
        yield finding(key_path(LABELS_PATH, ENFORCE), level, how_to_enforce(owner.namespaces[name], name, knowledge))


def _owner(manifest: Manifest, knowledge: Knowledge) -> TenantFacts | None:
    return knowledge.tenant_of_namespace(name_of(manifest))


def admission(knowledge: Knowledge) -> tuple[AdmissionRule, ...]:
    """The same of the server, for what others than the platform make; and nobody else changes the labels later."""
    if not knowledge.tenants:
        return ()
    owners = {name: tenant.name for tenant in knowledge.tenants for name in tenant.namespaces}
    restricted = [name for name in owners if _level_of(name, knowledge) == "restricted"]
    labels, tenant, level = "variables.labels", text(TENANT_LABEL), text(ENFORCE)
    name = "object.metadata.name"
    is_weaker = f"{name} in {texts(restricted)} && {level} in {labels} && {labels}[{level}] == 'baseline'"
    is_known = f"{name} in variables.owners && {tenant} in {labels} && {labels}[{tenant}] == variables.owners[{name}]"
    chosen = knowledge.namespace_labels
    one_of = f" || k in {texts(chosen)}" if chosen else ""
    is_protected = f"(k in {texts(_PLATFORMS)}{one_of} || k.startsWith({text(f'{PREFIX}/')}))"
    parents = {name: one.parent for one in knowledge.tenants if one.parent is not None for name in one.namespaces}
    wholes = {one.name: one.parent for one in knowledge.tenants if one.parent is not None}
    stand_in = text(NAMESPACE_LABEL)
    as_known = [
        f"!({stand_in} in {labels}) || {labels}[{stand_in}] == {name}",
        _has_label(PARENT_LABEL, parents, wholes),
        *(_has_label(key, _known_values(key, knowledge), {}) for key in chosen),
    ]
    is_reserved = _is_reserved(knowledge)
    is_owned = f"{is_known} && !({is_weaker})"
    return (
        AdmissionRule(
            fix="use a namespace of a tenant, with that tenant's label and level",
            targets=(NEW_NAMESPACES,),
            expressions=(f"{name} in {texts(SYSTEM_NAMESPACES)} || ({is_owned}){is_reserved}", *as_known),
            variables={**LABELS, "owners": texts_by_name(owners)},
            conditions=by_others(knowledge),
        ),
        AdmissionRule(
            fix=f"leave {_listed((*_PLATFORMS, *chosen))} and those of {PREFIX} to the platform",
            targets=(CHANGED_NAMESPACES,),
            expressions=(
                f"{labels}.all(k, !{is_protected} || (k in variables.before && variables.before[k] == {labels}[k]))",
                f"variables.before.all(k, !{is_protected} || k in {labels})",
            ),
            variables={**LABELS, "before": LABELS["labels"].replace("object.", "oldObject.")},
            conditions=by_others(knowledge),
        ),
    )


def _known_values(key: str, knowledge: Knowledge) -> dict[str, str]:
    return {
        name: tenant.labels[key] for tenant in knowledge.tenants for name in tenant.namespaces if key in tenant.labels
    }


def _has_label(key: str, by_name: dict[str, str], by_tenant: dict[str, str]) -> str:
    """That a new namespace has a label of the platform exactly where its tenant has it.

    Namespaces that the baseline does not name yet go by the tenant that their label names.
    """
    values, label, name, labels = texts_by_name(by_name), text(key), "object.metadata.name", "variables.labels"
    has_known = f"{name} in {values} && {values}[{name}] == {labels}[{label}]"
    if by_tenant:
        tenants, owner = texts_by_name(by_tenant), f"{labels}[{text(TENANT_LABEL)}]"
        is_new = f"!({name} in variables.owners) && {text(TENANT_LABEL)} in {labels} && {owner} in {tenants}"
        has_known = f"({has_known}) || ({is_new} && {tenants}[{owner}] == {labels}[{label}])"
    return f"{label} in {labels} ? ({has_known}) : !({name} in {values})"


def _is_reserved(knowledge: Knowledge) -> str:
    """A further way in: a namespace of a name that is left to the sender's tenant, with its label, restricted."""
    labels, name, level = "variables.labels", "object.metadata.name", text(ENFORCE)
    is_version = f"(k.startsWith({text(f'{PREFIX}/')}) && k.endsWith('-version'))"
    ways = []
    for tenant in knowledge.tenants:
        if tenant.namespace_prefix is None:
            continue
        ways.append(
            all_of(
                [
                    f"{name}.startsWith({text(tenant.namespace_prefix)})",
                    f"!({name} in variables.owners)",
                    f"{text(TENANT_LABEL)} in {labels} && {labels}[{text(TENANT_LABEL)}] == {text(tenant.name)}",
                    f"{level} in {labels} && {labels}[{level}] == 'restricted'",
                    f"{labels}.all(k, !{is_version} || {labels}[k] in {texts(('latest', f'v{knowledge.kubernetes}'))})",
                    comes_from(tenant.admins),
                ]
            )
        )
    return f" || {any_of(ways)}" if len(ways) == 1 else f" || ({any_of(ways)})" if ways else ""


def _listed(keys: tuple[str, ...]) -> str:
    return f"the label {keys[0]}" if len(keys) == 1 else f"the labels {', '.join(keys)}"


def _level_of(name: str, knowledge: Knowledge) -> str:
    owner = knowledge.tenant_of_namespace(name)
    return admitted_level(owner.namespaces[name], name, knowledge).level if owner else ""


CONTROL = Control(
    id="namespace-owner",
    requirement="A namespace must belong to the tenant and enforce the level that the judge knows.",
    severity=Severity.HIGH,
    chapter="namespace",
    profile=Profile.FULL,
    references=("CIS 5.6.1",),
    check=check,
    revisions=(Revision(since=SINCE, check=check_1_23),),
    admission=admission,
)
