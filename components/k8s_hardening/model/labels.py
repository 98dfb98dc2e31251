"""Labels and annotations of our own."""

from __future__ import annotations

MANAGED_BY = {"app.kubernetes.io/managed-by": "k8s-hardening"}
TENANT_LABEL = "k8s-hardening/tenant"
PARENT_LABEL = "k8s-hardening/parent"
"""The tenant that the owner of the namespace is a part of."""
NAMESPACE_LABEL = "k8s-hardening/namespace"
"""Stands in for kubernetes.io/metadata.name, which namespaces have only from Kubernetes 1.21."""
DECOMMISSION_ANNOTATION = "k8s-hardening/decommission"
"""First day (ISO) on which the namespace may be removed from a live environment."""
EXPIRES_ANNOTATION = "k8s-hardening/expires"
"""Last day (ISO) of the rights that a binding gives for an emergency; for readers, since the server knows no day."""
OWNER_ANNOTATION = "k8s-hardening/owner"
"""Who answers for them."""
REASON_ANNOTATION = "k8s-hardening/reason"
"""Why they are given."""
