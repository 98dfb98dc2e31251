"""docs/dependencies.md names every dependency with its reason, and nothing else."""

from __future__ import annotations

import re
import tomllib

from tests.docs.pages import PROJECT, page

PAGE = page("docs/dependencies.md").text
PROJECT_TABLE = tomllib.loads((PROJECT / "components/pyproject.toml").read_text())["project"]


def rows(heading: str) -> dict[str, list[str]]:
    """The tables of a section: name in the first cell -> the other cells."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    found = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if "|" in line]
    return {cells[0].strip("`"): cells[1:] for cells in found[2:]}


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[<>=!~\[; ]", requirement)[0] for requirement in requirements}


def test_every_dependency_of_the_package_has_its_reason() -> None:
    table = rows("What the package needs")
    assert set(table) == names(PROJECT_TABLE["dependencies"])
    assert all(reason and replaces for reason, replaces in table.values())


def test_every_dependency_of_development_has_its_reason() -> None:
    table = rows("What working on it needs")
    assert set(table) == names(PROJECT_TABLE["optional-dependencies"]["dev"])
    assert all(reason and replaces for reason, replaces in table.values())


def test_every_dependency_of_an_extra_has_its_reason_and_is_tested() -> None:
    extras = {name: found for name, found in PROJECT_TABLE["optional-dependencies"].items() if name != "dev"}
    table = rows("What an extra brings")
    assert set(table) == set().union(*map(names, extras.values()))
    assert all(reason and replaces for reason, replaces in table.values())
    for extra, found in extras.items():
        assert f"k8s-hardening[{extra}]" in PAGE
        assert set(found) <= set(PROJECT_TABLE["optional-dependencies"]["dev"])


def direct_modules() -> set[tuple[str, str]]:
    """(module, folder) of everything that a go.mod under tools/ asks for itself."""
    found = set()
    for path in PROJECT.glob("tools/*/go.mod"):
        lines = [line for line in path.read_text().splitlines() if "// indirect" not in line]
        text = "\n".join(lines)
        for module in re.findall(r"^(?:require |\t)([a-z0-9.-]+\.[a-z]+/\S+) v\S+$", text, re.MULTILINE):
            found.add((module, f"tools/{path.parent.name}"))
    return found


def test_every_go_module_has_its_reason() -> None:
    table = rows("Go modules")
    named = {(module.strip("` "), folder) for folder, (found, _) in table.items() for module in found.split(",")}
    assert named == direct_modules()
    assert all(reason for _, reason in table.values())
