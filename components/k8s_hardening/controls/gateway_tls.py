"""Listeners of a Gateway must speak TLS.

Restricted fields of Gateways and sets of listeners: the protocol of each listener, and how it ends TLS. Allowed: HTTPS,
or TLS, with the gateway's certificates in tls.certificateRefs (an implementation may name them in tls.options), or TLS
that is passed through; and UDP, for which the API has no TLS. Absent means: mode Terminate, and no listener has a
default protocol or certificate. HTTP takes cleartext, TCP whatever comes. That a listener for HTTP only redirects is
said by the routes on it, which attach from their side, later and by others, so no listener can promise it: the one for
redirects needs an exemption, where whoever answers for the Gateway says so. There is no fix: a redirect, and a
certificate, are somebody's decision.
Source: sigs.k8s.io/gateway-api v1.4.0, apis/v1/gateway_types.go (Listener, ProtocolType, ListenerTLSConfig with its
validations), apisx/v1alpha1/xlistenerset_types.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls.control import Control, Finding, Severity, finding
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, api_group_of, as_list, as_map, kind_of
from k8s_hardening.model.knowledge import Knowledge

_KINDS = {
    "gateway.networking.k8s.io": frozenset({"Gateway", "ListenerSet"}),
    "gateway.networking.x-k8s.io": frozenset({"XListenerSet"}),
}
_WITHOUT_TLS = "UDP"
_BY_TLS = ("HTTPS", "TLS")


def has_listeners(manifest: Manifest) -> bool:
    """Whether an object is a Gateway or a set of listeners."""
    return kind_of(manifest) in _KINDS.get(api_group_of(manifest), ())


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each listener in the clear, and each that ends TLS and has no certificate."""
    if not has_listeners(manifest):
        return
    for index, listener in enumerate(as_list(as_map(manifest.get("spec")).get("listeners"))):
        yield from _listener(f"spec.listeners[{index}]", as_map(listener))


def _listener(path: str, listener: dict[str, Any]) -> Iterator[Finding]:
    protocol = listener.get("protocol")
    if protocol == _WITHOUT_TLS:
        return
    if protocol not in _BY_TLS:
        yield finding(f"{path}.protocol", protocol, "set it to HTTPS or TLS; for redirects alone, ask for an exemption")
        return
    tls = as_map(listener.get("tls"))
    mode = tls.get("mode")
    if protocol == "TLS" and mode == "Passthrough":
        return
    certificates, options = tls.get("certificateRefs"), tls.get("options")
    if not (_is_given(certificates) or _is_given(options)):
        is_open = UNKNOWN in (certificates, options) or (protocol == "TLS" and mode is UNKNOWN)
        value = UNKNOWN if is_open else certificates
        yield finding(f"{path}.tls.certificateRefs", value, "name the Secret with the gateway's certificate")


def _is_given(value: Any) -> bool:
    return isinstance(value, list | dict) and len(value) > 0


CONTROL = Control(
    id="gateway-tls",
    requirement="Listeners of a Gateway must speak TLS.",
    severity=Severity.HIGH,
    chapter="network",
    references=("Gateway API: TLS configuration",),
    check=check,
)
