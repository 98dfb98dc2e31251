"""Objects must stand in a namespace of their own, not in `default`, which nobody owns and no deny-all closes.

Restricted field: metadata.namespace of the built-in kinds that live in a namespace. Not allowed: default, and absent,
which is default unless the client says otherwise. Custom resources that carry pods must not say default either;
without a namespace they may be cluster-scoped, so that is left alone. Allowed in default: its guard rails
(GUARD_RAILS), and what the server itself makes there (MADE_BY_THE_SERVER).
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, api_group_of, as_map, kind_of, name_of
from k8s_hardening.kube.pods import carries_pods
from k8s_hardening.kube.scopes import is_namespaced
from k8s_hardening.model.knowledge import Knowledge

DEFAULT = "default"
GUARD_RAILS = frozenset({"LimitRange", "NetworkPolicy", "ResourceQuota"})
MADE_BY_THE_SERVER = frozenset({
    ("ConfigMap", "kube-root-ca.crt"),
    ("EndpointSlice", "kubernetes"),
    ("Endpoints", "kubernetes"),
    ("Service", "kubernetes"),
    ("ServiceAccount", "default"),
})  # fmt: skip
_FIX = "set it to a namespace of your own"


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """The namespace, when it is default or missing."""
    namespace = as_map(manifest.get("metadata")).get("namespace")
    kind = kind_of(manifest)
    if is_namespaced(api_group_of(manifest), kind):
        is_at_home = namespace == DEFAULT and (kind in GUARD_RAILS or (kind, name_of(manifest)) in MADE_BY_THE_SERVER)
        if namespace in (None, "", DEFAULT, UNKNOWN) and not is_at_home:
            yield finding("metadata.namespace", namespace, _FIX)
    elif namespace in (DEFAULT, UNKNOWN) and carries_pods(manifest):
        yield finding("metadata.namespace", namespace, _FIX)


CONTROL = Control(
    id="default-namespace",
    requirement="Objects must stand in a namespace of their own, not in default.",
    severity=Severity.LOW,
    chapter="namespace",
    profile=Profile.FULL,
    references=("CIS 5.6.4",),
    check=check,
)
