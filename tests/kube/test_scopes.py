from __future__ import annotations

import pytest

from k8s_hardening.kube.apis import api_of
from k8s_hardening.kube.scopes import NAMESPACED, is_namespaced

CLUSTER_SCOPED = [
    ("", "Namespace"),
    ("", "Node"),
    ("", "PersistentVolume"),
    ("rbac.authorization.k8s.io", "ClusterRole"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
    ("storage.k8s.io", "StorageClass"),
    ("networking.k8s.io", "IngressClass"),
    ("certificates.k8s.io", "CertificateSigningRequest"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
    ("policy", "PodSecurityPolicy"),
]


@pytest.mark.parametrize(("group", "kind"), CLUSTER_SCOPED)
def test_cluster_scoped_kinds_have_no_namespace(group: str, kind: str) -> None:
    assert not is_namespaced(group, kind)


@pytest.mark.parametrize("group", ["apps", "batch", "autoscaling", "networking.k8s.io"])
def test_namespaced_kinds_are_kinds_that_a_server_serves(group: str) -> None:
    served = {kind for kind in NAMESPACED[group] if any(api_of(f"{group}/{v}", kind) for v in ("v1", "v2"))}
    assert served == NAMESPACED[group]


def test_kinds_of_others_are_not_known() -> None:
    assert not is_namespaced("argoproj.io", "Rollout")
    assert not is_namespaced("", "Deployment")
