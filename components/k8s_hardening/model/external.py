"""Objects that pods refer to and that others than the judged stack make: declared, or the platform's own."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator

from k8s_hardening.kube.names import is_dns1123_subdomain
from k8s_hardening.model.checked import wrong

if TYPE_CHECKING:  # a baseline has these as a field
    from k8s_hardening.model.baseline import Baseline

SECRET, CONFIG_MAP, SERVICE_ACCOUNT = "secret", "configmap", "serviceaccount"
_EXAMPLES = '"secret/ca", "configmap/zones" or "serviceaccount/operator"'


def _external(text: str) -> str:
    kind, slash, name = text.partition("/")
    if not slash or kind not in (SECRET, CONFIG_MAP, SERVICE_ACCOUNT) or not is_dns1123_subdomain(name):
        raise wrong("is not a kind, a slash and a name", _EXAMPLES)
    return text


ExternalObject = Annotated[str, AfterValidator(_external)]


def external_objects(baseline: Baseline) -> dict[str, tuple[str, ...]]:
    """Namespace -> what stands there beside the objects of a team's own stack, sorted."""
    found: dict[str, set[str]] = defaultdict(set)
    for namespace, objects in baseline.external.items():
        found[namespace].update(objects)
    for tenant in baseline.tenants:
        for one in tenant.namespaces:
            found[one.name].update(f"{SERVICE_ACCOUNT}/{account.name}" for account in one.service_accounts)
        for secret in tenant.secrets:
            found[secret.namespace].update(f"{SECRET}/{name}" for name, _ in secret.versions())
    return {namespace: tuple(sorted(objects)) for namespace, objects in sorted(found.items()) if objects}
