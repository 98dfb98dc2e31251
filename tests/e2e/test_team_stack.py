"""What a team does: its own stack of our components, judged by the platform's pack."""

from __future__ import annotations

import pytest

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
