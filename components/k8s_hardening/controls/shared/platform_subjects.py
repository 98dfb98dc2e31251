"""Who sends a request, the platform or somebody else, for the API server."""

from __future__ import annotations

from collections.abc import Iterable

from k8s_hardening.kube.cel import texts
from k8s_hardening.model.knowledge import Knowledge

# Whoever is in one of these may change the policies themselves, so that a rule could not hold them back; and the server
# makes its own namespaces as the first. k8s.io/kubernetes v1.37.2 cmd/kubeadm/app/constants/constants.go.
ALWAYS = ("system:masters", "kubeadm:cluster-admins")
"""Groups that hold every right by themselves."""


def by_others(knowledge: Knowledge) -> dict[str, str]:
    """The condition that a request comes from nobody of the platform."""
    everybody = [*(f"group:{group}" for group in ALWAYS), *knowledge.platform]
    return {"not-by-the-platform": f"!({comes_from(everybody)})"}


def comes_from(subjects: Iterable[str]) -> str:
    """The condition that a request comes from one of some subjects, in the form of a tenant's."""
    groups, users = [], []
    for subject in subjects:
        kind, _, name = subject.partition(":")
        if kind == "group":
            groups.append(name)
        else:
            users.append(f"system:serviceaccount:{name.replace('/', ':')}" if kind == "serviceaccount" else name)
    return (
        f"(has(request.userInfo.groups) && request.userInfo.groups.exists(g, g in {texts(groups)}))"
        f" || request.userInfo.username in {texts(users)}"
    )
