"""What a team does: its own stack of our components, judged by the platform's pack."""

from __future__ import annotations

import pytest
import yaml

from tests.e2e.checkout import Checkout

pytestmark = pytest.mark.e2e

TEAM = ("--project", "examples/team-stack", "--pack-config", "examples/team-stack/pack.dev.json")


def test_the_example_passes_and_applies(project: Checkout) -> None:
    ran = project.up(*TEAM)
    assert ran.status == 0, ran.log
    assert ran.summary["findings"] == []
    rendered = {path.name for path in (project.folder / "out/storefront").rglob("*.yaml")}
    assert any("deployment" in name and "storefront-web" in name for name in rendered), rendered
    again = project.up(*TEAM)
    assert again.status == 0, again.log
    assert set(again.summary["changes"]) == {"same"}


def test_a_weakened_workload_of_the_team_is_stopped(project: Checkout) -> None:
    project.edit(
        "examples/team-stack/__main__.py",
        '"read_only_root_filesystem": True',
        '"read_only_root_filesystem": False',
    )
    ran = project.preview(*TEAM)
    assert ran.status == 1
    assert ran.controls == {("read-only-root-filesystem", "mandatory")}


CONTEXTS = (
    """                "security_context": {
                    "run_as_non_root": True,
                    "run_as_user": 10001,
                    "run_as_group": 10001,
                    "fs_group": 10001,
                    "seccomp_profile": {"type": "RuntimeDefault"},
                },
""",
    """                        "security_context": {
                            "allow_privilege_escalation": False,
                            "capabilities": {"drop": ["ALL"]},
                            "privileged": False,
                            "read_only_root_filesystem": True,
                            "run_as_non_root": True,
                            "seccomp_profile": {"type": "RuntimeDefault"},
                        },
""",
)
BELOW_TENANT = """    opts=pulumi.ResourceOptions.merge(on_cluster, pulumi.ResourceOptions(parent=tenant)),
)

pulumi.export"""


def test_a_workload_below_a_tenant_that_hardens_needs_no_security_context(project: Checkout) -> None:
    """The engine runs the transform of the component on what the program places below it, before the pack judges."""
    program = "examples/team-stack/__main__.py"
    for context in CONTEXTS:
        project.edit(program, context, "")
    project.edit(program, "    opts=on_cluster,\n)\n\npulumi.export", BELOW_TENANT)
    bare = project.preview(*TEAM)
    assert bare.status == 1
    assert {"run-as-non-root", "seccomp", "capabilities"} <= {control for control, _ in bare.controls}

    members = '"members": ["group:storefront-developers"],'
    project.edit(program, members, f'{members} "harden_workloads": True, "workloads": {{"fs_group": 7}},')
    ran = project.up(*TEAM)
    assert ran.status == 0, ran.log
    assert "web: spec.template.spec.securityContext.runAsNonRoot was absent and is true now" in ran.log
    (path,) = (project.folder / "out/storefront").rglob("*deployment-storefront-web-web*.yaml")
    spec = yaml.safe_load(path.read_text())["spec"]["template"]["spec"]
    assert spec["securityContext"] == {
        "fsGroup": 7,
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert spec["containers"][0]["securityContext"]["readOnlyRootFilesystem"] is True
    again = project.up(*TEAM)
    assert again.status == 0, again.log
    assert set(again.summary["changes"]) == {"same"}
