"""The profiles pss-baseline and pss-restricted against the test data of Kubernetes' own Pod Security admission.

Every fixture pod of every policy version is judged here and must get the verdict that its folder names. A pod of a
`fail` folder is named by the upstream check that it offends, and a control that answers for that check must find it.
"""

from __future__ import annotations

import pytest

from k8s_hardening.controls.control import Profile
from k8s_hardening.controls.registry import controls_of
from tests.oracle.pod_security_fixtures import FIXTURES, NEWEST_MINOR, PROFILES, Fixture, pod_security_fixtures

pytestmark = pytest.mark.thorough

# Upstream's check -> the controls that answer for it.
CONTROLS_OF_CHECK = {
    "allowprivilegeescalation": {"privilege-escalation"},
    "apparmorprofile": {"apparmor"},
    "capabilities_baseline": {"capabilities-added"},
    "capabilities_restricted": {"capabilities", "capabilities-net-bind-only"},
    "hostnamespaces": {"host-namespaces"},
    "hostpathvolumes": {"host-path-volumes"},
    "hostports": {"host-ports"},
    "hostprobesandhostlifecycle": {"host-probes"},
    "privileged": {"privileged"},
    "procmount": {"proc-mount"},
    "procmount_restricted": {"proc-mount-restricted"},
    "restrictedvolumes": {"host-path-volumes", "volume-types"},
    "runasnonroot": {"run-as-non-root"},
    "runasuser": {"run-as-user"},
    "seccompprofile_baseline": {"seccomp-unconfined"},
    "seccompprofile_restricted": {"seccomp", "seccomp-unconfined"},
    "selinuxoptions": {"selinux"},
    "sysctls": {"sysctls"},
    "windowshostprocess": {"windows-host-process"},
}


@pytest.fixture(scope="module")
def fixtures() -> list[Fixture]:
    return list(pod_security_fixtures())


def agrees(fixture: Fixture) -> bool:
    if fixture.offended is None:
        return not fixture.found
    return bool(CONTROLS_OF_CHECK[fixture.offended] & fixture.found.keys())


def described(fixture: Fixture) -> str:
    upstream = "admits it" if fixture.offended is None else f"refuses it ({fixture.offended})"
    return f"{fixture.path}: upstream {upstream}, found here: {fixture.found or 'nothing'}"


def test_every_fixture_of_every_policy_version_is_compared(fixtures: list[Fixture]) -> None:
    compared = {fixture.path.parts[:3] for fixture in fixtures}
    assert compared == {
        (level, f"v1.{minor}", verdict)
        for level in PROFILES
        for minor in range(NEWEST_MINOR + 1)
        for verdict in ("pass", "fail")
    }
    assert len(fixtures) == FIXTURES


def test_the_verdict_on_every_fixture_is_that_of_upstream(fixtures: list[Fixture]) -> None:
    disagreements = [fixture for fixture in fixtures if not agrees(fixture)]
    print(f"{len(fixtures)} pods compared with upstream, {len(disagreements)} disagreements")
    assert not disagreements, "\n".join(map(described, disagreements))
    assert {fixture.offended for fixture in fixtures} - {None} == CONTROLS_OF_CHECK.keys()


def test_every_control_of_the_profiles_is_needed_by_some_fixture(fixtures: list[Fixture]) -> None:
    finding = {control for fixture in fixtures for control in fixture.found}
    assert finding == {control.id for control in controls_of(Profile.PSS_RESTRICTED)}
