"""Everything that must be good before the engine starts: input, the pack's configuration, the engine, the stack."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from k8s_hardening.cli.one_file import read_file
from k8s_hardening.cli.printing import wants_colour
from k8s_hardening.cli.stack_files import baseline_of, project_name, renders_files, root_of, stack_configuration
from k8s_hardening.cli.stack_folders import shared_folders
from k8s_hardening.engine.obtaining import obtain
from k8s_hardening.engine.pack_configuration import pack_configuration
from k8s_hardening.engine.pack_lint import lint
from k8s_hardening.engine.progress import Progress
from k8s_hardening.engine.toolchain import EngineError, Toolchain
from k8s_hardening.engine.workspace import Workspace
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.problems import BadInputError
from k8s_hardening.model.raw import plain, secrets_in
from k8s_hardening.model.reading import ROOT
from k8s_hardening.model.secret_keys import CONFIG

_NO_ENGINE = 3


def toolchain_of(root: Path) -> Toolchain:
    """The engine of a checkout; ends the command with one sentence when none can be had."""
    try:
        return obtain(root, Progress())
    except EngineError as error:
        click.echo(str(error), err=True)
        sys.exit(_NO_ENGINE)


def prepare(
    project: Path, stack: str, pack: Path | None, pack_config: Path | None, *, quiet: bool, no_color: bool = False
) -> tuple[Workspace, Baseline | None]:
    """The workspace of a stack whose input is good; every problem is shown before the engine starts."""
    root = root_of(project)
    name = project_name(project)
    configuration = stack_configuration(project, stack)
    problems: list[str] = []
    baseline: Baseline | None = None
    if ROOT in configuration or name == CONFIG:  # a team's own project has no baseline; ours always needs one
        try:
            baseline = baseline_of(project, stack)
            problems.extend(shared_folders(project, stack, baseline))
        except BadInputError as error:
            problems.extend(error.problems)
    pack = (pack or root / "policy-pack").resolve()
    if not (pack / "PulumiPolicy.yaml").exists():
        raise BadInputError(
            [*problems, f"{pack}: is no policy pack, which holds a PulumiPolicy.yaml; name it with --pack"]
        )
    pack_config = (pack_config or pack / "config" / f"{stack}.json").resolve()
    if baseline is not None and not pack_config.exists():
        raise BadInputError([*problems, f"{pack_config}: does not exist; run make pack-config and commit the result"])
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
        holds_secrets=any(secrets_in(plain(configuration))),
        renders=renders_files(name, configuration, baseline),
        colour=wants_colour(no_color, sys.stderr if quiet else sys.stdout),
    )
    try:
        workspace.ensure_stack()
    except EngineError as error:
        raise BadInputError([str(error)]) from None
    return workspace, baseline
