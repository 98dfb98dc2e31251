"""Files of the control plane as text, and the mounts that show a pod the host's own."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any

from k8s_hardening.kube.yaml_text import as_yaml
from k8s_hardening.model.control_plane.webhook import WebhookEndpoint
from k8s_hardening.plans.control_plane.part import Mount
from k8s_hardening.plans.control_plane.paths import ETCD_PKI, HARDENING, PKI
from k8s_hardening.plans.plan import HostFile


def yaml_file(part: str, name: str, document: dict[str, Any]) -> HostFile:
    """A document as a file of a part."""
    return HostFile(f"{HARDENING}/{part}/{name}", as_yaml(document))


def webhook_kubeconfig(part: str, name: str, endpoint: WebhookEndpoint) -> HostFile:
    """How to reach a webhook, in the form of a kubeconfig, which holds paths of keys and no key."""
    cluster: dict[str, Any] = {"server": endpoint.url}
    if endpoint.certificate_authority is not None:
        encoded = base64.b64encode(endpoint.certificate_authority.encode()).decode()
        cluster["certificate-authority-data"] = encoded
    user = {"client-certificate": endpoint.client_certificate_file, "client-key": endpoint.client_key_file}
    return yaml_file(
        part,
        f"{name}.kubeconfig",
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": cluster}],
            "users": [{"name": "kube-apiserver", "user": user}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": "kube-apiserver"}}],
            "current-context": name,
        },
    )


def endpoint_mounts(endpoint: WebhookEndpoint) -> tuple[Mount, ...]:
    """The host's files that a webhook's kubeconfig names."""
    return host_mounts((endpoint.client_certificate_file, endpoint.client_key_file))


def host_mounts(files: Iterable[str]) -> tuple[Mount, ...]:
    """Mounts for files of the host, each once.

    What lies in the PKI folder comes with the folder: a file that is mounted alone keeps its old content when a
    renewal puts a new file in its place.
    """
    return tuple(sorted({_host_mount(file) for file in files}, key=lambda mount: mount.path))


def _host_mount(file: str) -> Mount:
    for folder in (ETCD_PKI, PKI):  # etcd has no business with the keys of the cluster
        if file.startswith(f"{folder}/"):
            return Mount(folder, is_folder=True)
    return Mount(file)
