"""The virtual environment: one sentence where it cannot be made, and no time lost where it is there."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
_NEEDED = ("sh", "cat", "cksum", "dirname", "mkdir", "rm", "sed")
_NEEDS = "k8s-hardening needs Python 3.11 or newer, and "
_REMEDY = "install it, or name it with PYTHON=/path/to/python3\n"
# Makes an environment whose `python` is a stand-in, too; its pip does what a file beside it says.
_NEW_PYTHON = """#!/bin/sh
case "$*" in
--version) echo "Python 3.12.0" ;;
"-m venv .venv")
    [ ! -e "{data}/no-venv" ] || exit 1
    mkdir -p .venv/bin
    cat "$0" > .venv/bin/python
    cat "$0" > .venv/bin/k8s-hardening
    PATH=/bin:/usr/bin chmod +x .venv/bin/python .venv/bin/k8s-hardening ;;
"-m pip install"*)
    echo "$*" >> "{data}/pip"
    [ ! -e "{data}/no-pip" ] || {{ echo "ERROR: no matching distribution" >&2; exit 1; }} ;;
esac
"""


@dataclass(frozen=True)
class Checkout:
    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def python(self, name: str, text: str) -> Path:
        path = self.folder / "bin" / name
        path.write_text(text.format(data=self.data))
        path.chmod(0o755)
        return path

    def run(self, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.folder / "tools/venv.sh"],
            env={"PATH": str(self.folder / "bin"), **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def pip(self) -> list[str]:
        path = self.data / "pip"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    for folder in ("bin", "data", "tools", "components"):
        (tmp_path / folder).mkdir()
    for name in ("tools/venv.sh", "requirements.lock", "components/pyproject.toml"):
        shutil.copy(PROJECT / name, tmp_path / name)
    for tool in _NEEDED:
        found = shutil.which(tool)
        assert found is not None, f"the tests need {tool}"
        (tmp_path / "bin" / tool).symlink_to(found)
    return Checkout(tmp_path)


def test_no_python_is_one_sentence(checkout: Checkout) -> None:
    done = checkout.run()
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"{_NEEDS}none is on PATH: {_REMEDY}"


@pytest.mark.parametrize("name", ["python", "python3", "python3.11"])
def test_an_old_python_is_one_sentence(checkout: Checkout, name: str) -> None:
    checkout.python(name, "#!/bin/sh\necho 'SyntaxError: invalid syntax' >&2\nexit 1\n")
    done = checkout.run()
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"{_NEEDS}none is on PATH: {_REMEDY}"
    assert not (checkout.folder / ".venv").exists()


def test_make_says_the_same_and_stops(checkout: Checkout) -> None:
    make = shutil.which("make")
    assert make is not None, "the tests need make"
    shutil.copy(PROJECT / "Makefile", checkout.folder)
    for target in ("setup", "preview", "test"):
        done = subprocess.run(
            [make, target],
            cwd=checkout.folder,
            env={"PATH": str(checkout.folder / "bin")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 2
        assert done.stderr.splitlines()[0] + "\n" == f"{_NEEDS}none is on PATH: {_REMEDY}"
        assert "Traceback" not in done.stderr


def test_the_python_that_is_named_is_the_one_that_is_used(checkout: Checkout) -> None:
    checkout.python("python3", _NEW_PYTHON)
    old = checkout.python("old python", "#!/bin/sh\nexit 1\n")
    done = checkout.run(PYTHON=str(old))
    assert done.returncode == 1
    assert done.stderr == f"{_NEEDS}PYTHON={old} is none: {_REMEDY}"
    new = checkout.python("new python", _NEW_PYTHON)
    assert checkout.run(PYTHON=str(new)).returncode == 0


def test_it_is_made_from_the_lock_with_hashes_and_only_once(checkout: Checkout) -> None:
    checkout.python("python3.12", _NEW_PYTHON)
    done = checkout.run()
    assert done.returncode == 0, done.stderr
    assert "making the virtual environment with Python 3.12.0 (about 1 min) ..." in done.stderr
    locked, own = checkout.pip
    assert "--require-hashes -r requirements.lock" in locked
    assert "--no-deps" in own
    again = checkout.run()
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert len(checkout.pip) == 2


@pytest.mark.parametrize(
    ("name", "old", "new", "anew"),
    [
        ("requirements.lock", "\nclick==", "\nclick===", True),
        ("components/pyproject.toml", '"click>=8.1,<9"', '"click>=8.2,<9"', True),
        ("tools/venv.sh", "set -eu\n", "set -eu\n\n", True),
        ("components/pyproject.toml", "line-length = 120", "line-length = 100", False),
    ],
)
def test_it_is_made_anew_when_what_is_installed_changes(
    checkout: Checkout, name: str, old: str, new: str, anew: bool
) -> None:
    checkout.python("python3", _NEW_PYTHON)
    assert checkout.run().returncode == 0
    path = checkout.folder / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    assert ("is ready" in checkout.run().stderr) == anew


def test_a_python_without_venv_is_named(checkout: Checkout) -> None:
    python = checkout.python("python3", _NEW_PYTHON)
    (checkout.data / "no-venv").touch()
    done = checkout.run()
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        f"{python} cannot make virtual environments: install its venv module (Debian and Ubuntu: python3-venv)"
    )


def test_what_pip_could_not_finish_is_tried_again(checkout: Checkout) -> None:
    checkout.python("python3", _NEW_PYTHON)
    (checkout.data / "no-pip").touch()
    done = checkout.run()
    assert done.returncode == 1
    assert "ERROR: no matching distribution" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("the dependencies cannot be installed: ")
    (checkout.data / "no-pip").unlink()
    assert checkout.run().returncode == 0
