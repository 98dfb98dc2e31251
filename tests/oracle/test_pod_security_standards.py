"""The profiles pss-baseline and pss-restricted against the test data of Kubernetes' own Pod Security admission.

Every fixture pod of every policy version is judged here and must get the verdict that its folder names. A pod of a
`fail` folder is named by the upstream check that it offends, and a control that answers for that check must find it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from k8s_hardening.controls.control import Profile
from k8s_hardening.controls.judging import judge
from k8s_hardening.controls.registry import controls_of
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.knowledge import Knowledge
from tests.oracle.go_modules import folder_of_module

FIXTURES = 4_537
NEWEST_MINOR = 37
PROFILES = {"baseline": Profile.PSS_BASELINE, "restricted": Profile.PSS_RESTRICTED}

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


@dataclass(frozen=True)
class Judgement:
    """One fixture pod with both verdicts."""

    path: Path
    offended: str | None
    """Upstream's check, or None for a pod that upstream admits."""
    found: dict[str, str]
    """Control -> its message."""

    @property
    def agrees(self) -> bool:
        if self.offended is None:
            return not self.found
        return bool(CONTROLS_OF_CHECK[self.offended] & self.found.keys())

    def __str__(self) -> str:
        upstream = "admits it" if self.offended is None else f"refuses it ({self.offended})"
        return f"{self.path}: upstream {upstream}, found here: {self.found or 'nothing'}"


@pytest.fixture(scope="module")
def test_data() -> Path:
    return folder_of_module("pod-security-fixtures", "k8s.io/pod-security-admission") / "test" / "testdata"


@pytest.fixture(scope="module")
def judgements(test_data: Path) -> list[Judgement]:
    return [_judged(test_data, path) for path in sorted(test_data.glob("*/v1.*/*/*.yaml"))]


def _judged(root: Path, path: Path) -> Judgement:
    relative = path.relative_to(root)
    level, version, verdict, name = relative.parts
    # Upstream's policies reach back to 1.0, further than the versions that a configuration may name.
    knowledge = Knowledge.model_construct(kubernetes=KubeVersion.parse(version))
    pod = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
    found = {
        judged.control.id: judged.finding.message for judged in judge(pod, controls_of(PROFILES[level]), knowledge)
    }
    check = name.removesuffix(".yaml").rstrip("0123456789")
    return Judgement(relative, {"pass": None, "fail": check}[verdict], found)


def test_every_fixture_of_every_policy_version_is_compared(judgements: list[Judgement]) -> None:
    compared = {judgement.path.parts[:3] for judgement in judgements}
    assert compared == {
        (level, f"v1.{minor}", verdict)
        for level in PROFILES
        for minor in range(NEWEST_MINOR + 1)
        for verdict in ("pass", "fail")
    }
    assert len(judgements) == FIXTURES


def test_the_verdict_on_every_fixture_is_that_of_upstream(judgements: list[Judgement]) -> None:
    disagreements = [judgement for judgement in judgements if not judgement.agrees]
    print(f"{len(judgements)} pods compared with upstream, {len(disagreements)} disagreements")
    assert not disagreements, "\n".join(map(str, disagreements))
    assert {judgement.offended for judgement in judgements} - {None} == CONTROLS_OF_CHECK.keys()


def test_every_control_of_the_profiles_is_needed_by_some_fixture(judgements: list[Judgement]) -> None:
    finding = {control for judgement in judgements for control in judgement.found}
    assert finding == {control.id for control in controls_of(Profile.PSS_RESTRICTED)}
