"""Many SubjectAccessReviews: what the server itself says that somebody may do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.cluster.cluster import Cluster
from tests.cluster.connections import Request, answers
from tests.oracle.rbac import Asker, Question, Rights

_API = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_LISTS = {
    "roles": "Role",
    "rolebindings": "RoleBinding",
    "clusterroles": "ClusterRole",
    "clusterrolebindings": "ClusterRoleBinding",
}


def verdicts(cluster: Cluster, asked: Sequence[tuple[Asker, Question]]) -> list[bool]:
    """What the server says, in the order of the questions."""
    given = answers(cluster, (Request("POST", _API, _review(*one)) for one in asked))
    refused = [one.body for one in given if one.status != 201]
    assert not refused, refused[:3]
    return [bool(one.body["status"]["allowed"]) for one in given]


def rights_of(cluster: Cluster) -> Rights:
    """Every role and binding of the server, those that it makes itself included."""
    found: list[dict[str, Any]] = []
    for plural, kind in _LISTS.items():
        answer = cluster.request("GET", f"{_RBAC}/{plural}")
        assert answer.status == 200, answer.body
        found += [{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, **one} for one in answer.body["items"]]
    return Rights(found)


def _review(asker: Asker, question: Question) -> dict[str, Any]:
    spec: dict[str, Any] = {"user": asker.user, "groups": sorted(asker.groups)}
    if question.path:
        spec["nonResourceAttributes"] = {"path": question.path, "verb": question.verb}
    else:
        resource, _, subresource = question.resource.partition("/")
        spec["resourceAttributes"] = {
            "verb": question.verb,
            "group": question.group,
            "resource": resource,
            "subresource": subresource,
            "namespace": question.namespace,
            "name": question.name,
        }
    return {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
