"""Every example in the help of `who-can`, `can`, `can-i` and `access` runs with the project's environment dev."""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml

from k8s_hardening.cli.main import main
from k8s_hardening.cli.stack_files import baseline_of
from k8s_hardening.plans.baseline import plan_baseline
from tests.cli.calling import call

ROOT = Path(__file__).parents[2]
COMMANDS = ("who-can", "can", "can-i", "access")


def examples() -> Iterator[str]:
    for name in COMMANDS:
        command = main.get_command(click.Context(main), name)
        assert command is not None
        _, _, listed = (command.help or "").partition("Examples:\n")
        yield from (line.strip() for line in listed.splitlines() if line.strip())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with its environment dev, the manifests of that, and its state."""
    made = tmp_path_factory.mktemp("project")
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml"):
        shutil.copy(ROOT / name, made / name)
    manifests = plan_baseline(baseline_of(ROOT, "dev")).manifests
    for name in ("deploy", "new", "old"):
        (made / name).mkdir()
        (made / name / "all.yaml").write_text(yaml.safe_dump_all(manifests))
    resources = [{"urn": f"urn:{index}", "type": "x", "inputs": one} for index, one in enumerate(manifests)]
    (made / "state.json").write_text(json.dumps({"deployment": {"resources": resources}}))
    return made


def test_each_command_has_examples() -> None:
    assert {shlex.split(line.rpartition("| ")[2])[1] for line in examples()} == set(COMMANDS)


@pytest.mark.parametrize("example", list(examples()))
def test_an_example_runs(example: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    source, _, command = example.rpartition("| ")
    assert source in ("", "pulumi stack export ")
    words = shlex.split(command.partition(" > ")[0])
    assert words[0] == "k8s-hardening"
    result = call(*words[1:], stdin=(folder / "state.json").read_text() if source else None)
    assert result.stderr == ""
    is_nobody = result.stdout == "no\n" or "  nobody\n" in result.stdout
    assert result.exit_code == (1 if is_nobody else 0), result.stdout
