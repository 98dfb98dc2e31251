"""What an Ingress is, and which of its fields serve every host."""

from __future__ import annotations

from k8s_hardening.kube.manifest import Manifest, api_group_of, kind_of

BACKENDS = ("defaultBackend", "backend")
"""Fields of what serves every host that no rule names, the second in v1beta1."""
_GROUPS = frozenset({"networking.k8s.io", "extensions"})


def is_ingress(manifest: Manifest) -> bool:
    """Whether an object is an Ingress, in any of its API groups."""
    return kind_of(manifest) == "Ingress" and api_group_of(manifest) in _GROUPS
