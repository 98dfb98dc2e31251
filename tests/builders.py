"""Base objects of the tests: a failing case is the minimal valid object with one change."""

from __future__ import annotations

import copy
from typing import Any

DIGEST = "sha256:" + "0123456789abcdef" * 4


def container(name: str = "app", **changes: Any) -> dict[str, Any]:
    """A container that every control accepts."""
    return {
        "name": name,
        "image": f"registry.example.com/payments/app@{DIGEST}",
        "resources": {
            "requests": {"cpu": "100m", "memory": "128Mi"},
            "limits": {"cpu": "500m", "memory": "256Mi"},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "privileged": False,
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        **changes,
    }


def pod_spec(**changes: Any) -> dict[str, Any]:
    """A pod spec that every control accepts."""
    return {
        "automountServiceAccountToken": False,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container()],
        **changes,
    }


def pod(**changes: Any) -> dict[str, Any]:
    """A pod that every control accepts; changes go to its spec."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "app", "namespace": "payments-api"},
        "spec": pod_spec(**changes),
    }


_WRAPPED = {
    "Deployment": ("apps/v1", ("spec", "template")),
    "ReplicaSet": ("apps/v1", ("spec", "template")),
    "StatefulSet": ("apps/v1", ("spec", "template")),
    "DaemonSet": ("apps/v1", ("spec", "template")),
    "ReplicationController": ("v1", ("spec", "template")),
    "Job": ("batch/v1", ("spec", "template")),
    "CronJob": ("batch/v1", ("spec", "jobTemplate", "spec", "template")),
    "PodTemplate": ("v1", ("template",)),
    "Rollout": ("argoproj.io/v1alpha1", ("spec", "template")),
}
KINDS_AROUND_A_POD = tuple(_WRAPPED)


def wrap_pod(inner: dict[str, Any], kind: str) -> tuple[dict[str, Any], str]:
    """A pod put into another kind, and the path of the template that now holds it."""
    api_version, steps = _WRAPPED[kind]
    template = {key: copy.deepcopy(value) for key, value in inner.items() if key in ("metadata", "spec")}
    holder: dict[str, Any] = template
    for step in reversed(steps):
        holder = {step: holder}
    metadata = {key: value for key, value in inner["metadata"].items() if key in ("name", "namespace")}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **holder}, ".".join(steps)
