"""The fixture pods of Kubernetes' own Pod Security admission, with the verdicts of upstream and of ours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

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


@dataclass(frozen=True)
class Fixture:
    """One pod of the test data: `<level>/<version>/<pass or fail>/<check><number>.yaml`."""

    path: Path
    level: str
    version: str
    """Policy version, for example v1.37."""
    offended: str | None
    """Upstream's check, or None for a pod that upstream admits."""
    pod: dict[str, Any]

    @cached_property
    def found(self) -> dict[str, str]:
        """Control -> its message, by the profile and the Kubernetes version that the folder names."""
        # Upstream's policies reach back to 1.0, further than the versions that a configuration may name.
        knowledge = Knowledge.model_construct(kubernetes=KubeVersion.parse(self.version))
        controls = controls_of(PROFILES[self.level])
        return {judged.control.id: judged.finding.message for judged in judge(self.pod, controls, knowledge)}


def pod_security_fixtures() -> Iterator[Fixture]:
    """Every fixture pod of every policy version and both levels, sorted by path."""
    root = folder_of_module("pod-security-fixtures", "k8s.io/pod-security-admission") / "test" / "testdata"
    for path in sorted(root.glob("*/v1.*/*/*.yaml")):
        relative = path.relative_to(root)
        level, version, verdict, name = relative.parts
        check = name.removesuffix(".yaml").rstrip("0123456789")
        pod = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
        yield Fixture(relative, level, version, {"pass": None, "fail": check}[verdict], pod)
