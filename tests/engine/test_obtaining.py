"""What is said where no engine can be had."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from k8s_hardening.engine import obtaining
from k8s_hardening.engine.progress import Progress
from k8s_hardening.engine.toolchain import EngineError

PROJECT = Path(__file__).parents[2]


def no_download(target: Path, progress: Progress) -> bool:
    return False


@pytest.fixture(autouse=True)
def nothing_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No engine and no Go on PATH, an empty cache, and no way to the official download."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("PULUMI_HOME", raising=False)
    monkeypatch.setattr(obtaining, "_install", no_download)


@pytest.mark.parametrize("go", [True, False])
def test_a_project_that_pins_no_tools_cannot_build_an_engine(
    go: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(obtaining, "usable_go", lambda: go)
    with pytest.raises(EngineError, match=r"cannot be built here: install Pulumi 3\.200 or newer"):
        obtaining.obtain(tmp_path, Progress(io.StringIO()))


def test_a_checkout_without_go_cannot_build_one_either() -> None:
    with pytest.raises(EngineError, match=r"cannot be built here: install Pulumi 3\.200 or newer"):
        obtaining.obtain(PROJECT, Progress(io.StringIO()))
