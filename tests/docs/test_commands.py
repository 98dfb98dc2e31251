"""What the documents tell people to type exists: targets, commands, options, files."""

from __future__ import annotations

import re
import shlex

import click
import pytest

from k8s_hardening.cli.main import COMMANDS, main
from tests.docs.pages import PROJECT, Page, written_pages

PAGES = written_pages()
MAKEFILE = (PROJECT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z0-9-]+):.*##", MAKEFILE, re.MULTILINE))
VARIABLES = set(re.findall(r"\b([A-Z]+)=", next(line for line in MAKEFILE.splitlines() if "Variables:" in line)))
# Programs of others, whose options are not ours to check.
OTHERS = {"pulumi", "helm", "pip", "etcdctl", "ssh", "sh", "kubectl", "journalctl", "skopeo"}
# Folders that exist in every checkout; a path that starts with one of them must lead somewhere.
OWN = re.compile(r"(?:components|docs|tests|tools|policy-pack|examples|\.ci)/[\w./-]+|[\w.-]+\.(?:yaml|toml|lock|md)")
OF_THE_READER = {
    "Pulumi.staging.yaml",
    "config.template.yaml",
    "old.yaml",
    "new.yaml",
    "nginx.toml",
    *(f"cp-{number}.yaml" for number in (1, 2, 3)),
}

by_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def commands(page: Page) -> list[list[str]]:
    """Each command of the shell blocks, and of the inline code that is one; pipes taken apart, redirections off."""
    blocks = [re.sub(r"\\\n\s*", "", block) for block in page.blocks("sh")]
    blocks = [re.sub(r"^for \w+ in [^;]+; do (.*); done$", r"\1", block, flags=re.MULTILINE) for block in blocks]
    lines = [line for block in blocks for line in block.splitlines()]
    lines += [code for code in page.inline() if re.match(r"(?:make|k8s-hardening) [a-z]", code)]
    found = []
    for line in lines:
        parts = re.sub(r">\s*\S+$", "", line.replace("<id>", "privileged")).split(" | ")
        found += [shlex.split(part, comments=True) for part in parts]
    return [words for words in found if words]


def check_options(words: list[str]) -> None:
    """Hold one call of `k8s-hardening` against its options.

    Raises:
        click.UsageError: an option does not exist, or has no such value.
    """
    context = click.Context(main)
    command = main.get_command(context, words[0])
    assert command is not None, words
    given, _, _ = command.make_parser(click.Context(command, parent=context)).parse_args(words[1:])
    for parameter in command.params:
        value = given.get(str(parameter.name))
        if isinstance(parameter.type, click.Choice) and isinstance(value, str):
            parameter.type.convert(value, parameter, context)


@by_page
def test_every_command_can_be_typed(page: Page) -> None:
    for words in commands(page):
        program = words[0].removeprefix(".venv/bin/")
        if program == "make":
            assert {word for word in words[1:] if "=" not in word} <= TARGETS, words
            assert {word.partition("=")[0] for word in words[1:] if "=" in word} <= VARIABLES, words
        elif program == "k8s-hardening":
            check_options(words[1:])
        else:
            assert program in OTHERS, words


@by_page
def test_every_file_of_the_project_that_is_named_exists(page: Page) -> None:
    named = [code for code in page.inline() if OWN.fullmatch(code)]
    named += [word for words in commands(page) for word in words[1:] if OWN.fullmatch(word)]
    for name in set(named) - OF_THE_READER:
        places = (PROJECT, page.path.parent, PROJECT / "components/k8s_hardening")
        assert any((place / name).exists() for place in places), name


def test_the_check_of_commands_is_not_blind() -> None:
    assert sum(len(commands(page)) for page in PAGES) > 40
    assert {"preview", "test", "up", "help"} <= TARGETS
    for wrong in (["check", "--nonsense", "x"], ["check", "--format", "xml", "x"]):
        with pytest.raises(click.UsageError):
            check_options(wrong)


def test_every_command_and_the_main_targets_are_documented() -> None:
    text = "".join(page.text for page in PAGES)
    for name in COMMANDS:
        assert re.search(rf"k8s-hardening {name}\b|`{name}`", text), name
    for target in ("preview", "test", "up", "render", "pack-config", "docs", "lint", "help"):
        assert f"make {target}" in text
