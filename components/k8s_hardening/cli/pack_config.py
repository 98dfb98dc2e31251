"""`k8s-hardening pack-config`: what the policy pack is told of each environment."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import click

from k8s_hardening.cli.stack_files import baseline_of, root_of
from k8s_hardening.cli.stack_options import project_option
from k8s_hardening.engine.pack_configuration import pack_configuration_text


@click.command("pack-config")
@project_option
@click.option("--stack", "stacks", multiple=True, default=("dev",), show_default=True, help="Stack; may be repeated.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder.  [default: policy-pack/config]")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 when a file differs from its baseline.")
def pack_config(project: Path, stacks: tuple[str, ...], out: Path | None, check: bool) -> None:
    r"""Write what the pack is told of each environment, from its baseline. Commit the result.

    \b
    Examples:
      k8s-hardening pack-config --stack dev --stack prod
      k8s-hardening pack-config --stack prod --check
    """
    folder = out or root_of(project) / "policy-pack/config"
    texts = {folder / f"{stack}.json": pack_configuration_text(baseline_of(project, stack)) for stack in stacks}
    stale = [path for path, text in texts.items() if not path.exists() or path.read_text() != text]
    if check:
        for path in stale:
            click.echo(f"{path}: differs from its baseline; run k8s-hardening pack-config", err=True)
        sys.exit(1 if stale else 0)
    folder.mkdir(parents=True, exist_ok=True)
    for path in stale:
        _write_whole(path, texts[path])
        click.echo(f"wrote {path}", err=True)


def _write_whole(path: Path, text: str) -> None:
    handle, scratch = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
        Path(scratch).chmod(0o644)
        Path(scratch).replace(path)
    finally:
        Path(scratch).unlink(missing_ok=True)
