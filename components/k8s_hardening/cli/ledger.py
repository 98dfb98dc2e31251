"""`k8s-hardening ledger`: each control of the CIS benchmark, and what is done for it."""

from __future__ import annotations

import json

import click
from click.core import ParameterSource

from k8s_hardening.cli.ledger_texts import as_data, as_markdown, listed
from k8s_hardening.plans.ledger import ledger as entries


@click.command()
@click.option("--format", "form", type=click.Choice(["text", "json", "markdown"]), default="text", show_default=True)
@click.option(
    "--by-dialect", is_flag=True, help="Instead: in which dialects and versions each one is written (Markdown)."
)
@click.pass_context
def ledger(ctx: click.Context, form: str, by_dialect: bool) -> None:
    r"""Say for each control of the CIS benchmark who emits it, who enforces it, and what is left to the host.

    \b
    Examples:
      k8s-hardening ledger
      k8s-hardening ledger --format json
      k8s-hardening ledger --format markdown > docs/ledger.md
      k8s-hardening ledger --by-dialect > docs/control-plane.md
    """
    if by_dialect:
        if form != "markdown" and ctx.get_parameter_source("form") is ParameterSource.COMMANDLINE:
            raise click.UsageError("--by-dialect is written in Markdown only; leave --format out", ctx)
        from k8s_hardening.cli.ledger_by_dialect import by_dialect_as_markdown

        click.echo(by_dialect_as_markdown(), nl=False)
    elif form == "json":
        click.echo(json.dumps([as_data(entry) for entry in entries()], indent=2))
    elif form == "markdown":
        click.echo(as_markdown(entries()), nl=False)
    else:
        click.echo("\n".join(listed(entries())))
