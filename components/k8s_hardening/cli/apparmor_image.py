"""`k8s-hardening apparmor image`: the loader's image as an OCI layout."""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import click

from k8s_hardening.cli.folder import swap
from k8s_hardening.engine.progress import Progress
from k8s_hardening.loader_image.debian import ImageError, default_architecture, default_mirrors, fetch_packages
from k8s_hardening.loader_image.layer import RootFilesystem, root_filesystem
from k8s_hardening.loader_image.layout import ARCHITECTURES, write_layout
from k8s_hardening.model.problems import BadInputError

_NO_IMAGE = 3
_SUITE = re.compile(r"[a-z][a-z0-9.-]*")
_MARKER = "oci-layout"


def _suite(ctx: click.Context, param: click.Parameter, value: str) -> str:
    if _SUITE.fullmatch(value) is None:
        raise click.BadParameter(f'"{value}" is not the name of a Debian release; for example "bookworm"', ctx, param)
    return value


@click.command()
@click.option(
    "--output",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write, new or a layout.",
)
@click.option("--suite", default="bookworm", show_default=True, callback=_suite, help="Debian release to take.")
@click.option(
    "--mirror",
    "mirrors",
    multiple=True,
    metavar="URL",
    help="Where to fetch packages from, or a whole line of sources.list; this machine's apt sources by default.",
)
@click.option("--architecture", type=click.Choice(ARCHITECTURES), help="Of the nodes; that of this machine by default.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Of the result."
)
def image(output: Path, suite: str, mirrors: tuple[str, ...], architecture: str | None, form: str) -> None:
    r"""Make the image of the AppArmor loader, and print its digest.

    Fetches Debian packages with mmdebstrap, runs nothing of them, keeps what the loader needs, and writes one layer as
    an OCI layout. The same packages give the same digest, wherever and whenever it is made; SOURCE_DATE_EPOCH, by
    default 0, is the time of everything in it. Copy it to your registry with skopeo, crane or oras, and name it by its
    digest below apparmor.loader.image.

    \b
    Examples:
      k8s-hardening apparmor image --output out/apparmor-loader
      skopeo copy oci:out/apparmor-loader docker://registry.example.com/platform/apparmor-loader:1
    """
    epoch = _epoch()
    _refuse_foreign(output)
    try:
        architecture = architecture or default_architecture()
        if architecture not in ARCHITECTURES:
            raise ImageError(f"this machine is {architecture}: name the nodes' architecture with --architecture")
        root = _fetched(suite, architecture, list(mirrors) or default_mirrors(suite))
        digest = _written(root, architecture, epoch, output)
    except ImageError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(_NO_IMAGE)
    size = sum(file.stat().st_size for file in output.rglob("*") if file.is_file())
    if form == "json":
        found = {"output": str(output), "digest": digest, "architecture": architecture, "size": size}
        click.echo(json.dumps({**found, "packages": root.packages}, indent=2))
        return
    click.echo(digest)
    click.echo(f"{output}: {size / 1e6:.1f} MB, {len(root.packages)} Debian packages of {suite}", err=True)


def _epoch() -> int:
    text = os.environ.get("SOURCE_DATE_EPOCH", "0")
    if not text.isdecimal() or len(text) > 10:
        raise BadInputError([f"SOURCE_DATE_EPOCH: {text!r} is not a number of seconds; for example 1767225600"])
    return int(text)


def _fetched(suite: str, architecture: str, mirrors: list[str]) -> RootFilesystem:
    with tempfile.TemporaryDirectory(prefix="k8s-hardening-") as scratch:
        packages = Path(scratch) / "packages.tar"
        with Progress().step(f"fetching Debian packages of {suite} for {architecture}", "1 min"):
            fetch_packages(suite, architecture, mirrors, packages)
        return root_filesystem(packages)


def _written(root: RootFilesystem, architecture: str, epoch: int, output: Path) -> str:
    folder = output.resolve()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as scratch:
            made = Path(scratch) / "new"
            made.mkdir()
            digest = write_layout(root, architecture, version("k8s-hardening"), epoch, made)
            swap(made, folder, Path(scratch) / "old")
    except OSError as error:
        raise BadInputError([f"{output}: cannot be written: {error.strerror or type(error).__name__}"]) from None
    return digest


def _refuse_foreign(folder: Path) -> None:
    if folder.is_dir() and any(folder.iterdir()) and not (folder / _MARKER).is_file():
        raise BadInputError([f"{folder}: holds something else than an image; name a new or an empty folder"])
