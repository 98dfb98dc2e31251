"""What a dialect tells the programs of a node: their configurations as written, and their flags."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.plans.control_plane.dialects.k3s import K3S
from k8s_hardening.plans.control_plane.dialects.kubeadm import CONFIG
from k8s_hardening.plans.control_plane.dialects.output import DialectOutput
from k8s_hardening.plans.control_plane.dialects.rke2 import RKE2
from k8s_hardening.plans.control_plane.dialects.talos import CONTROL_PLANE_PATCH, NODE_PATCH
from k8s_hardening.plans.control_plane.part import Component
from tests.plans.control_plane.dialects.samples import documents_of

_KIND = re.compile(r'^\s*"?kind"?: "?(Kubelet|KubeProxy|KubeScheduler)Configuration"?,?$', re.MULTILINE)
_PROGRAMS = {"Kubelet": "kubelet", "KubeProxy": "kube-proxy", "KubeScheduler": "kube-scheduler"}
_KUBELET = {"apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration"}
_FIELDS = {Component.CONTROLLER_MANAGER: "controllerManager", Component.SCHEDULER: "scheduler"}


def configurations(output: DialectOutput) -> list[tuple[str, str]]:
    """Every component configuration that reaches a node, as (program, text); the text is what was written."""
    found = []
    for path, text in _files(output):
        if path == NODE_PATCH:
            # Talos puts this into a configuration of its own.
            fields = yaml.safe_load(text)["machine"]["kubelet"]["extraConfig"]
            found.append(("kubelet", yaml.safe_dump({**_KUBELET, **fields})))
        elif "/kubeletconfiguration" in path:
            # kubeadm puts this into a configuration of its own.
            found.append(("kubelet", yaml.safe_dump({**_KUBELET, **json.loads(text)})))
        documents = re.split(r"^---$", text, flags=re.MULTILINE)
        found += [(_PROGRAMS[kind[1]], one) for one in documents if (kind := _KIND.search(one))]
    return found


def _files(output: DialectOutput) -> Iterator[tuple[str, str]]:
    for file in output.host_files:
        yield file.path, file.text
    for manifest in output.manifests:
        spec = manifest.get("spec", {})
        made = spec.get("kubeadmConfigSpec") or spec.get("template", {}).get("spec") or {}
        for one in made.get("files", ()):
            yield one["path"], one["content"]


def flags(output: DialectOutput, dialect: str, version: str, component: Component) -> list[str]:
    """The words that a dialect adds to a program's command line; with static pods they are all that there is."""
    if dialect == "static-pod":
        (pod,) = documents_of(output, f"/etc/kubernetes/manifests/{component}.yaml")
        program, *words = pod["spec"]["containers"][0]["command"]
        assert program == component
        return list(words)
    if dialect in ("k3s", "rke2"):
        distribution = K3S if dialect == "k3s" else RKE2
        (config,) = documents_of(output, distribution.config_file(KubeVersion.parse(version)))
        return [f"--{word}" for word in config[f"{component}-arg+"]]
    arguments = _cluster(output, dialect)[_FIELDS[component]]["extraArgs"]
    pairs = arguments.items() if isinstance(arguments, dict) else ((one["name"], one["value"]) for one in arguments)
    return [f"--{name}={value}" for name, value in pairs]


def _cluster(output: DialectOutput, dialect: str) -> dict[str, Any]:
    """The object with a field for each component."""
    if dialect == "cluster-api":
        (made,) = (one for one in output.manifests if one["kind"] == "KubeadmControlPlane")
        found: dict[str, Any] = made["spec"]["kubeadmConfigSpec"]["clusterConfiguration"]
    elif dialect == "talos":
        (patch,) = documents_of(output, CONTROL_PLANE_PATCH)
        found = patch["cluster"]
    else:
        (found,) = (one for one in documents_of(output, CONFIG) if one["kind"] == "ClusterConfiguration")
    return found
