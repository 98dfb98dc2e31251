"""Built-in ClusterRoles that lead to every Secret or to the nodes when bound for the whole cluster, and whose they are.

By kube/access, from the roles of k8s.io/kubernetes v1.18.20 to v1.37.2 (kube/access/bootstrap.py), and three ways that
take a second party: a signer's approval, and a certificate that the controller manager approves by itself
(pkg/controller/certificates/approver/sarapprove.go, v1.37.2), make one a node or anybody, and a volume mounts any
folder of a node.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

from k8s_hardening.controls.shared.platform_subjects import ALWAYS
from k8s_hardening.kube.access.bootstrap import bootstrap_objects
from k8s_hardening.kube.manifest import as_str
from k8s_hardening.kube.rbac import CLUSTER_ADMIN, Binding, Subject, binding_of
from k8s_hardening.kube.version import KubeVersion

_CERTIFICATES = "system:certificates.k8s.io"
_NODE_CLIENTS = f"{_CERTIFICATES}:certificatesigningrequests:nodeclient"
MIGHTY = frozenset({
    "admin",
    "edit",
    "system:aggregate-to-edit",
    _NODE_CLIENTS,
    f"{_CERTIFICATES}:kube-apiserver-client-approver",
    f"{_CERTIFICATES}:kube-apiserver-client-kubelet-approver",
    f"{_CERTIFICATES}:kubelet-serving-approver",
    f"{_CERTIFICATES}:legacy-unknown-approver",
    "system:controller:certificate-controller",
    "system:controller:clusterrole-aggregation-controller",
    "system:controller:cronjob-controller",
    "system:controller:daemon-set-controller",
    "system:controller:deployment-controller",
    "system:controller:expand-controller",
    "system:controller:generic-garbage-collector",
    "system:controller:job-controller",
    "system:controller:legacy-service-account-token-cleaner",
    "system:controller:namespace-controller",
    "system:controller:persistent-volume-binder",
    "system:controller:replicaset-controller",
    "system:controller:replication-controller",
    "system:controller:resourcequota-controller",
    "system:controller:statefulset-controller",
    "system:controller:storage-version-migrator-controller",
    "system:kube-controller-manager",
    "system:kubelet-api-admin",
    "system:node",
    "system:persistent-volume-provisioner",
})  # fmt: skip
"""Beside cluster-admin."""
# Who bootstraps nodes: k8s.io/cluster-bootstrap v0.37.2 token/api/types.go; kubeadm binds one of them itself
# (k8s.io/kubernetes v1.37.2 cmd/kubeadm/app/phases/bootstraptoken/node/tlsbootstrap.go).
_BOOTSTRAPPERS = "group:system:bootstrappers"


def gives_the_cluster(binding: Binding) -> bool:
    """Whether a binding gives every right over the whole cluster, or a role that leads to as much."""
    return binding.is_cluster_wide and as_str(binding.cluster_role) in {CLUSTER_ADMIN, *MIGHTY}


def is_the_clusters_own(subject: Subject, role: str, version: KubeVersion) -> bool:
    """Whether a subject has a built-in role from the cluster itself."""
    identity = subject.identity or ""
    if role == CLUSTER_ADMIN and identity in {f"group:{one}" for one in ALWAYS}:
        return True
    if role == _NODE_CLIENTS and (identity == _BOOTSTRAPPERS or identity.startswith(f"{_BOOTSTRAPPERS}:")):
        return True
    return identity in _bound_by_the_server(version).get(role, ())


@functools.cache
def _bound_by_the_server(version: KubeVersion) -> Mapping[str, frozenset[str]]:
    """ClusterRole -> whom the API server binds to it for the whole cluster."""
    bindings = [binding for one in bootstrap_objects(version) if (binding := binding_of(one)) is not None]
    return {
        as_str(binding.cluster_role): frozenset(subject.identity or "" for subject in binding.subjects())
        for binding in bindings
        if binding.is_cluster_wide
    }
