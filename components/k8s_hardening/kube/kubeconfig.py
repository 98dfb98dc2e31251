"""A kubeconfig for a person: one context for each namespace, and a program that gives the credentials.

Source of the fields: k8s.io/client-go v0.24.17 and v0.37.2 tools/clientcmd/api/v1/types.go.

A context is called `<namespace>.<cluster>`. People find it by its first letters, as with kubectx they look for a
namespace; a namespace holds no dot, so the first one ends it; and names stay apart when several kubeconfigs are
joined. `<cluster>/<namespace>` would be no name of a file, and kubens keeps the namespace before the last change in a
file that is called like the context (github.com/ahmetb/kubectx cmd/kubens/statefile.go).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from k8s_hardening.kube.version import KubeVersion

# Clients below know v1beta1 only, and every client since knows both: k8s.io/client-go v0.24.17 and v0.37.2
# plugin/pkg/client/auth/exec/exec.go (apiVersions). kubectl is supported one minor away from its server.
EXEC_V1_SINCE = KubeVersion(1, 22)
INTERACTIVE_MODES = ("IfAvailable", "Never", "Always")
NAMESPACE = "{namespace}"
"""What stands in an argument or a variable of a plug-in for the namespace."""


@dataclass(frozen=True, slots=True)
class ClusterEntry:
    """Where a cluster is, and how its server is known."""

    server: str
    """URL of the API server: https."""
    ca: str | None = None
    """Certificates (base64 of PEM) that the server's is checked against; None for those of the system."""
    tls_server_name: str | None = None
    """Name that the server's certificate must have, where it is not that of the URL."""
    proxy_url: str | None = None
    """Proxy on the way."""

    def entry(self) -> dict[str, Any]:
        """The fields of a kubeconfig."""
        fields = {
            "server": self.server,
            "certificate-authority-data": self.ca,
            "tls-server-name": self.tls_server_name,
            "proxy-url": self.proxy_url,
        }
        return {key: value for key, value in fields.items() if value is not None}


@dataclass(frozen=True, slots=True)
class ExecPlugin:
    """A program that prints an ExecCredential; `{namespace}` in a text stands for the namespace."""

    command: str
    arguments: tuple[str, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    interactive_mode: str = INTERACTIVE_MODES[0]
    cluster_info: bool = False
    install_hint: str | None = None

    def entry(self, kubernetes: KubeVersion, namespace: str | None) -> dict[str, Any]:
        """The fields of a kubeconfig; without a namespace for all of them."""

        def filled(text: str) -> str:
            return text if namespace is None else text.replace(NAMESPACE, namespace)

        made: dict[str, Any] = {
            "apiVersion": f"client.authentication.k8s.io/v1{'' if kubernetes >= EXEC_V1_SINCE else 'beta1'}",
            "command": self.command,
        }
        if self.arguments:
            made["args"] = list(map(filled, self.arguments))
        if self.variables:
            made["env"] = [{"name": name, "value": filled(value)} for name, value in self.variables]
        if self.install_hint is not None:
            made["installHint"] = self.install_hint
        # v1 has no default for it: k8s.io/client-go v0.37.2 tools/clientcmd/validation.go.
        return {**made, "interactiveMode": self.interactive_mode, "provideClusterInfo": self.cluster_info}


def context_name(namespace: str, cluster: str) -> str:
    """Name of a namespace's context."""
    return f"{namespace}.{cluster}"


def kubeconfig(
    name: str,
    cluster: ClusterEntry,
    person: str,
    namespaces: Sequence[str],
    plugin: Callable[[str | None], ExecPlugin],
    kubernetes: KubeVersion,
    *,
    separate: bool = False,
) -> dict[str, Any]:
    """The kubeconfig of a person; its current context is that of the first namespace.

    Args:
        name: of the cluster.
        cluster: where it is.
        person: name of the user.
        namespaces: at least one.
        plugin: gives the credentials, for a namespace or for all (None).
        kubernetes: version of the cluster.
        separate: whether each namespace has a user entry of its own.
    """
    users = {one: f"{person}@{context_name(one, name) if separate else name}" for one in namespaces}
    kinds = {title: (one if separate else None) for one, title in users.items()}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": cluster.entry()}],
        "users": [
            {"name": title, "user": {"exec": plugin(one).entry(kubernetes, one)}} for title, one in kinds.items()
        ],
        "contexts": [
            {"name": context_name(one, name), "context": {"cluster": name, "user": users[one], "namespace": one}}
            for one in namespaces
        ],
        "current-context": context_name(namespaces[0], name),
    }
