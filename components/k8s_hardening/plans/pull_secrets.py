"""The Secret by which nodes pull from private registries, and what is said where it cannot be made.

A plan holds no credentials: whoever reads them from the secret configuration hands them to `pull_secret`. The Secrets
are therefore in no rendered file, and `left_to_operator` says how to make them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from k8s_hardening.kube.docker_config import DATA_KEY, SECRET_TYPE
from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.model.images import PULL_SECRET
from k8s_hardening.model.labels import MANAGED_BY


def pull_secret(namespace: str, data: Any) -> Manifest:
    """The Secret of a namespace.

    Args:
        namespace: its namespace.
        data: the config.json in base64, as text or as what becomes one.
    """
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": PULL_SECRET, "namespace": namespace, "labels": dict(MANAGED_BY)},
        "type": SECRET_TYPE,
        "data": {DATA_KEY: data},
    }


def left_to_operator(config: str, namespaces: Iterable[str]) -> str:
    """Why the Secrets are in no file, and the command that makes them from the secret configuration."""
    return (
        f"Files never hold credentials, so the Secret {PULL_SECRET} is in none of them. With the stack selected run: "
        f"for namespace in {' '.join(sorted(namespaces))}; do pulumi config get k8s-hardening:{config} | "
        f'kubectl create secret generic {PULL_SECRET} --namespace "$namespace" --type={SECRET_TYPE} '
        f"--from-file={DATA_KEY}=/dev/stdin --dry-run=client --output=json | "
        "kubectl apply --server-side --filename=-; done"
    )
