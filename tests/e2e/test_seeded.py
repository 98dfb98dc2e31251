"""Violations in a team's own program: the real engine stops at each, with the control's own message."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from k8s_hardening.model.enforcement import RESOURCE_POLICIES, STACK_POLICIES
from tests.builders import container, pod
from tests.controls.corpus import KNOWLEDGE
from tests.e2e.checkout import ROOT, Checkout, Ran

pytestmark = pytest.mark.e2e

SEEDS = (
    "capabilities-added",
    "host-namespaces",
    "host-path-volumes",
    "image-pinned",
    "privilege-escalation",
    "privileged",
    "rbac-wildcards",
    "read-only-root-filesystem",
    "resource-requirements",
    "run-as-non-root",
    "seccomp-unconfined",
    "secrets-in-env",
    "service-account-token",
    "system-subjects",
)


def seed_of(control: str) -> dict[str, Any]:
    """The first failing fixture of a control that is judged at the version of the dev environment."""
    for path in sorted((ROOT / "tests/controls" / control / "fail").glob("*.yaml")):
        text = path.read_text()
        documents = list(yaml.safe_load_all(text))
        if "# knowledge" not in text and len(documents) == 1 and documents[0]["apiVersion"] in (
            "v1", "apps/v1", "rbac.authorization.k8s.io/v1"
        ):  # fmt: skip
            made = documents[0]
            assert isinstance(made, dict)
            return made
    raise AssertionError(f"no plain seed for {control}")


def preview(project: Checkout, manifests: list[dict[str, Any]], **told: Any) -> Ran:
    """Preview a team's stack that holds some objects, under a configuration of the platform."""
    folder = project.folder / "seeded"
    shutil.copytree(Path(__file__).parent / "seeded", folder, dirs_exist_ok=True)
    (folder / "objects.json").write_text(json.dumps(manifests))
    (folder / "Pulumi.dev.yaml").write_text("config:\n  seeded:objects: objects.json\n  seeded:render: out\n")
    configuration = {"knowledge": KNOWLEDGE, **told}
    policies = dict.fromkeys((*RESOURCE_POLICIES, *STACK_POLICIES), configuration)
    (project.folder / "pack.json").write_text(json.dumps(policies))
    return project.preview("--project", "seeded", "--pack-config", "pack.json")


def test_a_hardened_workload_of_a_team_passes(project: Checkout) -> None:
    ran = preview(project, [pod()])
    assert ran.status == 0, ran.log
    assert ran.summary["findings"] == []


@pytest.mark.parametrize("control", SEEDS)
def test_a_seeded_violation_stops_the_preview_with_the_controls_message(project: Checkout, control: str) -> None:
    ran = preview(project, [seed_of(control)])
    assert ran.status == 1
    assert ran.controls == {(control, "mandatory")}
    assert f"[{control}] " in ran.log


def unknown_privileged() -> dict[str, Any]:
    made = container()
    made["securityContext"] = {**made["securityContext"], "privileged": "UNKNOWN"}
    return pod(containers=[made])


def test_an_unknown_value_is_stated_and_does_not_block_by_default(project: Checkout) -> None:
    ran = preview(project, [unknown_privileged()])
    assert ran.status == 0, ran.log
    assert ran.controls == {("privileged", "advisory")}
    assert ran.summary["findings"][0]["undecided"] is True
    assert ran.summary["not_judged"] == []


def test_an_unknown_value_blocks_where_the_platform_says_so(project: Checkout) -> None:
    ran = preview(project, [unknown_privileged()], unknowns="mandatory")
    assert ran.status == 1
    assert ran.controls == {("privileged", "mandatory")}


def test_a_level_of_the_platform_makes_a_control_advisory(project: Checkout) -> None:
    ran = preview(project, [seed_of("privileged")], levels={"privileged": "advisory"})
    assert ran.status == 0, ran.log
    assert ran.controls == {("privileged", "advisory")}


def test_what_an_exemption_lets_through_is_in_the_summary_and_blocks_nothing(project: Checkout) -> None:
    seed = seed_of("privileged")
    exemption = {
        "control": "privileged",
        "namespace": seed["metadata"]["namespace"],
        "name": seed["metadata"]["name"],
        "reason": "It loads a kernel module.",
        "owner": "platform-team",
        "expires": "2099-12-31",
    }
    unneeded = {**exemption, "control": "host-ports"}
    ran = preview(project, [seed], knowledge={**KNOWLEDGE, "exemptions": [exemption, unneeded]})
    assert ran.status == 0, ran.log
    assert ran.controls == {("exemption-unneeded", "advisory")}
    (exempt,) = ran.summary["exempt"]
    assert (exempt["control"], exempt["until"], exempt["owner"]) == ("privileged", "2099-12-31", "platform-team")


def test_a_pack_configuration_with_unknown_names_is_refused_before_the_engine_starts(project: Checkout) -> None:
    ran = preview(project, [pod()], level={}, levels={"privilegd": "advisory"})
    assert ran.status == 2
    assert 'pack.json: hardening.level: is not a known key; did you mean "levels"?' in ran.log
    ran = preview(project, [pod()], levels={"privilegd": "advisory"})
    assert ran.status == 2
    assert 'pack.json: hardening.levels.privilegd: is not a control; for example "privileged"' in ran.log
