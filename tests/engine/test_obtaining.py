"""Where the engine is sought, in which order, and that nothing half made is ever found."""

from __future__ import annotations

import io
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from k8s_hardening.engine.obtaining import obtain
from k8s_hardening.engine.progress import Progress
from k8s_hardening.engine.toolchain import PLUGIN, EngineError, Toolchain, cache_folder, tools_key
from tests.engine.fakes import Fakes

HOST, SCRIPT = "pulumi-language-python", "pulumi-analyzer-policy-python"


def obtained(fakes: Fakes) -> tuple[Toolchain, str]:
    said = io.StringIO()
    return obtain(fakes.project, Progress(said)), said.getvalue()


def refused(fakes: Fakes) -> str:
    with pytest.raises(EngineError) as caught:
        obtain(fakes.project, Progress(io.StringIO()))
    text = str(caught.value)
    assert "\n" not in text
    return text


def cache(fakes: Fakes) -> Path:
    return cache_folder() / f"engine-{tools_key(fakes.project)}"


def whole_things(fakes: Fakes) -> set[str]:
    """What the cache holds, hidden leftovers included."""
    return {path.name for path in cache(fakes).iterdir()} - {"lock", "home"}


@pytest.mark.parametrize(
    ("version", "programs"),
    [("3.200.0", (HOST, SCRIPT)), ("3.220.5", (HOST, SCRIPT)), ("3.221.0", (HOST,)), ("3.999.1", (HOST,))],
)
def test_a_usable_engine_on_path_is_taken(fakes: Fakes, version: str, programs: tuple[str, ...]) -> None:
    fakes.on_path("pulumi", *programs, version=version)
    fakes.say("plugin-download")
    toolchain, _ = obtained(fakes)
    assert toolchain.pulumi == fakes.bin / "pulumi"
    assert toolchain.origin == f"pulumi {version} on PATH"
    assert toolchain.path == ()
    assert fakes.builds == []


@pytest.mark.parametrize(
    ("version", "programs", "says"),
    [
        ("3.199.9", (HOST, SCRIPT), "pulumi 3.199.9 on PATH is outside the supported versions 3.200 to 3.x"),
        ("4.0.0", (HOST, SCRIPT), "pulumi 4.0.0 on PATH is outside the supported versions 3.200 to 3.x"),
        ("3.200.0", (SCRIPT,), "pulumi 3.200.0 on PATH has no pulumi-language-python beside it"),
        ("3.220.9", (HOST,), "pulumi 3.220.9 on PATH has no pulumi-analyzer-policy-python beside it, which it needs"),
        ("", (HOST, SCRIPT), "pulumi does not say its version"),
    ],
)
def test_one_that_cannot_be_used_is_named_and_another_is_built(
    fakes: Fakes, version: str, programs: tuple[str, ...], says: str
) -> None:
    fakes.on_path("pulumi", *programs, version=version)
    fakes.go_on_path()
    toolchain, said = obtained(fakes)
    assert toolchain.pulumi == cache(fakes) / "built/bin/pulumi"
    assert toolchain.path == (toolchain.pulumi.parent,)
    assert says in said
    assert "so it is not used" in said


def test_the_official_installer_comes_before_building(fakes: Fakes) -> None:
    fakes.go_on_path()
    fakes.say("installer-download")
    fakes.say("plugin-download")
    toolchain, said = obtained(fakes)
    assert toolchain.pulumi == cache(fakes) / "installed/bin/pulumi"
    assert "trying the official installer of pulumi" in said
    assert fakes.builds == []


def test_what_is_built_is_complete_and_is_taken_the_next_time(fakes: Fakes) -> None:
    fakes.go_on_path()
    toolchain, said = obtained(fakes)
    folder = toolchain.pulumi.parent
    assert {path.name for path in folder.iterdir()} == {
        "pulumi", HOST, SCRIPT, "pulumi-resource-pulumi-python", "pulumi-language-python-exec"
    }  # fmt: skip
    assert all(os.access(path, os.X_OK) for path in folder.iterdir())
    assert (toolchain.home / "plugins" / PLUGIN / "pulumi-resource-kubernetes").exists()
    assert "building pulumi 3.200.0 from Go modules (about 2 min)" in said
    assert len(fakes.builds) == 3

    again, said = obtained(fakes)
    assert (again, said) == (toolchain, "")
    assert len(fakes.builds) == 3


def test_nothing_here_is_one_sentence_with_the_remedy(fakes: Fakes) -> None:
    assert refused(fakes) == (
        "pulumi is not on PATH, and it cannot be built here, since Go is not on PATH: "
        "install Pulumi 3.200 or newer (or Go 1.26 or newer, to build it from Go modules) and run this again"
    )


