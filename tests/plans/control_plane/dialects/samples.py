"""A control plane for every dialect and version, with as little said as the dialect allows."""

from __future__ import annotations

import copy
from typing import Any

import yaml

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.spec import ControlPlaneInputs
from k8s_hardening.model.dialect import Dialect
from k8s_hardening.plans.control_plane.dialects.output import DialectOutput
from k8s_hardening.plans.control_plane.dialects.writer import plan_in_dialect, write
from k8s_hardening.plans.control_plane.part import Component, Part, Setting

VERSIONS = ("1.18", "1.21", "1.24", "1.30", "1.37")
CASES = [(dialect.value, version) for dialect in Dialect for version in VERSIONS]


def data(dialect: str, version: str) -> dict[str, Any]:
    """Inputs of the component, as a user writes them."""
    registry = "registry.example.com/platform"
    images = {
        "api_server_image": f"{registry}/kube-apiserver:v{version}.2",
        "controller_manager_image": f"{registry}/kube-controller-manager:v{version}.2",
        "scheduler_image": f"{registry}/kube-scheduler:v{version}.2",
        "etcd_image": f"{registry}/etcd:3.5.24-0",
    }
    joins_by_token = {"bootstrap_tokens": True, "anonymous_cluster_info": KubeVersion.parse(version).minor >= 32}
    needed: dict[str, dict[str, Any]] = {
        "static-pod": {"static_pods": {**images, "pod_cidr": "10.244.0.0/16"}},
        "cluster-api": {
            "cluster_api": {"namespace": "clusters", "control_plane": "prod", "workers": "prod-workers-hardened"},
            "authentication": joins_by_token,
        },
        "managed": {"managed": {"provider": "eks", "cluster": "prod", "endpoint_cidrs": ["203.0.113.8/32"]}},
    }
    return {"kubernetes": version, "dialect": dialect, **copy.deepcopy(needed.get(dialect, {}))}


def inputs(dialect: str, version: str, **changes: Any) -> ControlPlaneInputs:
    """The same, validated, with some parts replaced."""
    return ControlPlaneInputs.model_validate({**data(dialect, version), **changes})


def planned(dialect: str, version: str, **changes: Any) -> DialectOutput:
    """The control plane in the words of its dialect."""
    spec = inputs(dialect, version, **changes)
    return plan_in_dialect(spec, spec.kubernetes, spec.dialect)


def written(dialect: str, version: str, *settings: Setting) -> DialectOutput:
    """Some settings alone in the words of a dialect."""
    spec = inputs(dialect, version)
    return write(Part(settings=settings), spec, spec.kubernetes, spec.dialect)


def flag(name: str, *values: str, component: Component = Component.API_SERVER) -> Setting:
    """A flag without file and mount."""
    return Setting(component, name, values)


def text_of(output: DialectOutput, path: str) -> str:
    """The text of one host file."""
    (found,) = (file.text for file in output.host_files if file.path == path)
    return found


def documents_of(output: DialectOutput, path: str) -> list[Any]:
    """The YAML documents of one host file."""
    return list(yaml.safe_load_all(text_of(output, path)))


def paths_of(output: DialectOutput) -> set[str]:
    """Where the host files lie."""
    return {file.path for file in output.host_files}
