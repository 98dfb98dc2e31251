"""What the probes answer, from the status of the last round and the kernel of this moment."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from k8s_hardening.loader.probing import not_alive, not_ready
from k8s_hardening.loader.status import ProfileStatus, Status, write_status

WEB, API = "k8s-hardening-web-0123456789", "k8s-hardening-api-0123456789"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "profiles").write_text(f"{WEB} (enforce)\ndocker-default (enforce)\n")
    return tmp_path


def write(
    folder: Path, state: str = "ready", message: str = "", profiles: dict[str, ProfileStatus] | None = None
) -> None:
    status = Status(state, message, 30.0, 1000.0, "2026-01-01T00:00:00+00:00", "", profiles or {})
    write_status(status, folder / "status.json")


def ready(folder: Path, now: float = 1010) -> str | None:
    return not_ready(str(folder), str(folder / "profiles"), now)


def test_ready_and_alive(folder: Path) -> None:
    write(folder, profiles={WEB: ProfileStatus("loaded", "enforce"), API: ProfileStatus("unused", "enforce")})
    assert ready(folder) is None
    assert not_alive(str(folder), 1010) is None


def test_the_kernel_has_the_last_word(folder: Path) -> None:
    write(folder, profiles={WEB: ProfileStatus("loaded", "enforce"), API: ProfileStatus("loaded", "enforce")})
    assert ready(folder) == f"no longer in the kernel: {API}"
    (folder / "profiles").unlink()
    assert ready(folder) == f"{folder / 'profiles'} cannot be read: No such file or directory"


def test_why_the_last_round_was_not_good(folder: Path) -> None:
    write(folder, "partial", "1 of 2 profiles\nare not loaded")
    assert ready(folder) == "1 of 2 profiles are not loaded"
    assert not_alive(str(folder), 1010) is None
    write(folder, "disabled", "this node has no AppArmor")
    assert ready(folder) == "this node has no AppArmor"


@pytest.mark.parametrize(
    ("now", "is_ready", "is_alive"),
    [(1090, True, True), (1091, False, True), (1300, False, True), (1301, False, False), (999, False, False)],
)
def test_a_round_counts_for_a_while(folder: Path, now: float, is_ready: bool, is_alive: bool) -> None:
    write(folder)
    assert (ready(folder, now) is None) is is_ready
    assert (not_alive(str(folder), now) is None) is is_alive


def test_before_the_first_round(folder: Path) -> None:
    assert ready(folder) == "no round has ended yet"
    assert not_alive(str(folder)) == "no round has ended yet"


@pytest.mark.parametrize("text", ["", "x\n30\n\n", "1\n2\n", "\xff"])
def test_what_no_round_wrote(folder: Path, text: str) -> None:
    (folder / "probe").write_text(text, encoding="latin-1")
    assert ready(folder) == f"{folder / 'probe'} cannot be read"


def test_the_status_is_whole_and_alone(folder: Path) -> None:
    write(folder, profiles={WEB: ProfileStatus("failed", "", "syntax error")})
    write(folder, profiles={WEB: ProfileStatus("loaded", "enforce")})
    read = json.loads((folder / "status.json").read_text())
    assert read["profiles"] == {WEB: {"state": "loaded", "mode": "enforce", "message": ""}}
    assert sorted(file.name for file in folder.iterdir()) == ["probe", "profiles", "status.json"]
