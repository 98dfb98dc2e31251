"""Ingresses must serve every host by TLS.

Restricted fields: each rule of an Ingress, and its default backend. Allowed: a rule whose host an entry of spec.tls
with a secretName covers. An entry covers the hosts that it lists, where `*.` stands for a single label, as in a
certificate; without hosts it covers what the controller's wildcard does, every host. A rule without a host and a
default backend answer for every host, so only such an entry covers them. Absent means: the controller serves it on port
80 alone; an entry without a secretName leaves the certificate to the controller. Whether port 80 redirects to 443 is
the controller's affair, and no field of an Ingress says it. There is no fix: which Secret holds the certificate is not
to be seen here. An HTTP-01 challenge of ACME is answered over plain HTTP (RFC 8555, 8.3), so an Ingress for one is a
finding; DNS-01 needs none.
Source: k8s.io/api v0.37.2, networking/v1/types.go (IngressSpec, IngressTLS, IngressRule); extensions/v1beta1 for
objects from before 1.19.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls.admission import AdmissionRule
from k8s_hardening.controls.control import Control, Finding, Severity, finding
from k8s_hardening.controls.shared.ingresses import BACKENDS, is_ingress
from k8s_hardening.kube.admission_policies import INGRESSES
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_list, as_map
from k8s_hardening.model.knowledge import Knowledge

_FIX = "name it under spec.tls, in an entry with a secretName"
_FIX_ALL = "give spec.tls an entry with a secretName and without hosts, or name hosts in rules"


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each rule, and the default backend, that no certificate covers."""
    if not is_ingress(manifest):
        return
    spec = as_map(manifest.get("spec"))
    entries = [as_map(entry) for entry in as_list(spec.get("tls"))]
    for index, rule in enumerate(as_list(spec.get("rules"))):
        host = as_map(rule).get("host")
        verdict = UNKNOWN if host is UNKNOWN else _is_covered(host, entries)
        if verdict is not True:
            is_named = isinstance(host, str) and host != ""
            yield finding(
                f"spec.rules[{index}].host", UNKNOWN if verdict is UNKNOWN else host, _FIX if is_named else _FIX_ALL
            )
    for field in BACKENDS:
        if spec.get(field) is not None:
            verdict = _is_covered(None, entries)
            if verdict is not True:
                yield finding(f"spec.{field}", UNKNOWN if verdict is UNKNOWN else spec.get(field), _FIX_ALL)


def _is_covered(host: Any, entries: list[dict[str, Any]]) -> Any:
    """Whether an entry of spec.tls covers a host, None meaning every one; UNKNOWN where that depends on the unknown."""
    verdicts = [_covers(entry, host) for entry in entries]
    return next((one for wanted in (True, UNKNOWN) for one in verdicts if one is wanted), False)


def _covers(entry: dict[str, Any], host: Any) -> Any:
    secret, hosts = entry.get("secretName"), as_list(entry.get("hosts"))
    if secret is not UNKNOWN and not (isinstance(secret, str) and secret):
        return False
    listed = any(isinstance(one, str) and _matches(one, host) for one in hosts)
    if hosts and not listed:
        return UNKNOWN if any(one is UNKNOWN for one in hosts) else False
    return UNKNOWN if secret is UNKNOWN else True


def _matches(listed: str, host: Any) -> bool:
    """Whether a certificate for a listed host is one for the host of a rule."""
    if not isinstance(host, str) or not host:
        return False
    return listed == host or (listed.startswith("*.") and "." in host and host[host.index(".") :] == listed[1:])


def admission(knowledge: Knowledge) -> tuple[AdmissionRule, ...]:
    """The same of the server."""
    is_listed = (
        "t.hosts.exists(l, l == r.host || (l.startsWith('*.') && r.host.contains('.') "
        "&& r.host.substring(r.host.indexOf('.')) == l.substring(1)))"
    )
    for_all = "!has(t.hosts) || size(t.hosts) == 0"
    covers = f"{for_all} || (has(r.host) && r.host != '' && {is_listed})"
    return (
        AdmissionRule(
            fix="name each host under spec.tls, in an entry with a secretName; every host is an entry without hosts",
            targets=(INGRESSES,),
            expressions=(
                f"!has(object.spec.rules) || object.spec.rules.all(r, variables.certificates.exists(t, {covers}))",
                f"!has(object.spec.defaultBackend) || variables.certificates.exists(t, {for_all})",
            ),
            variables={
                "certificates": (
                    "has(object.spec.tls) ? object.spec.tls.filter(t, has(t.secretName) && t.secretName != '') : []"
                )
            },
        ),
    )


CONTROL = Control(
    id="ingress-tls",
    requirement="Ingresses must serve every host by TLS.",
    severity=Severity.HIGH,
    chapter="network",
    references=("Kubernetes: Ingress, TLS", "NSA Kubernetes Hardening Guide: Network separation"),
    check=check,
    admission=admission,
)
