"""The command tells problems, breaks and changes, as text and as data, and changes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from k8s_hardening.model.reading import ROOT
from tests.cli.calling import call

BASELINE: dict[str, Any] = {
    "environment": "dev",
    "kubernetes": "1.20",
    "dialect": "kubeadm",
    "cni": {"name": "calico", "version": "3.32"},
    "target": {"render": "out/dev"},
    "images": {"registries": ["registry.example.com/platform"]},
    "dns": {"namespace_labels": {"name": "kube-system"}},
    "tenants": [
        {
            "name": "shop",
            "admins": ["group:admins"],
            "namespaces": [{"name": f"shop-{part}"} for part in ("api", "db", "web", "job")],
        }
    ],
}


def project(folder: Path, **changes: Any) -> Path:
    (folder / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    config = {"config": {ROOT: {**BASELINE, **changes}}}
    (folder / "Pulumi.dev.yaml").write_text(yaml.safe_dump(config))
    return folder


def test_text_tells_breaks_with_their_replacement_and_changes(tmp_path: Path) -> None:
    done = call("rehearse", "--to", "1.30", "--project", str(project(tmp_path)))
    assert done.exit_code == 0, done.output
    assert "dev: from Kubernetes 1.20 to 1.30" in done.stdout
    assert "from 1.24: ClusterConfiguration.kubeadm.k8s.io" in done.stdout
    assert "the controller manager serves on --secure-port only" in done.stdout
    assert "- kube-controller-manager --port: 0" in done.stdout
    assert "Namespace shop-api, shop-db, shop-job and 1 more" in done.stdout


def test_json_tells_the_same(tmp_path: Path) -> None:
    done = call("rehearse", "--to", "1.30", "--format", "json", "--project", str(project(tmp_path)))
    told = json.loads(done.stdout)
    assert (told["from"], told["to"], told["problems"]) == ("1.20", "1.30", [])
    assert {"control-plane-life-span"} <= {one["control"] for one in told["breaks"]}
    assert {"subject": "kube-controller-manager", "path": "--port", "before": "0", "after": None} in told["changes"]


def test_what_the_new_version_refuses_is_a_problem(tmp_path: Path) -> None:
    admission = {"admission": {"enable": ["PodSecurityPolicy"]}}
    folder = project(tmp_path, control_plane=admission)
    done = call("rehearse", "--to", "1.30", "--format", "json", "--project", str(folder))
    assert done.exit_code == 1, done.output
    problems = json.loads(done.stdout)["problems"]
    assert [line for line in problems if "PodSecurityPolicy" in line and "control_plane.admission" in line]


def test_an_unknown_version_is_refused(tmp_path: Path) -> None:
    done = call("rehearse", "--to", "1.99", "--project", str(project(tmp_path)))
    assert done.exit_code == 2
    assert "outside the supported versions" in done.stderr
