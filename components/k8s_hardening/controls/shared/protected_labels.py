"""Which namespaces a selector of a NetworkPolicy names, by the labels that no tenant can set."""

from __future__ import annotations

from typing import Any

from k8s_hardening.kube.networks import NAME_LABEL, NAMESPACES_NAMED_SINCE
from k8s_hardening.kube.reach.selectors import Requirement, Selector
from k8s_hardening.kube.reach.within import ABSENT, ANY, Axis, Values, axes_of, values_of
from k8s_hardening.model.knowledge import Knowledge
from k8s_hardening.model.labels import NAMESPACE_LABEL, TENANT_LABEL


def is_protected(key: str, knowledge: Knowledge) -> bool:
    """Whether only the server or the platform gives namespaces a label."""
    return (
        key in (TENANT_LABEL, NAMESPACE_LABEL)
        or (key == NAME_LABEL and knowledge.kubernetes >= NAMESPACES_NAMED_SINCE)
        or key in knowledge.namespace_labels
    )


def namespaces_of(selector: Selector, knowledge: Knowledge) -> dict[Axis, Values]:
    """A selector of namespaces as part of a box: their names, and the labels that say nothing about those."""
    names, others = ANY, []
    for one in selector.requirements:
        if one.key is not None and is_protected(one.key, knowledge):
            names &= _names(one, knowledge)
        else:
            others.append(one)
    found = axes_of(Selector(tuple(others)), "namespaces")
    return found if names == ANY else {("namespace", ""): names, **found}


def _names(requirement: Requirement, knowledge: Knowledge) -> Values:
    passes = values_of(requirement)
    if requirement.key in (NAME_LABEL, NAMESPACE_LABEL):
        # Every namespace has its own name there; one that has none yet cannot be told apart from others.
        if requirement.operator == "DoesNotExist":
            return ANY if requirement.key == NAMESPACE_LABEL else ~ANY
        return ANY if requirement.operator == "Exists" else passes
    known = {
        name: tenant.name if requirement.key == TENANT_LABEL else tenant.labels.get(str(requirement.key), ABSENT)
        for tenant in knowledge.tenants
        for name in tenant.namespaces
    }
    matching = frozenset(name for name, value in known.items() if Values(frozenset({value})) & passes)
    # Namespaces of no tenant have none of these labels.
    if Values(frozenset({ABSENT})) & passes:
        return ~Values(frozenset(known) - matching)
    return Values(matching)


def named_by(selector: Any, knowledge: Knowledge) -> frozenset[str] | None:
    """The names of the namespaces that a selector can name; None where it says nothing of names, or is not there."""
    if selector is None:
        return None
    names = namespaces_of(Selector.of(selector), knowledge).get(("namespace", ""))
    if names is None or names.is_others:
        return None
    return frozenset(one for one in names.listed if one is not ABSENT)
