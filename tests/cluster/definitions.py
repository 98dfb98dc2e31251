"""Resource definitions of network plug-ins, read from the Go modules that tools/ pins and given to a test's server."""

from __future__ import annotations

import copy
import time
from pathlib import Path
from typing import Any

import yaml

from k8s_hardening.engine.go_modules import module_folder
from tests.cluster.binaries import ROOT
from tests.cluster.cluster import Answer, Cluster

_CALICO = "libcalico-go/config/crd/crd.projectcalico.org_globalnetworkpolicies.yaml"
_CILIUM = "pkg/k8s/apis/cilium.io/client/crds/v2/ciliumclusterwidenetworkpolicies.yaml"
_API = "config/crd/standard/policy.networking.k8s.io_{}.yaml"
_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_SECONDS = 30


def definitions() -> list[dict[str, Any]]:
    """Every definition that a denial for the whole cluster may be written for."""
    stored = _read("calico-definitions", "github.com/projectcalico/calico", _CALICO)
    return [
        stored,
        served_by_calico(stored),
        _read("cilium-definitions", "github.com/cilium/cilium", _CILIUM),
        _read("network-policy-api-0.1", "sigs.k8s.io/network-policy-api", _API.format("adminnetworkpolicies")),
        _read("network-policy-api-0.1", "sigs.k8s.io/network-policy-api", _API.format("baselineadminnetworkpolicies")),
        _read("network-policy-api-0.2", "sigs.k8s.io/network-policy-api", _API.format("clusternetworkpolicies")),
    ]


def served_by_calico(stored: dict[str, Any]) -> dict[str, Any]:
    """What Calico stores, under the name that its API server gives it.

    The module holds no definition of projectcalico.org/v3, which an API server of Calico's own serves; both have the
    same spec, GlobalNetworkPolicySpec of its API.
    """
    made = copy.deepcopy(stored)
    made["metadata"]["name"] = f"{made['spec']['names']['plural']}.projectcalico.org"
    made["spec"]["group"] = "projectcalico.org"
    made["spec"]["versions"][0]["name"] = "v3"
    return made


def install(cluster: Cluster) -> None:
    """Give every definition to a server, and wait until it serves them."""
    for definition in definitions():
        answer = cluster.request("POST", _DEFINITIONS, definition)
        assert answer.status == 201, answer.body
    for definition in definitions():
        _wait_until_served(cluster, definition)


def path_of(definition: dict[str, Any]) -> str:
    """Where the objects of a definition are."""
    spec = definition["spec"]
    return f"/apis/{spec['group']}/{spec['versions'][0]['name']}/{spec['names']['plural']}"


def path_for(manifest: dict[str, Any]) -> str:
    """Where an object of one of the kinds belongs."""
    plural = next(
        one["spec"]["names"]["plural"] for one in definitions() if one["spec"]["names"]["kind"] == manifest["kind"]
    )
    return f"/apis/{manifest['apiVersion']}/{plural}"


def create(cluster: Cluster, manifest: dict[str, Any], *, dry_run: bool) -> Answer:
    """Create an object; the server refuses every field that its definition does not know."""
    query = "fieldValidation=Strict" + ("&dryRun=All" if dry_run else "")
    return cluster.request("POST", f"{path_for(manifest)}?{query}", manifest)


def _read(tool: str, module: str, path: str) -> dict[str, Any]:
    text = (module_folder(ROOT / "tools" / tool, module) / Path(path)).read_text()
    made: dict[str, Any] = yaml.safe_load(text)
    return made


def _wait_until_served(cluster: Cluster, definition: dict[str, Any]) -> None:
    end = time.monotonic() + _SECONDS
    while cluster.request("GET", path_of(definition)).status != 200:
        assert time.monotonic() < end, f"{path_of(definition)} is not served"
        time.sleep(0.2)
