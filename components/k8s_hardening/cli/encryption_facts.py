"""What `k8s-hardening encryption` is told of a cluster: an export of etcd, configurations, and who runs which."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from k8s_hardening.kube.documents import UnreadableError, read_one
from k8s_hardening.kube.encrypted_values import BadDumpError, StorageKey, count_keys
from k8s_hardening.kube.encryption import KINDS
from k8s_hardening.kube.encryption_resources import Resource
from k8s_hardening.model.problems import BadInputError
from k8s_hardening.plans.control_plane.encryption_state import EncryptionState, state_of_configuration
from k8s_hardening.plans.control_plane.rotation import RotationFacts, Server

_HASH = re.compile(r"(?:sha256:)?([0-9a-f]{64})")
_SHOWN = re.compile(rb"# sha256:([0-9a-f]{64})\n")
# k8s.io/apiserver v0.34.4 pkg/server/options/encryptionconfig/metrics/metrics.go, the first with this metric.
_METRIC = re.compile(rb'encryption_config_controller_last_config_info\{[^}]*\bhash="sha256:([0-9a-f]{64})"')
NO_FILE = "none"
"""What is written for a server that runs without a configuration."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Everything that is known."""

    current: EncryptionState
    """The configuration that every server should run."""
    facts: RotationFacts


def read_cluster(dump: str, configurations: Iterable[Path], servers: Iterable[str]) -> Cluster:
    """The facts behind the options of the command line.

    Args:
        dump: file with an export of etcd, `-` for the standard input.
        configurations: files with an EncryptionConfiguration; the first is the one that every server should run.
        servers: `NAME=FILE`, `NAME=HASH` or `NAME=none` for each API server.

    Raises:
        BadInputError: with every problem.
    """
    problems: list[str] = []
    known: dict[str, EncryptionState] = {}
    current: EncryptionState | None = None
    for path in configurations:
        try:
            digest, state = _configuration(path.name, _bytes(path))
        except BadInputError as error:
            problems += error.problems
            state = EncryptionState()
        else:
            known[digest] = state
        current = state if current is None else current
    running: dict[str, Server] = {}
    for text in servers:
        name, _, what = text.partition("=")
        if not name or not what or name in running:
            twice = "names a server twice" if name in running else "is not NAME=FILE, NAME=HASH or NAME=none"
            problems.append(f'--server-config "{text}" {twice}; for example cp-1=cp-1.yaml')
            continue
        try:
            running[name] = Server(name, _running(what, known))
        except BadInputError as error:
            problems += error.problems
    stored: dict[Resource, dict[StorageKey, int]] = {}
    try:
        counts = count_keys(sys.stdin.buffer.read() if dump == "-" else _bytes(Path(dump)))
        stored = {resource: dict(found) for resource, found in counts.items()}
    except BadDumpError as error:
        problems.append(f"{'<stdin>' if dump == '-' else dump}: {error}")
    except BadInputError as error:
        problems += error.problems
    if problems:
        raise BadInputError(problems)
    return Cluster(current or EncryptionState(), RotationFacts(stored, tuple(running.values())))


def read_goal(path: Path) -> EncryptionState:
    """The state that a configuration or a template leads to.

    Raises:
        BadInputError: it cannot be read.
    """
    return _configuration(path.name, _bytes(path))[1]


def _running(what: str, known: dict[str, EncryptionState]) -> EncryptionState | None:
    if what == NO_FILE:
        return EncryptionState()
    if (match := _HASH.fullmatch(what)) is not None:
        return known.get(match[1])
    data = _bytes(Path(what))
    if (metric := _METRIC.search(data)) is not None:
        return known.get(metric[1].decode())
    return _configuration(Path(what).name, data)[1]


def _configuration(name: str, data: bytes) -> tuple[str, EncryptionState]:
    """Hash of a configuration's file, and its state; what `bootstrap.sh show` prints says the hash of the true file."""
    content = read_configuration(name, data)
    shown = _SHOWN.match(data)
    return shown[1].decode() if shown else hashlib.sha256(data).hexdigest(), state_of_configuration(content)


def read_configuration(name: str, data: bytes) -> dict[str, Any]:
    """An EncryptionConfiguration, of its old form too.

    Raises:
        BadInputError: it is none; never with a value of it.
    """
    try:
        content = read_one(data, name)
    except UnreadableError as error:
        raise BadInputError(f"{name}: line {flaw.line}: {flaw.what}" for flaw in error.flaws) from None
    if not isinstance(content, dict) or content.get("kind") not in KINDS:
        raise BadInputError([f"{name}: is no EncryptionConfiguration; for example /etc/kubernetes/encryption.yaml"])
    return content


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInputError([f"{path}: cannot be read: {error.strerror}"]) from None
