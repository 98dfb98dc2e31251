"""The entry point: one group whose commands are imported only when they are used.

Judging a file must start at once, so nothing here imports the engine, Pulumi or a command that was not asked for.
"""

from __future__ import annotations

import importlib
import io
import sys
import traceback
from typing import Any

import click

from k8s_hardening.cli.failing import Interrupted, Refused
from k8s_hardening.model.problems import BadInputError

# Name -> (where the command is, what the list of commands says).
COMMANDS = {
    "access": ("k8s_hardening.cli.access:access", "Show who may do what in which namespace."),
    "apparmor": ("k8s_hardening.cli.apparmor:apparmor", "Import, learn and verify AppArmor profiles."),
    "baseline": ("k8s_hardening.cli.baseline:baseline", "List every setting of a baseline."),
    "can": ("k8s_hardening.cli.can:can", "Say what somebody may do, and whose rights it can get."),
    "can-i": ("k8s_hardening.cli.can_i:can_i", "Answer as `kubectl auth can-i` would, from objects."),
    "check": ("k8s_hardening.cli.check:check", "Judge Kubernetes YAML and JSON with every control."),
    "cnis": ("k8s_hardening.cli.cnis:cnis", "Say what each network plug-in does with policies."),
    "controls": ("k8s_hardening.cli.controls:controls", "List the controls, or explain one."),
    "drift": ("k8s_hardening.cli.drift:drift", "Say what of the cluster is not as it was applied."),
    "encryption": (
        "k8s_hardening.cli.encryption:encryption",
        "Say where encryption at rest stands, and what is next.",
    ),
    "engine": ("k8s_hardening.cli.engine:engine", "Obtain the engine and say which it is."),
    "kubeconfig": ("k8s_hardening.cli.kubeconfig:kubeconfig", "Write the kubeconfig of a person of a tenant."),
    "ladder": ("k8s_hardening.cli.ladder:ladder", "Say which workloads a stricter Pod Security level would reject."),
    "ledger": ("k8s_hardening.cli.ledger:ledger", "Say what is done for each control of the CIS benchmark."),
    "pack-config": ("k8s_hardening.cli.pack_config:pack_config", "Write what the pack is told of each environment."),
    "preview": ("k8s_hardening.cli.preview:preview", "Preview a stack with the real engine, judged by the pack."),
    "reach": ("k8s_hardening.cli.reach:reach", "Say who reaches whom, as the network policies say, and why."),
    "rehearse": ("k8s_hardening.cli.rehearse:rehearse", "Say what moving to another Kubernetes version changes."),
    "render": ("k8s_hardening.cli.render:render", "Write an environment's manifests and host files to a folder."),
    "up": ("k8s_hardening.cli.up:up", "Preview a stack with the pack first, then apply it."),
    "who-can": ("k8s_hardening.cli.who_can:who_can", "Say who may do something, directly or by way of others."),
}
EXIT_DEFECT = 70  # EX_SOFTWARE of sysexits.h: the fault is ours


class Commands(click.Group):
    """A group that imports a command when it runs, and turns what goes wrong into messages for people."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the form is that of click
        """Names of all commands, without importing any."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import one command; its help is a raw docstring, where click wants a real backspace."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)  # noqa: S101 - for the type checker; a test holds it
        for one in (command, *(command.commands.values() if isinstance(command, click.Group) else ())):
            one.help = _unescaped(one.help)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Show the commands in the help, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; bad input ends with status 2, a defect of ours with 70 and no traceback."""
        try:
            return super().invoke(ctx)
        except BadInputError as error:
            raise Refused(error.problems) from None
        except KeyboardInterrupt:
            raise Interrupted from None
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception as error:
            if ctx.params.get("debug"):
                traceback.print_exc()
            _report_defect(error, ctx.invoked_subcommand)
            ctx.exit(EXIT_DEFECT)


def _unescaped(text: str | None) -> str | None:
    return text.replace("\\b\n", "\b\n") if text else text


def _report_defect(error: Exception, command: str | None) -> None:
    # The error's text may hold a value of the user's files, so only its type and place are shown.
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{frame.filename.rpartition('k8s_hardening/')[2]}:{frame.lineno}"
    click.echo(
        f"k8s-hardening: defect in {command}: {type(error).__name__} at {place}; please report this line, "
        "with what `k8s-hardening --debug ...` shows",
        err=True,
    )


def _show_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"k8s-hardening {version('k8s-hardening')}")
        ctx.exit()


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit status: 0 done, 1 findings, 2 bad input, 70 a defect of k8s-hardening.",
)
@click.option("--debug", is_flag=True, help="Show the traceback of a defect.")
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version and exit.",
)
def main(debug: bool) -> None:
    r"""Hardening-as-code for Kubernetes: render an environment, judge any manifest, explain the rules.

    \b
    Examples:
      k8s-hardening check deploy/
      helm template my-chart | k8s-hardening check --kubernetes 1.36 -
      k8s-hardening render --stack dev --out out/dev
      k8s-hardening controls privileged
    """
    for stream in (sys.stdout, sys.stderr):
        # A terminal or log of another encoding must not turn a name from a file into a crash.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


main.help = _unescaped(main.help)

if __name__ == "__main__":
    main()
