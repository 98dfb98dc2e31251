"""Everything that must be good before the engine starts: input, the pack's configuration, the engine, the stack."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from k8s_hardening.cli.stack_files import checked_baseline, project_name, read_file, root_of, stack_configuration
from k8s_hardening.engine.obtaining import obtain
from k8s_hardening.engine.pack_configuration import lint, pack_configuration
from k8s_hardening.engine.progress import Progress
from k8s_hardening.engine.toolchain import EngineError, Toolchain
from k8s_hardening.engine.workspace import Workspace
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.problems import BadInputError
from k8s_hardening.model.reading import ROOT

_NO_ENGINE = 3


def toolchain_of(root: Path) -> Toolchain:
    """The engine of a checkout; ends the command with one sentence when none can be had."""
    try:
        return obtain(root, Progress())
    except EngineError as error:
        click.echo(str(error), err=True)
        sys.exit(_NO_ENGINE)


def prepare(
    project: Path, stack: str, pack: Path | None, pack_config: Path | None, *, quiet: bool
) -> tuple[Workspace, Baseline | None]:
    """The workspace of a stack whose input is good; every problem is shown before the engine starts."""
    root = root_of(project)
    configuration = stack_configuration(project, stack)
    problems: list[str] = []
    baseline: Baseline | None = None
    if ROOT in configuration:
        try:
            baseline = checked_baseline(configuration[ROOT])
        except BadInputError as error:
            problems.extend(error.problems)
    pack = (pack or root / "policy-pack").resolve()
    pack_config = (pack_config or pack / "config" / f"{stack}.json").resolve()
    try:
        told = read_file(pack_config)
        problems.extend(lint(told, pack_config.name))
        if baseline is not None and not problems and told != pack_configuration(baseline):
            problems.append(
                f"{pack_config.name}: differs from the baseline; run make pack-config and commit the result"
            )
    except BadInputError as error:
        problems.extend(error.problems)
    if problems:
        raise BadInputError(problems)
    workspace = Workspace(
        root=root,
        project=project.resolve(),
        stack=stack,
        toolchain=toolchain_of(root_of(pack)),  # a team's own repository pins no engine; the pack's does
        pack=pack,
        pack_configuration=pack_config,
        quiet=quiet,
        renders=not baseline.target.is_live if baseline is not None else _renders(project, configuration),
    )
    try:
        workspace.ensure_stack()
    except EngineError as error:
        raise BadInputError([str(error)]) from None
    return workspace, baseline


def _renders(project: Path, configuration: dict[str, Any]) -> bool:
    """Whether a team's stack says that it renders files, by a setting `render` of its own."""
    return f"{project_name(project)}:render" in configuration