@pytest.mark.parametrize(("version", "says"), [("1.25.9", "Go 1.25 on PATH is too old"), ("", "does not say")])
def test_a_go_that_cannot_build_is_named(fakes: Fakes, version: str, says: str) -> None:
    fakes.go_on_path(version=version)
    assert says in refused(fakes)
    assert fakes.builds == []


def test_both_too_old_is_said_of_both(fakes: Fakes) -> None:
    fakes.on_path("pulumi", HOST, SCRIPT, version="3.100.0")
    fakes.go_on_path(version="1.20.1")
    text = refused(fakes)
    assert "pulumi 3.100.0 on PATH is outside" in text
    assert "Go 1.20 on PATH is too old" in text


@pytest.mark.parametrize("version", ["1.26", "1.30.1", "2.0"])
def test_a_newer_go_builds(fakes: Fakes, version: str) -> None:
    fakes.go_on_path(version=version)
    assert obtained(fakes)[0].origin.endswith("built in the cache")


def test_a_project_that_pins_no_tools_cannot_build(fakes: Fakes, tmp_path: Path) -> None:
    fakes.go_on_path()
    with pytest.raises(EngineError, match="since this project pins no tools: install Pulumi"):
        obtain(tmp_path / "elsewhere", Progress(io.StringIO()))


def test_the_provider_alone_may_be_missing(fakes: Fakes) -> None:
    fakes.on_path("pulumi", HOST, SCRIPT)
    text = refused(fakes)
    assert "the Kubernetes provider 4.27.0 can neither be downloaded nor built here, since Go is not on PATH" in text
    assert "pulumi plugin install resource kubernetes 4.27.0" in text


def test_a_home_of_the_users_own_is_kept(fakes: Fakes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "own"))
    fakes.on_path("pulumi", HOST, SCRIPT)
    fakes.say("plugin-download")
    assert obtained(fakes)[0].home == tmp_path / "own"
    assert (tmp_path / "own/plugins" / PLUGIN).is_dir()


def test_a_build_that_fails_says_why_and_leaves_nothing_behind(fakes: Fakes) -> None:
    fakes.go_on_path()
    fakes.say("build-error", "pkg/x.go:1:2: undefined: y\n")
    assert refused(fakes) == (
        "go build in tools/pulumi failed: pkg/x.go:1:2: undefined: y; mend the cause and run it again"
    )
    assert whole_things(fakes) == set()

    (fakes.data / "build-error").unlink()
    assert obtained(fakes)[0].pulumi.exists()


def test_a_provider_that_fails_to_build_leaves_nothing_behind(fakes: Fakes) -> None:
    fakes.on_path("pulumi", HOST, SCRIPT)
    fakes.go_on_path()
    fakes.say("build-error", "no space left\n")
    assert "go build in tools/provider-kubernetes failed: no space left" in refused(fakes)
    assert list((cache(fakes) / "home/plugins").iterdir()) == []


def test_what_a_killed_run_left_is_cleared_away(fakes: Fakes) -> None:
    (cache(fakes) / ".making-x/bin").mkdir(parents=True)
    fakes.go_on_path()
    obtained(fakes)
    assert whole_things(fakes) == {"built"}


def test_two_at_once_build_once_and_the_second_says_that_it_waits(fakes: Fakes) -> None:
    fakes.go_on_path(seconds=0.2)
    with ThreadPoolExecutor(2) as pool:
        (one, said), (other, also_said) = pool.map(lambda _: obtained(fakes), range(2))
    assert one == other
    assert sorted(fakes.builds) == sorted(set(fakes.builds))
    assert len(fakes.builds) == 3
    assert ("waiting for another run" in said) != ("waiting for another run" in also_said)


def test_nothing_half_built_is_ever_seen(fakes: Fakes) -> None:
    """While the build runs, the name under which it will be found does not exist."""
    fakes.go_on_path(seconds=0.1)
    seen = []
    with ThreadPoolExecutor(1) as pool:
        building = pool.submit(obtained, fakes)
        while not building.done():
            folder = cache(fakes) / "built"
            if folder.exists():
                seen.append(len(list((folder / "bin").iterdir())))
        building.result()
    assert set(seen) <= {5}


def test_a_cache_that_cannot_be_written_is_one_sentence(fakes: Fakes, monkeypatch: pytest.MonkeyPatch) -> None:
    fakes.say("a-file")
    monkeypatch.setenv("XDG_CACHE_HOME", str(fakes.data / "a-file"))
    assert refused(fakes).startswith("the engine cannot be put in place: Not a directory: ")
