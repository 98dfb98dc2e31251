"""Labels and annotations of our own."""

from __future__ import annotations

MANAGED_BY = {"app.kubernetes.io/managed-by": "k8s-hardening"}
TENANT_LABEL = "k8s-hardening/tenant"
NAMESPACE_LABEL = "k8s-hardening/namespace"
"""Stands in for kubernetes.io/metadata.name, which namespaces have only from Kubernetes 1.21."""
DECOMMISSION_ANNOTATION = "k8s-hardening/decommission"
"""First day (ISO) on which the namespace may be removed from a live environment."""
