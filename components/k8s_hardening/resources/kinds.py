"""From a manifest to the typed class of pulumi-kubernetes that registers it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pulumi
from pulumi_kubernetes import admissionregistration, apiextensions, apps, core, networking, policy, rbac

from k8s_hardening.kube.manifest import Manifest, api_group_of, as_str, kind_of, name_of

Make = Callable[..., pulumi.CustomResource]

_TYPED: dict[tuple[str, str], Make] = {
    ("v1", "ConfigMap"): core.v1.ConfigMap,
    ("v1", "LimitRange"): core.v1.LimitRange,
    ("v1", "Namespace"): core.v1.Namespace,
    ("v1", "ResourceQuota"): core.v1.ResourceQuota,
    ("v1", "Secret"): core.v1.Secret,
    ("v1", "ServiceAccount"): core.v1.ServiceAccount,
    ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy"): (
        admissionregistration.v1.ValidatingAdmissionPolicy
    ),
    ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicyBinding"): (
        admissionregistration.v1.ValidatingAdmissionPolicyBinding
    ),
    ("apps/v1", "DaemonSet"): apps.v1.DaemonSet,
    ("networking.k8s.io/v1", "NetworkPolicy"): networking.v1.NetworkPolicy,
    ("policy/v1beta1", "PodSecurityPolicy"): policy.v1beta1.PodSecurityPolicy,
    ("rbac.authorization.k8s.io/v1", "ClusterRole"): rbac.v1.ClusterRole,
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"): rbac.v1.ClusterRoleBinding,
    ("rbac.authorization.k8s.io/v1", "Role"): rbac.v1.Role,
    ("rbac.authorization.k8s.io/v1", "RoleBinding"): rbac.v1.RoleBinding,
}

# The cluster makes these by itself in every namespace, at a moment of its own: to create one is a race that a provider
# from 4.29 on loses with "already exists". A patch takes over our fields and leaves the object to the cluster.
_MADE_BY_THE_CLUSTER: dict[tuple[str, str, str], Make] = {
    ("v1", "ServiceAccount", "default"): core.v1.ServiceAccountPatch,
}

# Whoever made the cluster made these, with fields that we do not know: only ours are taken over.
_MADE_BY_OTHERS = frozenset({"KubeadmControlPlane"})

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def maker_of(manifest: Manifest) -> Make:
    """The class that registers an object; a kind without a class of its own is a custom resource."""
    key = (as_str(manifest.get("apiVersion")), kind_of(manifest))
    if kind_of(manifest) in _MADE_BY_OTHERS and api_group_of(manifest).endswith(".cluster.x-k8s.io"):
        return apiextensions.CustomResourcePatch
    patch = _MADE_BY_THE_CLUSTER.get((*key, name_of(manifest)))
    return patch or _TYPED.get(key) or apiextensions.CustomResource


def fields_of(manifest: Manifest) -> dict[str, Any]:
    """The object's fields as keyword arguments of its class; what lies deeper stays as the API server reads it."""
    return {_HUMP.sub("_", key).lower(): value for key, value in manifest.items()}
