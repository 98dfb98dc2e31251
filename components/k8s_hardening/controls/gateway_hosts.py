"""A tenant's routes and Gateways must serve only the hosts that the environment gives the tenant.

Restricted fields in a tenant's namespaces: hostnames of every HTTPRoute, GRPCRoute and TLSRoute; hostname of every
listener of a Gateway or set of listeners. Allowed: the tenant's `ingress_hosts`, as ingress-hosts reads them. Absent or
empty means: every host (of a route: every one of the listeners that it attaches to). Listeners for TCP and UDP have no
hosts. There is no fix: one of the two is mistaken.
Source: sigs.k8s.io/gateway-api v1.4.0 apis/v1/httproute_types.go (HTTPRouteSpec.Hostnames), grpcroute_types.go,
gateway_types.go (Listener.Hostname), apis/v1alpha2/tlsroute_types.go, apisx/v1alpha1/xlistenerset_types.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls.control import Control, Finding, Severity, finding
from k8s_hardening.controls.gateway_tls import has_listeners
from k8s_hardening.controls.ingress_hosts import hosts_of, is_allowed_host
from k8s_hardening.controls.shared.tenant_limits import limit_of, shown, tell
from k8s_hardening.kube.manifest import Manifest, api_group_of, as_list, as_map, kind_of
from k8s_hardening.model.knowledge import Knowledge

_ROUTES = ("HTTPRoute", "GRPCRoute", "TLSRoute")
_WITHOUT_HOSTS = ("TCP", "UDP")


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each host that is not the tenant's, and each way to serve all of them."""
    allowed = limit_of(manifest, knowledge, hosts_of)
    if allowed is None:
        return
    for path, host in _served(manifest):
        if not is_allowed_host(host, allowed):
            yield finding(path, shown(host, manifest), f"serve only {tell(allowed)}")


def _served(manifest: Manifest) -> Iterator[tuple[str, Any]]:
    spec = as_map(manifest.get("spec"))
    if api_group_of(manifest) == "gateway.networking.k8s.io" and kind_of(manifest) in _ROUTES:
        hosts = spec.get("hostnames")
        if hosts in (None, []):
            yield "spec.hostnames", None
        for index, host in enumerate(as_list(hosts)):
            yield f"spec.hostnames[{index}]", host
    elif has_listeners(manifest):
        for index, listener in enumerate(as_list(spec.get("listeners"))):
            if as_map(listener).get("protocol") not in _WITHOUT_HOSTS:
                yield f"spec.listeners[{index}].hostname", as_map(listener).get("hostname")


CONTROL = Control(
    id="gateway-hosts",
    requirement="A tenant's routes and Gateways must serve only the hosts that the environment gives the tenant.",
    severity=Severity.HIGH,
    chapter="network",
    references=("Kubernetes: Multi-tenancy, Isolation",),
    check=check,
)
