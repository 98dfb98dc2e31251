"""Objects in the form in which all plans write them."""

from __future__ import annotations

from typing import Any

from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.model.labels import MANAGED_BY
from k8s_hardening.plans.pull_secrets import PULL_SECRET


def object_in(namespace: str, api_version: str, kind: str, name: str, **fields: Any) -> Manifest:
    """An object of a namespace."""
    metadata = {"name": name, "namespace": namespace, "labels": dict(MANAGED_BY)}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}


def object_of_cluster(api_version: str, kind: str, name: str, **fields: Any) -> Manifest:
    """An object that lies in no namespace."""
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": name, "labels": dict(MANAGED_BY)},
        **fields,
    }


def account(namespace: str, name: str, *, pulls: bool) -> Manifest:
    """A service account without a token of its own, with the credentials for images where there are some."""
    made = object_in(namespace, "v1", "ServiceAccount", name, automountServiceAccountToken=False)
    if pulls:
        made["imagePullSecrets"] = [{"name": PULL_SECRET}]
    return made
