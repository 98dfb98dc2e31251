"""The roles and bindings that every API server makes by itself, by version.

The table kube/data/bootstrap_rbac.json holds what k8s.io/kubernetes v1.18.20 to v1.37.2
plugin/pkg/auth/authorizer/rbac/bootstrappolicy/testdata/*.yaml say with the default feature gates, the roles of the
built-in controllers included; tests/oracle/test_bootstrap_roles.py holds it to the source, a cluster test to servers.
It is read when first asked for.
"""

from __future__ import annotations

import functools
import json
from importlib.resources import files
from typing import Any

from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.rbac import GROUP
from k8s_hardening.kube.version import KubeVersion

_API_VERSION = f"{GROUP}/v1"
SYSTEM_NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")
"""Namespaces that every cluster has: k8s.io/kubernetes v1.37.2 pkg/controlplane/controller/systemnamespaces."""


@functools.cache
def bootstrap_objects(version: KubeVersion) -> tuple[Manifest, ...]:
    """The roles and bindings of a version, as objects; never change them."""
    table = _table()
    roles = [
        _role(one, version.minor) for one in table["roles"] if any(_holds(span, version.minor) for span in one["spans"])
    ]
    return (*roles, *(_binding(one) for one in table["bindings"] if _holds(one["span"], version.minor)))


@functools.cache
def _table() -> dict[str, Any]:
    text = (files("k8s_hardening.kube") / "data" / "bootstrap_rbac.json").read_text(encoding="utf-8")
    table: dict[str, Any] = json.loads(text)
    return table


def _holds(span: list[int], minor: int) -> bool:
    return span[0] <= minor <= span[1]


def _role(told: dict[str, Any], minor: int) -> Manifest:
    role = _object(told)
    if "labels" in told:
        role["metadata"]["labels"] = told["labels"]
    if "gathers" in told:
        role["aggregationRule"] = {"clusterRoleSelectors": told["gathers"]}
    role["rules"] = [rule for first, last, rule in told["rules"] if first <= minor <= last]
    return role


def _binding(told: dict[str, Any]) -> Manifest:
    binding = _object(told)
    kind, name = told["roleRef"]
    binding["roleRef"] = {"apiGroup": GROUP, "kind": kind, "name": name}
    binding["subjects"] = [
        {"kind": kind, "name": name, **({"namespace": namespace} if namespace else {})}
        for kind, namespace, name in told["subjects"]
    ]
    return binding


def _object(told: dict[str, Any]) -> Manifest:
    metadata = {"name": told["name"]}
    if "namespace" in told:
        metadata["namespace"] = told["namespace"]
    return {"apiVersion": _API_VERSION, "kind": told["kind"], "metadata": metadata}
