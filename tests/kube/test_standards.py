"""References lead to parts of the standards that exist, and are written out in the standards' own words."""

from __future__ import annotations

import pytest

from k8s_hardening.controls.control import Control
from k8s_hardening.controls.registry import CONTROLS
from k8s_hardening.kube.standards import PSS_HEADINGS, wording

KEPT_FOR_RESTRICTED = (
    'Pod Security Standards, Baseline: "/proc Mount Type", kept whole for Restricted by the check procMount_restricted'
)


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("PSS baseline: Host Namespaces", 'Pod Security Standards, Baseline: "Host Namespaces"'),
        ("PSS baseline: Seccomp", 'Pod Security Standards, Baseline: "Seccomp"'),
        ("PSS restricted: Seccomp", 'Pod Security Standards, Restricted: "Seccomp (v1.19+)"'),
        ("PSS restricted: Running as Non-root", 'Pod Security Standards, Restricted: "Running as Non-root"'),
        (
            "PSS restricted: Running as Non-root user",
            'Pod Security Standards, Restricted: "Running as Non-root user (v1.23+)"',
        ),
        (
            "PSS restricted: /proc Mount Type",
            KEPT_FOR_RESTRICTED,
        ),
        ("CIS 2.7", "CIS Kubernetes Benchmark 2.7: etcd has its own CA"),
        ("Kubernetes: Static Pods", "Kubernetes: Static Pods"),
    ],
)
def test_a_reference_is_written_out(reference: str, words: str) -> None:
    assert wording(reference) == words


@pytest.mark.parametrize(
    "reference", ["PSS baseline: Host Namespace", "PSS restricted: Sysctls", "PSS strict: Seccomp", "CIS 9.9.9"]
)
def test_what_a_standard_does_not_have_is_refused(reference: str) -> None:
    with pytest.raises(KeyError):
        wording(reference)


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.id)
def test_every_control_refers_to_parts_that_exist(control: Control) -> None:
    for reference in control.references:
        assert wording(reference)


@pytest.mark.parametrize("level", PSS_HEADINGS)
def test_every_heading_of_the_pod_security_standards_has_a_control(level: str) -> None:
    said = {wording(reference) for control in CONTROLS for reference in control.references}
    for heading in PSS_HEADINGS[level]:
        assert f'Pod Security Standards, {level.capitalize()}: "{heading}"' in said
