"""`k8s-hardening preview`: the real engine, judged by the policy pack."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from k8s_hardening.cli.stack_guards import refuse_ended_emergencies, refuse_removals
from k8s_hardening.cli.stack_options import (
    engine_arguments,
    format_option,
    no_color_option,
    pack_config_option,
    pack_option,
    project_option,
    stack_option,
)
from k8s_hardening.cli.stack_preparing import prepare
from k8s_hardening.cli.stack_summary import show, status_of


@click.command()
@project_option
@stack_option
@pack_option
@pack_config_option
@format_option
@no_color_option
@engine_arguments
def preview(
    project: Path,
    stack: str,
    pack: Path | None,
    pack_config: Path | None,
    form: str,
    no_color: bool,
    arguments: tuple[str, ...],
) -> None:
    r"""Preview a stack with the real engine, judged by the policy pack.

    Exit status: 0 nothing blocks, 1 a finding blocks or the preview failed, 2 bad input, 3 no engine.

    \b
    Examples:
      k8s-hardening preview --stack dev
      k8s-hardening preview --stack dev -- --diff
      k8s-hardening preview --project examples/team-stack --pack-config examples/team-stack/pack.dev.json
    """
    workspace, baseline = prepare(project, stack, pack, pack_config, quiet=form == "json", no_color=no_color)
    refuse_ended_emergencies(baseline)
    refuse_removals(workspace, baseline)
    outcome = workspace.preview(*arguments)
    show(outcome, form, no_color=no_color)
    sys.exit(status_of(outcome))
