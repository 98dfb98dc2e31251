"""What is written for Talos and Cluster API is taken by their own code, without a field that it does not know."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cluster.binaries import program
from tests.plans.control_plane.dialects.samples import VERSIONS, data, planned

pytestmark = pytest.mark.cluster


def refusals(name: str, folder: Path, texts: list[str]) -> str:
    """What the code of the dialect says against some files; empty when it takes all."""
    paths = []
    for number, text in enumerate(texts):
        path = folder / f"{number}.yaml"
        path.write_text(text)
        paths.append(path)
    done = subprocess.run([program(name), *paths], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode == 0) is (done.stdout == ""), done.stderr
    return done.stdout


@pytest.mark.parametrize("version", VERSIONS)
def test_talos_applies_the_patches(version: str, tmp_path: Path) -> None:
    files = planned("talos", version).host_files
    assert len(files) == 2
    assert refusals("check-talos", tmp_path, [file.text for file in files]) == ""


@pytest.mark.parametrize(
    "patch",
    [
        {"cluster": {"apiServer": {"extraArguments": {"profiling": "false"}}}},
        {"machine": {"kubelet": {"extraConfig": {"authentication": {"anonymous": {"enabled": False}}}}}},
    ],
    ids=["unknown-field", "protected-field"],
)
def test_talos_would_refuse_what_it_does_not_take(patch: dict[str, Any], tmp_path: Path) -> None:
    assert refusals("check-talos", tmp_path, [yaml.safe_dump(patch)]) != ""


@pytest.mark.parametrize("api", ["v1beta1", "v1beta2"])
@pytest.mark.parametrize("version", VERSIONS)
def test_cluster_api_knows_every_field(version: str, api: str, tmp_path: Path) -> None:
    parts = data("cluster-api", version)
    issuers = [] if version in ("1.18", "1.21") else ["https://new.example.com", "https://old.example.com"]
    authentication = {**parts["authentication"], **({"service_accounts": {"issuers": issuers}} if issuers else {})}
    output = planned(
        "cluster-api", version, cluster_api={**parts["cluster_api"], "version": api}, authentication=authentication
    )
    texts = [json.dumps(one) for one in output.manifests if one["kind"].startswith("Kubeadm")]
    assert len(texts) == 2
    assert refusals("check-cluster-api", tmp_path, texts) == ""


def test_cluster_api_would_refuse_what_it_does_not_take(tmp_path: Path) -> None:
    (made, *_) = (one for one in planned("cluster-api", "1.37").manifests if one["kind"] == "KubeadmControlPlane")
    made["spec"]["kubeadmConfigSpec"]["clusterConfiguration"]["apiServer"]["extraArgs"] = {"profiling": "false"}
    assert refusals("check-cluster-api", tmp_path, [json.dumps(made)]) != ""
