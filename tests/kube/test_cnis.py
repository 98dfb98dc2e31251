"""What is known of network plug-ins."""

from __future__ import annotations

import pytest

from k8s_hardening.kube.cnis import CNIS, Cni


def test_those_that_enforce_nothing() -> None:
    assert {name for name, cni in CNIS.items() if not cni.enforces} == {"contiv", "flannel", "romana"}


def test_those_whose_version_matters() -> None:
    assert {name: cni.first_version for name, cni in CNIS.items() if cni.first_version} == {
        "aws-vpc-cni": (1, 14),
        "kindnet": (0, 24),
    }
    assert {name: cni.port_ranges_since for name, cni in CNIS.items() if cni.port_ranges_since} == {"cilium": (1, 16)}


def test_each_has_evidence() -> None:
    assert all(cni.evidence for cni in CNIS.values())


@pytest.mark.parametrize(
    ("version", "newer"),
    [("1.16", True), ("v1.16.0", True), ("1.100", True), ("2.0", True), ("1.15.99", False), ("1.9", False),
     ("v0.99", False), ("", False), ("1", False), ("latest", False), ("1.x", False)],
)  # fmt: skip
def test_versions_compare_by_number(version: str, newer: bool) -> None:
    assert Cni.is_at_least(version, (1, 16)) is newer
