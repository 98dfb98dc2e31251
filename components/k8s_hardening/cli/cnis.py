"""`k8s-hardening cnis`: what each network plug-in does with policies, from the table that controls judge by."""

from __future__ import annotations

import difflib
import json

import click

from k8s_hardening.cli.cni_texts import as_data, as_markdown, explained, listed
from k8s_hardening.kube.cnis import CNIS


@click.command()
@click.argument("name", required=False, metavar="[NAME]")
@click.option("--format", "form", type=click.Choice(["text", "json", "markdown"]), default="text", show_default=True)
@click.pass_context
def cnis(ctx: click.Context, name: str | None, form: str) -> None:
    r"""Say what each network plug-in does with policies, or explain one with the sources.

    It is what documents and code declare: no plug-in runs here.

    \b
    Examples:
      k8s-hardening cnis
      k8s-hardening cnis calico
      k8s-hardening cnis --format markdown > docs/cnis.md
    """
    if name is not None and name not in CNIS:
        near = difflib.get_close_matches(name, CNIS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(sorted(CNIS))}"
        raise click.BadParameter(f"{name!r} is not a known CNI; {hint}", ctx, ctx.command.params[0])
    chosen = {key: CNIS[key] for key in sorted(CNIS) if name in (None, key)}
    if form == "json":
        click.echo(json.dumps([as_data(key, cni) for key, cni in chosen.items()], indent=2))
    elif form == "markdown":
        click.echo(as_markdown(chosen), nl=False)
    else:
        click.echo("\n".join(listed(chosen) if name is None else explained(name, CNIS[name])))
