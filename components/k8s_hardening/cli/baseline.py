"""`k8s-hardening baseline`: what may stand in a baseline, from the models themselves."""

from __future__ import annotations

import click

from k8s_hardening.cli.baseline_texts import as_json_schema, as_markdown, listed


@click.command()
@click.option(
    "--format", "form", type=click.Choice(["text", "markdown", "json-schema"]), default="text", show_default=True
)
def baseline(form: str) -> None:
    r"""List every setting of a baseline.

    \b
    Examples:
      k8s-hardening baseline
      k8s-hardening baseline --format markdown > docs/baseline.md
      k8s-hardening baseline --format json-schema > baseline.schema.json
    """
    if form == "markdown":
        click.echo(as_markdown(), nl=False)
    elif form == "json-schema":
        click.echo(as_json_schema())
    else:
        click.echo("\n".join(listed()))
