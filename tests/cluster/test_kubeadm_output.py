"""What kubeadm makes of its configuration is what the dialect static-pod writes, but for the node's own values."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.plans.control_plane.dialects.kubeadm import CONFIG
from k8s_hardening.plans.control_plane.part import Component
from tests.cluster.binaries import Binaries
from tests.plans.control_plane.dialects.samples import documents_of, planned, text_of

pytestmark = pytest.mark.cluster

_DRY_RUN_OF_ETCD_SINCE = KubeVersion(1, 27)
# What is not the same on every node, what names the cluster, and what kubeadm knows of its own etcd release.
_NODES_OWN = {
    "advertise-address",
    "advertise-client-urls",
    "allocate-node-cidrs",
    "cluster-cidr",
    "cluster-name",
    "feature-gates=InitialCorruptCheck",
    "initial-advertise-peer-urls",
    "initial-cluster",
    "listen-client-urls",
    "listen-peer-urls",
    "name",
    "service-cluster-ip-range",
    "watch-progress-notify-interval",
}
# On kubeadm's pods the probes have no credentials below 1.32, so there anonymous requests stay on.
_PROBES = "anonymous-auth"


def made_by_kubeadm(servers: Binaries, folder: Path, **changes: Any) -> dict[str, dict[str, Any]]:
    """The manifests by component, from a dry run in a folder."""
    output = planned("kubeadm", servers.version, **changes)
    for file in output.host_files:
        target = folder / "host" / file.path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(file.text)
    config = folder / "kubeadm.yaml"
    text = text_of(output, CONFIG).replace("directory: /etc/", f"directory: {folder}/host/etc/")
    config.write_text(text.replace(f"stable-{servers.version}", _release(servers)))
    phases = [["control-plane", "all"]]
    if KubeVersion.parse(servers.version) >= _DRY_RUN_OF_ETCD_SINCE:
        phases.append(["etcd", "local"])
    made = folder / "made"
    made.mkdir()
    for phase in phases:
        done = subprocess.run(
            [servers["kubeadm"], "init", "phase", *phase, f"--config={config}", "--dry-run"],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "KUBEADM_INIT_DRYRUN_DIR": str(made)},
        )
        assert done.returncode == 0, done.stderr
    return {path.stem: yaml.safe_load(path.read_text()) for path in made.rglob("*.yaml")}


def _release(servers: Binaries) -> str:
    done = subprocess.run([servers["kubeadm"], "version", "-o", "short"], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def words(pod: dict[str, Any]) -> set[str]:
    """The command line without what a node decides for itself."""
    command: list[str] = pod["spec"]["containers"][0]["command"]
    return {
        word
        for word in command
        if not any(word.removeprefix("--").startswith(f"{name}=") for name in (*_NODES_OWN, _PROBES))
    }


def mounts(pod: dict[str, Any]) -> set[str]:
    """Paths that the container sees, without the certificates that distributions keep in different places."""
    paths = {one["mountPath"] for one in pod["spec"]["containers"][0]["volumeMounts"]}
    return {path for path in paths if "ca-certificates" not in path and "kubelet-plugins" not in path}


def test_both_dialects_start_the_same_programs(servers: Binaries, tmp_path: Path) -> None:
    by_kubeadm = made_by_kubeadm(servers, tmp_path)
    assert {"kube-apiserver", "kube-controller-manager", "kube-scheduler"} <= set(by_kubeadm)
    static = planned("static-pod", servers.version)
    for component in Component:
        if component in by_kubeadm:
            (ours,) = documents_of(static, f"/etc/kubernetes/manifests/{component}.yaml")
            assert words(by_kubeadm[component]) == words(ours)
            assert mounts(by_kubeadm[component]) == mounts(ours)


def test_a_flag_that_is_repeated_reaches_the_command_line(servers: Binaries, tmp_path: Path) -> None:
    issuers = ["https://new.example.com", "https://old.example.com"]
    by_kubeadm = made_by_kubeadm(servers, tmp_path, authentication={"service_accounts": {"issuers": issuers}})
    command = by_kubeadm["kube-apiserver"]["spec"]["containers"][0]["command"]
    found = [word.partition("=")[2] for word in command if word.startswith("--service-account-issuer=")]
    assert found == issuers  # the first one signs
