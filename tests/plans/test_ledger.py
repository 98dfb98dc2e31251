"""The ledger names only what exists, and leaves no control of the benchmark out."""

from __future__ import annotations

import importlib
import subprocess
from pathlib import Path
from typing import Any

import pytest

from k8s_hardening.controls.registry import CONTROLS
from k8s_hardening.kube.cis import HOST, cis_controls
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.spec import ControlPlaneSpec
from k8s_hardening.model.dialect import Dialect
from k8s_hardening.model.tenant import TenantInputs
from k8s_hardening.plans.control_plane.part import Part
from k8s_hardening.plans.ledger import LedgerEntry, ledger
from k8s_hardening.plans.tenant import plan_tenant

VERSIONS = (KubeVersion(1, 24), KubeVersion(1, 36))
ENTRIES = ledger()
EMITTED = [entry for entry in ENTRIES if entry.emitted_by is not None]


def by_id(entry: LedgerEntry) -> str:
    return entry.control.id


def test_the_benchmark_is_whole() -> None:
    ids = [control.id for control in cis_controls()]
    assert len(ids) == len(set(ids)) == 131
    assert sum(control.automated for control in cis_controls()) == 65
    assert [entry.control.id for entry in ENTRIES] == ids


def test_every_control_is_accounted_for() -> None:
    for entry in ENTRIES:
        assert entry.emitted_by or entry.enforced_by or entry.verify or entry.difference, entry.control


def test_every_control_of_the_host_has_a_command_and_no_other() -> None:
    for entry in ENTRIES:
        assert entry.is_host_only == (entry.control.component == HOST), entry.control
        assert entry.verify is None or entry.verify.startswith("find /")


def test_every_reference_of_our_controls_is_in_the_benchmark() -> None:
    ids = {control.id for control in cis_controls()}
    named = {
        reference.removeprefix("CIS ") for one in CONTROLS for reference in one.references if reference[:4] == "CIS "
    }
    assert named <= ids
    assert {entry.control.id for entry in ENTRIES if entry.enforced_by} == named


def part_of(plan: str, version: KubeVersion) -> Part:
    """What a part of the control plane writes for a spec that says nothing."""
    name = plan.removeprefix("control_plane.")
    function: Any = getattr(importlib.import_module(f"k8s_hardening.plans.{plan}"), f"plan_{name}")
    arguments: tuple[Any, ...] = (getattr(ControlPlaneSpec(), name), version)
    part = function(*arguments, Dialect.STATIC_POD) if name == "authentication" else function(*arguments)
    assert isinstance(part, Part)
    return part


def written_by(plan: str) -> set[str]:
    """Flags, fields of documents and kinds of objects that a plan writes in one of the versions."""
    if plan == "tenant":
        tenant = TenantInputs.model_validate(
            {
                "name": "shop",
                "admins": ["group:admins"],
                "namespaces": [{"name": "shop-web"}],
                "kubernetes": "1.36",
                "protect": False,
            }
        )
        return {str(manifest["kind"]) for manifest in plan_tenant(tenant)}
    parts = [part_of(plan, version) for version in VERSIONS]
    flags = {f"--{setting.flag}" for part in parts for setting in part.settings}
    return flags | {str(field) for part in parts for document in part.documents for field in document}


@pytest.mark.parametrize("entry", EMITTED, ids=by_id)
def test_what_a_plan_is_said_to_emit_it_emits(entry: LedgerEntry) -> None:
    assert entry.emitted_by is not None
    assert entry.emitted_by.what in written_by(entry.emitted_by.plan)


def run(verify: str, root: Path) -> str:
    """What a command for a node prints when the node's files lie below another folder."""
    command = verify.replace(" /", f" {root}/").replace(f"-perm {root}/", "-perm /")
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.parametrize(
    ("number", "path", "good", "bad"),
    [
        ("1.1.1", "etc/kubernetes/manifests/kube-apiserver.yaml", 0o600, 0o640),
        ("1.1.9", "etc/cni/net.d/10-calico.conflist", 0o600, 0o644),
        ("1.1.11", "var/lib/etcd", 0o700, 0o750),
        ("1.1.20", "etc/kubernetes/pki/ca.crt", 0o644, 0o664),
        ("1.1.21", "etc/kubernetes/pki/ca.key", 0o600, 0o604),
        ("4.1.9", "var/lib/kubelet/config.yaml", 0o600, 0o660),
    ],
)
def test_a_command_prints_what_is_wrong_and_nothing_else(
    number: str, path: str, good: int, bad: int, tmp_path: Path
) -> None:
    verify = next(entry.verify for entry in ENTRIES if entry.control.id == number)
    assert verify is not None
    file = tmp_path / path
    if "." in file.name:
        file.parent.mkdir(parents=True)
        file.touch()
    else:
        file.mkdir(parents=True)
    file.chmod(good)
    assert run(verify, tmp_path) == ""
    file.chmod(bad)
    assert run(verify, tmp_path).strip() == str(file)


def test_every_command_is_one_that_a_shell_reads() -> None:
    for entry in ENTRIES:
        if entry.verify is not None:
            subprocess.run(["/bin/sh", "-n", "-c", entry.verify], check=True)
