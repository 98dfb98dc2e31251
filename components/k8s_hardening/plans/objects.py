"""Objects in the form in which all plans write them."""

from __future__ import annotations

from typing import Any

from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.model.images import PULL_SECRET
from k8s_hardening.model.labels import MANAGED_BY


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


def account(namespace: str, name: str, *, pulls: bool, automount: bool = False) -> Manifest:
    """A service account, by default without a token, with the credentials for images where there are some."""
    made = object_in(namespace, "v1", "ServiceAccount", name, automountServiceAccountToken=automount)
    if pulls:
        made["imagePullSecrets"] = [{"name": PULL_SECRET}]
    return made
