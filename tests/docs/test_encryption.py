"""The page about encryption names what exists: paths, commands of the script, commands of the tool, every step."""

from __future__ import annotations

import re
from pathlib import Path

from k8s_hardening.cli.encryption import encryption
from k8s_hardening.model.control_plane.encryption import EncryptionSpec, GroupSpec
from k8s_hardening.plans.control_plane.encryption_files import CONFIG, FOLDER, SCRIPT, TEMPLATE, bootstrap_text
from k8s_hardening.plans.control_plane.rotation import StepKind

PAGE = (Path(__file__).parents[2] / "docs/encryption.md").read_text()


def test_every_file_lies_where_the_page_says() -> None:
    rows = re.findall(r"^\| `([^`]+)` \| ", PAGE.partition("## Start")[0], re.MULTILINE)
    assert f"`{FOLDER}/`" in PAGE
    assert [f"{FOLDER}/{row}" for row in rows] == [TEMPLATE, SCRIPT, f"{FOLDER}/keys/<name>", CONFIG]


def test_every_command_exists() -> None:
    script = bootstrap_text(EncryptionSpec())
    of_script = set(re.findall(r"bootstrap\.sh ([a-z]+)", PAGE))
    assert of_script >= {"make", "take", "fill", "show"}
    for command in of_script:
        assert re.search(rf"^#   {command} ", script, re.MULTILINE), command
    of_tool = set(re.findall(r"k8s-hardening encryption ([a-z]+)", PAGE))
    assert of_tool == set(encryption.commands)
    known = {option for command in encryption.commands.values() for one in command.params for option in one.opts}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", PAGE)) - {"--prefix"} <= known


def test_every_step_is_explained() -> None:
    table = PAGE.partition("| Step |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE) == [kind.value for kind in StepKind]
    for field in set(re.findall(r"`([a-z]+_[a-z_]+)(?:: true)?`", PAGE)):
        assert field in {**EncryptionSpec.model_fields, **GroupSpec.model_fields}
