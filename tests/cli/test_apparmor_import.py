"""`apparmor import` prints what can be pasted, and tells the rest beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from k8s_hardening.model.apparmor import AppArmorSpec
from tests.cli.calling import call
from tests.model.test_apparmor_importing import FILE, SAMPLE


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nginx.toml").write_text(SAMPLE)
    (tmp_path / "usr.sbin.nginx").write_text(FILE)
    return tmp_path


def profiles(text: str) -> list[dict[str, Any]]:
    """What was printed, pasted below `apparmor`."""
    data = yaml.safe_load(text)
    AppArmorSpec.model_validate(data)
    found: list[dict[str, Any]] = data["profiles"]
    return found


def test_what_is_printed_stands_below_apparmor_in_a_baseline(folder: Path) -> None:
    result = call("apparmor", "import", "nginx.toml", "usr.sbin.nginx")
    assert result.exit_code == 0
    typed, whole = profiles(result.stdout)
    assert (typed["name"], whole["name"]) == ("nginx", "usr-sbin-nginx")
    assert typed["denied_executables"] == ["/bin/dash", "/bin/sh", "/usr/bin/top"]
    assert "text_unchecked: |\n" in result.stdout
    assert "note: nginx.toml: AllowExec: no other program may be started here" in result.stderr
    assert 'note: usr.sbin.nginx: is called "usr-sbin-nginx" here' in result.stderr


def test_json_says_the_same(folder: Path) -> None:
    files = ("nginx.toml", "usr.sbin.nginx")
    as_json = call("apparmor", "import", "--format", "json", *files).stdout
    assert json.loads(as_json)["profiles"] == profiles(call("apparmor", "import", *files).stdout)


def test_the_standard_input_and_a_name(folder: Path) -> None:
    for text, origin in ((SAMPLE, "bane"), (FILE, "profile")):
        result = call("apparmor", "import", "--from", origin, "--name", "web", "-", stdin=text)
        assert [one["name"] for one in profiles(result.stdout)] == ["web"]


def test_all_problems_of_all_files_are_told_at_once(folder: Path) -> None:
    Path("bad.toml").write_text('[Filesystem]\nReadOnlyPaths = ["a", "b"]\n')
    Path("two").write_text("profile a { }\nprofile b { }\n")
    Path("bytes").write_bytes(b"\xff")
    result = call("apparmor", "import", "bad.toml", "two", "bytes", "none")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        'error: bad.toml: Filesystem.ReadOnlyPaths[0]: "a" is not an absolute path; for example "/etc/**"',
        'error: bad.toml: Filesystem.ReadOnlyPaths[1]: "b" is not an absolute path; for example "/etc/**"',
        (
            "error: two: line 2: holds another profile (profile b); give each profile a file of its own, and put what "
            "belongs to one profile into it as a child"
        ),
        "error: bytes: is not a text in UTF-8",
        "error: none: cannot be read: No such file or directory",
    ]


def test_two_files_with_one_name_are_refused(folder: Path) -> None:
    Path("again.toml").write_text(SAMPLE)
    result = call("apparmor", "import", "nginx.toml", "again.toml")
    assert result.stderr == (
        'error: again.toml: makes a profile "nginx", as nginx.toml does; import it alone, with --name\n'
    )
    assert call("apparmor", "import", "--name", "x", "nginx.toml", "again.toml").exit_code == 2
