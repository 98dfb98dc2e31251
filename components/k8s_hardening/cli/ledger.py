"""`k8s-hardening ledger`: each control of the CIS benchmark, and what is done for it."""

from __future__ import annotations

import json

import click

from k8s_hardening.cli.ledger_texts import as_data, as_markdown, listed
from k8s_hardening.plans.ledger import ledger as entries


@click.command()
@click.option("--format", "form", type=click.Choice(["text", "json", "markdown"]), default="text", show_default=True)
def ledger(form: str) -> None:
    r"""Say for each control of the CIS benchmark who emits it, who enforces it, and what is left to the host.

    \b
    Examples:
      k8s-hardening ledger
      k8s-hardening ledger --format json
      k8s-hardening ledger --format markdown > docs/ledger.md
    """
    if form == "json":
        click.echo(json.dumps([as_data(entry) for entry in entries()], indent=2))
    elif form == "markdown":
        click.echo(as_markdown(entries()), nl=False)
    else:
        click.echo("\n".join(listed(entries())))
