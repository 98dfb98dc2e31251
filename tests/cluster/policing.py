"""Admission policies on a running API server: applied, checked by type, active, and asked."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from k8s_hardening.kube.admission_policies import KIND
from k8s_hardening.kube.manifest import kind_of, name_of
from tests.cluster.cluster import Answer, Cluster
from tests.cluster.rights import grant

API = "/apis/admissionregistration.k8s.io/v1"
STRATEGIC = "application/strategic-merge-patch+json"
MERGE = "application/merge-patch+json"
_BY_POLICY = "ValidatingAdmissionPolicy 'k8s-hardening-"
_OTHERS = "system:serviceaccount:delivery:deployer"


@dataclass
class Policed:
    """A cluster with policies, and an account that may do everything and is not of the platform."""

    cluster: Cluster
    token: str = ""
    applied: set[tuple[str, str]] = field(default_factory=set)
    _marks: itertools.count[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        grant(
            self.cluster,
            "deployer",
            {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
            kind="User",
            name=_OTHERS,
        )
        account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "deployer"}}
        self.make_namespaces({"delivery"})
        made = self.cluster.request("POST", "/api/v1/namespaces/delivery/serviceaccounts", account)
        assert made.status == 201, made.body
        asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}}
        given = self.cluster.request("POST", "/api/v1/namespaces/delivery/serviceaccounts/deployer/token", asked)
        self.token = given.body["status"]["token"]

    def send(self, method: str, path: str, body: Any = None, content_type: str = "application/json") -> Answer:
        """A request of somebody who is not of the platform."""
        return self.cluster.anonymous(method, path, token=self.token, body=body, **{"Content-Type": content_type})

    def make_namespaces(self, names: set[str]) -> None:
        """Namespaces without labels, each with its default account."""
        for name in sorted(names):
            body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            made = self.cluster.request("POST", "/api/v1/namespaces", body)
            assert made.status in (201, 409), made.body
        for name in sorted(names):
            until(
                partial(self._exists, f"/api/v1/namespaces/{name}/serviceaccounts/default"),
                f"the default account of {name}",
            )

    def _exists(self, path: str) -> bool:
        return self.cluster.request("GET", path).status == 200

    def apply(self, manifests: Sequence[dict[str, Any]]) -> None:
        """Exactly these policies and bindings, active when this returns."""
        wanted = {(_plural(one), name_of(one)) for one in manifests}
        for plural, name in sorted(self.applied - wanted, reverse=True):  # bindings first
            assert self.cluster.request("DELETE", f"{API}/{plural}/{name}").status == 200
        for one in manifests:
            plural, name = _plural(one), name_of(one)
            known = self.cluster.request("GET", f"{API}/{plural}/{name}")
            if known.status == 404:
                answer = self.cluster.request("POST", f"{API}/{plural}", one)
            else:
                one = {
                    **one,
                    "metadata": {**one["metadata"], "resourceVersion": known.body["metadata"]["resourceVersion"]},
                }
                answer = self.cluster.request("PUT", f"{API}/{plural}/{name}", one)
            assert answer.status in (200, 201), answer.body
        self.applied = wanted
        self._wait_until_active()

    def _wait_until_active(self) -> None:
        """The server takes policies over in the order of their events, all at once: the last one speaks for all."""
        mark = f"mark-{next(self._marks)}"
        rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}
        policy = {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": KIND,
            "metadata": {"name": mark},
            "spec": {
                "matchConstraints": {"resourceRules": [rule]},
                "validations": [{"expression": f"object.metadata.name != '{mark}'"}],
            },
        }
        binding = {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": f"{KIND}Binding",
            "metadata": {"name": mark},
            "spec": {"policyName": mark, "validationActions": ["Deny"]},
        }
        for one in (policy, binding):
            assert self.cluster.request("POST", f"{API}/{_plural(one)}", one).status == 201
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": mark}}
        until(
            lambda: self.cluster.request("POST", f"{_CONFIG_MAPS}?dryRun=All", body).status == 422,
            "the policies",
        )
        for one in (binding, policy):
            self.cluster.request("DELETE", f"{API}/{_plural(one)}/{mark}")

    def create(self, path: str, manifest: dict[str, Any]) -> Answer:
        """The answer to an object that is not kept; a debugging container is added to the pod that is there already."""
        spec = manifest.get("spec", {})
        if kind_of(manifest) != "Pod" or "ephemeralContainers" not in spec:
            return self.send("POST", f"{path}?dryRun=All", manifest)
        plain = {**manifest, "spec": {key: value for key, value in spec.items() if key != "ephemeralContainers"}}
        made = self.cluster.request("POST", path, plain)
        assert made.status == 201, made.body
        here = f"{path}/{name_of(manifest)}"
        added = {"spec": {"ephemeralContainers": spec["ephemeralContainers"]}}
        answer = self.send("PATCH", f"{here}/ephemeralcontainers?dryRun=All", added, STRATEGIC)
        assert self.cluster.request("DELETE", here, {"gracePeriodSeconds": 0}).status == 200
        return Answer(201, answer.body) if answer.status == 200 else answer

    def warnings(self, name: str) -> list[dict[str, str]]:
        """What the controller manager says of the types in a policy, once it has looked at this very form."""

        def status() -> dict[str, Any] | None:
            found = self.cluster.request("GET", f"{API}/validatingadmissionpolicies/{name}").body
            looked_at = found.get("status", {}).get("observedGeneration") == found["metadata"]["generation"]
            return dict(found["status"]) if looked_at else None

        until(lambda: status() is not None, f"the types of {name}")
        warned: list[dict[str, str]] = (status() or {}).get("typeChecking", {}).get("expressionWarnings", [])
        return warned


_CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"


def refusal_of(answer: Answer) -> str | None:
    """The message of a policy of ours that refused a request; None for any other answer."""
    message = str(answer.body.get("message", "")) if isinstance(answer.body, dict) else ""
    return message if answer.status == 422 and _BY_POLICY in message else None


def until(ready: Any, what: str, seconds: float = 60.0) -> None:
    """Wait for something that comes by itself."""
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, f"{what} did not come in {seconds:.0f} s"
        time.sleep(0.1)


def _plural(manifest: dict[str, Any]) -> str:
    return "validatingadmissionpolicies" if kind_of(manifest) == KIND else "validatingadmissionpolicybindings"
