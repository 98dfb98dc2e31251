"""`k8s-hardening apparmor import`: profiles of bane and of AppArmor's own files, for a baseline."""

from __future__ import annotations

from pathlib import Path

import click

from k8s_hardening.cli.apparmor_profiles import STDIN, form_option, print_profiles, read_bytes, say
from k8s_hardening.cli.failing import Refused
from k8s_hardening.model.apparmor_importing import Imported, import_bane, import_file, looks_like_bane


@click.command(name="import")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--from",
    "origin",
    type=click.Choice(["bane", "profile"]),
    help="What the files are; by default each is looked at.",
)
@click.option("--name", help="Name of the profile in the baseline, where there is one file.")
@form_option
def import_(files: tuple[str, ...], origin: str | None, name: str | None, form: str) -> None:
    r"""Write profiles of others for apparmor.profiles of a baseline.

    A TOML file of bane becomes a typed profile. A profile file of AppArmor's own language is kept as it is, as
    text_unchecked. What could not be carried over is said on the error stream; - stands for the standard input.

    \b
    Examples:
      k8s-hardening apparmor import nginx.toml
      k8s-hardening apparmor import --from profile --name nginx /etc/apparmor.d/usr.sbin.nginx
    """
    if name is not None and len(files) > 1:
        raise Refused([f"--name: is for one file, and there are {len(files)}"])
    found: dict[str, Imported] = {path: _imported(path, origin, name) for path in dict.fromkeys(files)}
    problems = [f"{path}: {what}" for path, one in found.items() for what in one.problems]
    first: dict[str, str] = {}
    for path, one in found.items():
        called = one.fields.get("name", "")
        if called and first.setdefault(called, path) != path:
            problems.append(
                f'{path}: makes a profile "{called}", as {first[called]} does; import it alone, with --name'
            )
    if problems:
        raise Refused(problems)
    print_profiles([one.fields for one in found.values()], form)
    say(f"note: {path}: {what}" for path, one in found.items() for what in one.notes)


def _imported(path: str, origin: str | None, name: str | None) -> Imported:
    try:
        text = read_bytes(path).decode("utf-8")
    except OSError as error:
        return Imported(problems=[f"cannot be read: {error.strerror}"])
    except UnicodeDecodeError:
        return Imported(problems=["is not a text in UTF-8"])
    if origin == "bane" or (origin is None and looks_like_bane(text)):
        return import_bane(text, "profile" if path == STDIN else Path(path).stem, name)
    return import_file(text, name)
