"""A tenant's Ingresses must serve only the hosts that the environment gives the tenant.

Restricted fields of Ingresses in a tenant's namespaces: the host of every rule, every host under tls, the default
backend, and every host in ingress-nginx's annotation server-alias, which serves it as well. Allowed: the tenant's
`ingress_hosts`, where `*.` before a domain stands for every name below it. Absent means: every host that no other
Ingress serves, which is nobody's to take; a default backend means the same. There is no fix: one of the two is
mistaken. Routes and Gateways belong to gateway-hosts.
Sources: k8s.io/api v0.37.2, networking/v1/types.go (IngressSpec); extensions/v1beta1 for objects from before 1.19;
github.com/kubernetes/ingress-nginx at 01e7d43 internal/ingress/annotations/alias/main.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls.admission import AdmissionRule
from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.controls.shared.ingresses import BACKENDS, is_ingress
from k8s_hardening.controls.shared.tenant_limits import allowed_variable, limit_of, shown, tell, tenant_namespaces
from k8s_hardening.kube.admission_policies import INGRESSES
from k8s_hardening.kube.cel import pattern, text
from k8s_hardening.kube.manifest import Manifest, as_list, as_map, as_str, key_path
from k8s_hardening.kube.names import covers_host
from k8s_hardening.model.knowledge import Knowledge, TenantFacts

ALIASES = "nginx.ingress.kubernetes.io/server-alias"
# Nginx also reads regular expressions there, and several names with spaces between them.
_NAME = r"(\*\.)?[a-z0-9]([-a-z0-9.]*[a-z0-9])?"


def hosts_of(tenant: TenantFacts) -> tuple[str, ...]:
    """The hosts that a tenant may serve."""
    return tenant.ingress_hosts


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each host that is not the tenant's, and each way to serve all of them."""
    if not is_ingress(manifest):
        return
    allowed = limit_of(manifest, knowledge, hosts_of)
    if allowed is None:
        return
    fix = f"serve only {tell(allowed)}"
    spec = as_map(manifest.get("spec"))
    for path, host in _served(spec):
        if not is_allowed_host(host, allowed):
            yield finding(path, shown(host, manifest), fix)
    aliases = as_map(as_map(manifest.get("metadata")).get("annotations")).get(ALIASES)
    if aliases is not None and not all(_is_allowed_alias(one, allowed) for one in as_str(aliases).split(",")):
        yield finding(key_path("metadata.annotations", ALIASES), shown(aliases, manifest), fix)
    for field in BACKENDS:
        if spec.get(field) is not None:
            yield finding(f"spec.{field}", shown(spec.get(field), manifest), f"name hosts in rules; {fix}")


def _served(spec: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for index, rule in enumerate(as_list(spec.get("rules"))):
        yield f"spec.rules[{index}].host", as_map(rule).get("host")
    for index, entry in enumerate(as_list(spec.get("tls"))):
        for position, host in enumerate(as_list(as_map(entry).get("hosts"))):
            yield f"spec.tls[{index}].hosts[{position}]", host


def _is_allowed_alias(alias: str, allowed: frozenset[str]) -> bool:
    host = alias.strip()
    return re.fullmatch(_NAME, host) is not None and is_allowed_host(host, allowed)


def is_allowed_host(host: Any, allowed: frozenset[str]) -> bool:
    """Whether something is a host, or stands for hosts, of which every one may be served."""
    return isinstance(host, str) and any(covers_host(one, host) for one in allowed)


def admission(knowledge: Knowledge) -> tuple[AdmissionRule, ...]:
    """The same of the server."""
    if not knowledge.tenants:
        return ()
    annotations, key = "object.metadata.annotations", text(ALIASES)
    aliases = f"{annotations}[{key}].split(',').map(alias, alias.trim())"
    is_name = f"h.matches({pattern(f'^{_NAME}$')})"
    is_allowed = "variables.allowed.exists(a, h == a || (a.startsWith('*.') && h.endsWith(a.substring(1))))"
    return (
        AdmissionRule(
            fix="name in rules, under tls and as alias what the environment gives the tenant, and no default backend",
            targets=(INGRESSES,),
            expressions=(
                f"!has(object.spec.rules) || object.spec.rules.all(r, has(r.host) && [r.host].all(h, {is_allowed}))",
                f"!has(object.spec.tls) || object.spec.tls.all(t, !has(t.hosts) || t.hosts.all(h, {is_allowed}))",
                "!has(object.spec.defaultBackend)",
                f"!has({annotations}) || !({key} in {annotations}) || {aliases}.all(h, {is_name} && {is_allowed})",
            ),
            variables=allowed_variable(knowledge, hosts_of),
            namespaces=tenant_namespaces(knowledge),
        ),
    )


CONTROL = Control(
    id="ingress-hosts",
    requirement="A tenant's Ingresses must serve only the hosts that the environment gives the tenant.",
    severity=Severity.HIGH,
    chapter="network",
    profile=Profile.FULL,
    references=("Kubernetes: Multi-tenancy, Isolation",),
    check=check,
    admission=admission,
)
