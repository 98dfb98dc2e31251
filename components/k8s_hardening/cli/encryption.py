"""`k8s-hardening encryption`: where the encryption of a cluster stands, which step is next, old files translated."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import click

from k8s_hardening.cli.encryption_facts import Cluster, read_cluster, read_configuration, read_goal
from k8s_hardening.cli.failing import Refused
from k8s_hardening.kube.encrypted_values import PLAIN
from k8s_hardening.kube.encryption import API_VERSION, FLAG, KIND, OLD_FLAG, OLD_KIND
from k8s_hardening.kube.encryption_resources import Resource
from k8s_hardening.kube.yaml_text import as_yaml
from k8s_hardening.plans.control_plane.encryption_state import EncryptionState
from k8s_hardening.plans.control_plane.rotation import Step, StepKind, next_step, validate_transition

EXIT_FINDINGS = 1


def _facts(command: Any) -> Any:
    options = (
        click.option(
            "--etcd-dump",
            "dump",
            required=True,
            help="Export of etcd: what `etcdctl get /registry --prefix -w json` prints; - for the standard input.",
        ),
        click.option(
            "--config",
            "configurations",
            multiple=True,
            type=click.Path(path_type=Path),
            help="EncryptionConfiguration; the first is the one that every server should run, others were before it.",
        ),
        click.option(
            "--server-config",
            "servers",
            multiple=True,
            metavar="NAME=FILE|HASH|none",
            help="What each API server runs: its file, its hash, its /metrics, or none. Once for every server.",
        ),
        click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group()
def encryption() -> None:
    r"""Say where encryption at rest stands, which step is next, and translate old files.

    All commands read files and change nothing in a cluster. No key has to leave its node: `bootstrap.sh show` prints a
    node's configuration with the hash of each key, and an export of etcd can be piped in.

    \b
    Examples:
      k8s-hardening encryption status --etcd-dump etcd.json --config cp-1.yaml --server-config cp-1=cp-1.yaml
      k8s-hardening encryption next --etcd-dump - --config cp-1.yaml --server-config cp-1=cp-1.yaml --to new.yaml
      k8s-hardening encryption translate old.yaml --out new.yaml
    """


@encryption.command()
@_facts
@click.pass_context
def status(
    ctx: click.Context, dump: str, configurations: tuple[Path, ...], servers: tuple[str, ...], form: str
) -> None:
    r"""Count the objects under each key, and name the servers that lag behind.

    Ends with status 1 when a server lags or is unknown, or when objects that should be encrypted are not, lie under
    a key that no longer writes, or can no longer be read.

    \b
    Example:
      etcdctl get /registry --prefix -w json | k8s-hardening encryption status --etcd-dump - \
        --config cp-1.yaml --server-config cp-1=cp-1.yaml --server-config cp-2=cp-2.yaml
    """
    cluster = read_cluster(dump, configurations, servers)
    rows, running = _rows(cluster), _servers(cluster)
    if form == "json":
        click.echo(json.dumps({"objects": rows, "servers": running}, indent=2))
    else:
        for row in rows:
            click.echo(f"{row['resource']:<40} {row['key']:<24} {row['objects']:>7}  {row['state']}")
        for server in running:
            click.echo(f"server {server['name']:<33} {server['state']}")
    if any(one["state"] not in _GOOD for one in (*rows, *running)):
        ctx.exit(EXIT_FINDINGS)


_SECRETS = Resource("", "secrets")
_NOT_MEANT = "not encrypted by the configuration"
_GOOD = frozenset({"writes", "current", _NOT_MEANT})


def _rows(cluster: Cluster) -> list[dict[str, Any]]:
    """Each resource that is encrypted, or should be, with its keys; of the others nothing but plain text is stored."""
    rows = []
    for resource, counts in sorted(cluster.facts.stored.items()):
        keys = cluster.current.keys_for(resource)
        if keys == (PLAIN,) and set(counts) == {PLAIN} and resource != _SECRETS:
            continue
        for key, count in sorted(counts.items()):
            if key not in keys:
                state = "unreadable"
            elif key == keys[0] == PLAIN:
                state = "plain text" if len(keys) > 1 or resource == _SECRETS else _NOT_MEANT
            else:
                state = "writes" if key == keys[0] else "to be rewritten"
            rows.append({"resource": str(resource), "key": str(key), "objects": count, "state": state})
    return rows


def _servers(cluster: Cluster) -> list[dict[str, str]]:
    found = []
    for server in sorted(cluster.facts.servers, key=lambda one: one.name):
        if server.state is None:
            state = "unknown: its hash belongs to none of the given configurations"
        elif keys := server.state.differs_in_bytes(cluster.current):
            state = f"other bytes of {', '.join(map(str, sorted(keys)))}"
        else:
            state = "current" if server.state.is_same(cluster.current) else "lagging"
        found.append({"name": server.name, "state": state})
    return found


@encryption.command(name="next")
@_facts
@click.option(
    "--to",
    "goal",
    type=click.Path(path_type=Path),
    help="Configuration to reach, or its template as rendered; without it only what was begun is finished.",
)
@click.pass_context
def following(
    ctx: click.Context,
    dump: str,
    configurations: tuple[Path, ...],
    servers: tuple[str, ...],
    form: str,
    goal: Path | None,
) -> None:
    r"""Say the next right step of a rotation, and why the goal must not be rolled out before it.

    A key is added behind the others, promoted once every server has it, all objects are rewritten, and only then is
    the old key dropped. The step follows from what etcd holds and the servers run. Ends with status 1 when rolling out
    the goal at once would make objects unreadable.

    \b
    Example:
      k8s-hardening encryption next --etcd-dump etcd.json --config cp-1.yaml --server-config cp-1=cp-1.yaml \
        --server-config cp-2=sha256:HASH --to out/dev/host/etc/kubernetes/hardening/encryption/config.template.yaml
    """
    cluster = read_cluster(dump, configurations, servers)
    wanted = None if goal is None else read_goal(goal)
    step = next_step(cluster.current, cluster.facts, wanted)
    refusals = () if wanted is None else validate_transition(cluster.current, wanted, cluster.facts)
    if form == "json":
        refused = [one.what for one in refusals]
        click.echo(json.dumps({"refused": refused, "next": _step(step)}, indent=2))
    else:
        for one in refusals:
            click.echo(f"not yet: {one.what}")
        click.echo(f"{step.kind.value}: {step.what}")
        for command in step.commands:
            click.echo(f"  {command}")
        for line in _chains(step.to):
            click.echo(f"  # {line}")
    if refusals or step.kind in (StepKind.LEARN, StepKind.RESTORE):
        ctx.exit(EXIT_FINDINGS)


def _step(step: Step) -> dict[str, Any]:
    return {
        "step": step.kind.value,
        "what": step.what,
        "commands": list(step.commands),
        "configuration": None if step.to is None else _chains(step.to),
    }


def _chains(state: EncryptionState | None) -> list[str]:
    """The order of keys that a configuration has, a line for resources of the same."""
    lines: dict[str, list[str]] = {}
    for entry in state.entries if state is not None else ():
        lines.setdefault(", then ".join(map(str, entry.keys)), []).extend(map(str, entry.resources))
    return [f"{', '.join(resources)}: {keys}" for keys, resources in lines.items()]


@encryption.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="New file, readable by you only.")
def translate(file: Path, out: Path) -> None:
    r"""Write an EncryptionConfig of before 1.13 in its present form.

    Only apiVersion and kind change, and the flag that names the file. The file holds keys, so nothing of it is shown,
    and an existing file is never replaced.

    \b
    Example:
      k8s-hardening encryption translate encryption-config.yaml --out encryption-configuration.yaml
    """
    try:
        content = read_configuration(file.name, file.read_bytes())
    except OSError as error:
        raise Refused([f"{file}: cannot be read: {error.strerror}"]) from None
    if content.get("kind") != OLD_KIND:
        raise Refused([f"{file.name}: is in its present form already"])
    rest = {key: value for key, value in content.items() if key not in ("apiVersion", "kind")}
    text = as_yaml({"apiVersion": API_VERSION, "kind": KIND, **rest})
    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise Refused([f"{out}: cannot be written: {error.strerror}"]) from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    click.echo(f"wrote {out}; name it with --{FLAG} in place of --{OLD_FLAG}, and judge it with k8s-hardening check")
