"""The credential plug-in that options of `kubeconfig` name, held to having no secret in them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from k8s_hardening.kube.kubeconfig import NAMESPACE, ExecPlugin
from k8s_hardening.kube.secret_texts import named_secret, secret_form, secrets_in_arguments

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_INSTEAD = "no secret stands in a kubeconfig; let the plug-in ask for it, or name a file"


def plugin_of(
    command: str, arguments: Sequence[str], variables: Sequence[str], *, separate: bool, problems: list[str]
) -> ExecPlugin:
    """The plug-in; adds a problem for each part that cannot be used, and never repeats a value."""
    if not command.strip() or not command.isprintable():
        problems.append("--exec: is not the name of a program; for example --exec example-login")
    elif " " in command and "/" not in command:
        problems.append("--exec: is a whole command line; for example --exec example-login --exec-arg=token")
    elif (what := secret_form(command)) is not None:
        problems.append(f"--exec: looks like {what}: {_INSTEAD}")
    for index, what in secrets_in_arguments(arguments):
        problems.append(
            f"--exec-arg (number {index + 1}): looks like {what}: {_INSTEAD}, as in --exec-arg=--token-file=PATH"
        )
    pairs: dict[str, str] = {}
    for number, text in enumerate(variables, start=1):
        name, equals, value = text.partition("=")
        where = f"--exec-env (number {number})"
        if not equals or _NAME.fullmatch(name) is None:
            problems.append(f"{where}: is not NAME=VALUE; for example --exec-env EXAMPLE_PROFILE=prod")
        elif name in pairs:
            problems.append(f"{where}: sets {name} a second time; remove one of the two")
        elif (what := named_secret(name, value)) is not None:
            problems.append(f"{where}: {name} looks like {what}: {_INSTEAD}, as in --exec-env {name}_FILE=PATH")
        pairs.setdefault(name, value)
    texts = (*arguments, *pairs.values())
    if not all(one.isprintable() for one in texts):
        problems.append("--exec-arg, --exec-env: hold more than one line of text; for example --exec-arg=token")
    if not separate and any(NAMESPACE in one for one in texts):
        problems.append(
            f"--exec-arg, --exec-env: {NAMESPACE} needs --separate-credentials, one user for each namespace"
        )
    return ExecPlugin(command, tuple(arguments), tuple(pairs.items()))
