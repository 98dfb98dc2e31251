"""`pack-config` and `engine`."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from k8s_hardening.model.reading import ROOT
from tests.cli.calling import call
from tests.cli.stack_world import World, make_world
from tests.engine.fakes import PROJECT


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return make_world(tmp_path, monkeypatch)


def change(world: World) -> Path:
    baseline = world.baseline("dev")
    baseline["images"]["allow_tags"] = False
    world.write("dev", {ROOT: baseline})
    return world.project / "policy-pack/config/dev.json"


def test_what_is_up_to_date_is_left_alone(world: World) -> None:
    before = (world.project / "policy-pack/config/dev.json").stat().st_mtime_ns
    result = call("pack-config", "--stack", "dev", "--stack", "prod")
    assert (result.exit_code, result.stderr) == (0, "")
    assert (world.project / "policy-pack/config/dev.json").stat().st_mtime_ns == before


def test_what_differs_is_written_whole(world: World) -> None:
    path = change(world)
    result = call("pack-config", "--stack", "dev")
    assert result.exit_code == 0
    assert f"wrote {path}" in result.stderr
    assert '"digests_required": true' in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o644
    assert {one.name for one in path.parent.iterdir()} == {"dev.json", "prod.json"}


def test_a_check_writes_nothing_and_fails_where_something_differs(world: World) -> None:
    path = change(world)
    before = path.read_bytes()
    result = call("pack-config", "--stack", "dev", "--stack", "prod", "--check")
    assert result.exit_code == 1
    assert result.stderr == f"{path}: differs from its baseline; run k8s-hardening pack-config\n"
    assert path.read_bytes() == before
    assert call("pack-config", "--stack", "prod", "--check").exit_code == 0


def test_another_folder_may_be_named(world: World, tmp_path: Path) -> None:
    assert call("pack-config", "--out", str(tmp_path / "new/folder")).exit_code == 0
    assert (tmp_path / "new/folder/dev.json").read_bytes() == (PROJECT / "policy-pack/config/dev.json").read_bytes()


def test_bad_input_writes_nothing(world: World) -> None:
    baseline = world.baseline("dev")
    baseline["colour"] = "red"
    world.write("dev", {ROOT: baseline})
    path = world.project / "policy-pack/config/dev.json"
    path.unlink()
    result = call("pack-config")
    assert result.exit_code == 2
    assert "k8s-hardening:baseline.colour: is not a known key" in result.stderr
    assert not path.exists()


def test_engine_says_which_one_it_is(world: World) -> None:
    result = call("engine")
    assert result.exit_code == 0
    assert result.stdout == f"{world.fakes.bin}/pulumi (pulumi 3.200.0 on PATH)\n"


def test_engine_without_one_ends_with_3(world: World) -> None:
    shutil.rmtree(world.project / "tools")
    (world.fakes.bin / "pulumi").unlink()
    result = call("engine")
    assert result.exit_code == 3
    assert "it cannot be built here, since this project pins no tools: install Pulumi" in result.stderr
