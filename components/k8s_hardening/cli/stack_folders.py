"""Rendered environments keep apart: two stacks that write to one folder delete each other's files."""

from __future__ import annotations

from pathlib import Path

from k8s_hardening.cli.stack_files import stack_configuration, stacks_of
from k8s_hardening.kube.manifest import as_map
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.problems import BadInputError
from k8s_hardening.model.reading import ROOT


def shared_folders(project: Path, stack: str, baseline: Baseline) -> list[str]:
    """Why the folder of a rendered environment is not its own, one problem for each other stack that writes there."""
    folder = baseline.target.render
    if folder is None:
        return []
    return [
        f'{ROOT}.target.render: "{folder}" is where stack {other} writes, and each would delete files of the other; '
        f'give each a folder of its own, for example "out/{stack}" and "out/{other}"'
        for other in stacks_of(project)
        if other != stack and _overlap(project / folder, _folder_of(project, other))
    ]


def _folder_of(project: Path, stack: str) -> Path | None:
    try:
        configuration = stack_configuration(project, stack)
    except BadInputError:  # told when that stack itself is run
        return None
    folder = as_map(as_map(configuration.get(ROOT)).get("target")).get("render")
    return project / folder if isinstance(folder, str) else None


def _overlap(one: Path, other: Path | None) -> bool:
    if other is None:
        return False
    one, other = one.resolve(), other.resolve()
    return one.is_relative_to(other) or other.is_relative_to(one)
