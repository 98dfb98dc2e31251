"""Cluster API: the fields of a KubeadmControlPlane, and a KubeadmConfigTemplate for workers, as custom resources.

Source: sigs.k8s.io/cluster-api api/controlplane/kubeadm and api/bootstrap/kubeadm, v1beta1 (extraArgs a mapping) and
v1beta2 (a list of name and value).
"""

from __future__ import annotations

import json
from typing import Any, Final

from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.cluster_api import ClusterApiSpec, ClusterApiVersion
from k8s_hardening.plans.control_plane.dialects.kube_proxy_flags import kube_proxy_fields
from k8s_hardening.plans.control_plane.dialects.kubeadm import (
    PATCHES,
    KubeadmForm,
    cluster_settings,
    form_of,
    owned_by_kubeadm,
    patches_of,
)
from k8s_hardening.plans.control_plane.dialects.kubelet_flags import fields_of, kubelet_flag
from k8s_hardening.plans.control_plane.dialects.output import DialectOutput
from k8s_hardening.plans.control_plane.dialects.writing import (
    KUBELET,
    document_of,
    files_of,
    sentences,
)
from k8s_hardening.plans.control_plane.part import Part
from k8s_hardening.plans.plan import HostFile, Hosts

# kubeadm patches the kubelet's configuration from this version on: k8s.io/kubernetes v1.25.16
# cmd/kubeadm/app/util/patches/patches.go, target kubeletconfiguration.
_KUBELET_PATCHES_SINCE: Final = KubeVersion(1, 25)


def write_cluster_api(part: Part, kubernetes: KubeVersion, spec: ClusterApiSpec) -> DialectOutput:
    """The control plane as objects of the management cluster."""
    form = _form(kubernetes, spec)
    patches, gaps = patches_of(part, kubernetes, form)
    node, node_files, node_gaps = _node(part, kubernetes, form)
    files = [*files_of(part), *patches, *node_files]
    if patches:
        node = {**node, "patches": {"directory": PATCHES}}
    proxy_gaps = [
        f"Cluster API has no field for {field} of kube-proxy; change the ConfigMap kube-proxy of the cluster itself."
        for field, _ in kube_proxy_fields(part)
    ]
    control_plane = {
        "apiVersion": f"controlplane.cluster.x-k8s.io/{spec.version}",
        "kind": "KubeadmControlPlane",
        "metadata": {"name": spec.control_plane, "namespace": spec.namespace},
        "spec": {
            "kubeadmConfigSpec": {
                "clusterConfiguration": cluster_settings(part, form),
                **({"initConfiguration": node, "joinConfiguration": node} if node else {}),
                "files": [_file(one) for one in sorted(files, key=lambda file: file.path)],
            }
        },
    }
    return DialectOutput(
        manifests=(*part.manifests, *((control_plane, _workers(part, kubernetes, spec)) if spec.self_managed else ())),
        not_expressible=sentences([*gaps, *node_gaps, *proxy_gaps]),
        owned_by_provider=sentences(owned_by_kubeadm(part)),
        advice=sentences(
            [
                *part.advice,
                f"Let machine deployments take the workers' template (spec.template.spec.bootstrap): {spec.workers}",
            ]
        ),
    )


def _form(kubernetes: KubeVersion, spec: ClusterApiSpec) -> KubeadmForm:
    """Cluster API has a form of its own and translates it for the kubeadm of each version."""
    kubeadm = form_of(kubernetes)
    is_list = spec.version is ClusterApiVersion.V1BETA2
    return KubeadmForm(kubeadm.version, is_list=is_list, repeats_flags=is_list and kubeadm.repeats_flags)


def _node(part: Part, kubernetes: KubeVersion, form: KubeadmForm) -> tuple[dict[str, Any], list[HostFile], list[str]]:
    """What init and join say of the kubelet: a patch of its configuration, or flags where kubeadm has no such patch."""
    document = document_of(part, KUBELET)
    if document is None:
        return {}, [], []
    if kubernetes >= _KUBELET_PATCHES_SINCE:
        fields = {key: value for key, value in document.items() if key not in ("apiVersion", "kind")}
        text = json.dumps(fields, indent=2) + "\n"
        patch = HostFile(f"{PATCHES}/kubeletconfiguration0+merge.json", text, Hosts.EVERY_NODE)
        return {"patches": {"directory": PATCHES}}, [patch], []
    pairs, gaps = [], []
    for field, value in fields_of(document):
        flag, equals, text = (kubelet_flag(field, value) or "").partition("=")
        if equals:
            pairs.append((flag, text))
        else:
            gaps.append(f"kubeadm of Kubernetes {kubernetes} starts the kubelet with flags, and none sets {field}.")
    arguments: Any = [{"name": name, "value": text} for name, text in sorted(pairs)]
    if not form.is_list:
        arguments = dict(sorted(pairs))
    return {"nodeRegistration": {"kubeletExtraArgs": arguments}}, [], gaps


def _workers(part: Part, kubernetes: KubeVersion, spec: ClusterApiSpec) -> Manifest:
    node, node_files, _ = _node(part, kubernetes, _form(kubernetes, spec))
    files = [*(one for one in files_of(part) if one.hosts is Hosts.EVERY_NODE), *node_files]
    made: dict[str, Any] = {}
    if node:
        made["joinConfiguration"] = node
    if files:
        made["files"] = [_file(one) for one in sorted(files, key=lambda file: file.path)]
    return {
        "apiVersion": f"bootstrap.cluster.x-k8s.io/{spec.version}",
        "kind": "KubeadmConfigTemplate",
        "metadata": {"name": spec.workers, "namespace": spec.namespace},
        "spec": {"template": {"spec": made}},
    }


def _file(file: HostFile) -> dict[str, str]:
    return {"path": file.path, "owner": "root:root", "permissions": "0600", "content": file.text}
