"""The kubeadm of a version takes what the dialect kubeadm writes for it, without a field that it does not know."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.spec import ControlPlaneSpec
from k8s_hardening.model.dialect import Dialect
from k8s_hardening.plans.control_plane.dialects.kubeadm import write_kubeadm
from k8s_hardening.plans.control_plane.plan import plan_control_plane
from tests.cluster.binaries import Binaries

pytestmark = pytest.mark.cluster


def test_kubeadm_reads_every_document(servers: Binaries, tmp_path: Path) -> None:
    version = KubeVersion.parse(servers.version)
    part = plan_control_plane(ControlPlaneSpec(), version, Dialect.KUBEADM)
    files = {file.path: file.text for file in write_kubeadm(part, version).host_files}
    (text,) = [text for text in files.values() if "kind: ClusterConfiguration" in text]
    documents = list(yaml.safe_load_all(text))
    assert {"ClusterConfiguration", "KubeletConfiguration"} <= {one["kind"] for one in documents}
    path = tmp_path / "kubeadm.yaml"
    # Without a version kubeadm would ask the network for the newest one.
    for one in documents:
        if one["kind"] == "ClusterConfiguration":
            release = subprocess.run([servers["kubeadm"], "version", "-o", "short"], capture_output=True, text=True)
            one.setdefault("kubernetesVersion", release.stdout.strip())
    path.write_text(yaml.safe_dump_all(documents))
    done = subprocess.run(
        [servers["kubeadm"], "config", "images", "list", f"--config={path}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "strict decoding" not in done.stderr, done.stderr
    assert "unknown field" not in done.stderr, done.stderr
    if version >= KubeVersion(1, 27):
        checked = subprocess.run(
            [servers["kubeadm"], "config", "validate", f"--config={path}"], capture_output=True, text=True, check=False
        )
        assert checked.returncode == 0, checked.stderr
