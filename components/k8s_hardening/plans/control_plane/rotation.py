"""Rotation of encryption keys as checked steps: add the new key second, promote it, rewrite what is stored, drop the
old key. Which step is next, and which is refused, follows from facts alone: what etcd holds, and what each server runs.

One rule carries it: while servers change over one by one, each of them must be able to read what etcd holds and what
any other of them writes. A configuration is refused exactly when that rule would break.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from k8s_hardening.kube.encrypted_values import PLAIN, StorageKey
from k8s_hardening.kube.encryption_resources import Resource
from k8s_hardening.model.control_plane.encryption import EncryptionSpec
from k8s_hardening.plans.control_plane.encryption_files import CONFIG, SCRIPT
from k8s_hardening.plans.control_plane.encryption_state import EncryptionState, Entry, state_of_spec


@dataclass(frozen=True, slots=True)
class Server:
    """An API server, with the configuration that it runs (not the one that lies on its disk)."""

    name: str
    state: EncryptionState | None
    """None when nothing is known but a hash that belongs to none of the known configurations."""


@dataclass(frozen=True, slots=True)
class RotationFacts:
    """What is the case in the cluster, all of it observed."""

    stored: Mapping[Resource, Mapping[StorageKey, int]] = field(default_factory=dict)
    """How many objects of each resource etcd holds under which key."""
    servers: tuple[Server, ...] = ()
    """Every API server of the cluster."""


class StepKind(StrEnum):
    """The steps of a rotation, and what may have to come before them."""

    LEARN = "learn"
    RESTORE = "restore"
    CATCH_UP = "catch-up"
    PREPARE = "prepare"
    ADD = "add"
    PROMOTE = "promote"
    REWRITE = "rewrite"
    DROP = "drop"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, after which the facts are to be collected again."""

    kind: StepKind
    what: str
    commands: tuple[str, ...] = ()
    to: EncryptionState | None = None
    """The configuration that the step brings, where it brings one."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a configuration must not be rolled out now, and what is right instead."""

    what: str
    next_step: Step

    @property
    def message(self) -> str:
        """The refusal as one sentence."""
        return f"{self.what}; next: {self.next_step.what}"


def validate_transition(
    previous: EncryptionState, following: EncryptionState | EncryptionSpec, facts: RotationFacts
) -> tuple[Refusal, ...]:
    """Why the servers must not change over to a configuration now; nothing when they may.

    Args:
        previous: the configuration on the servers' disks, which any of them may start with at any time.
        following: the configuration to roll out.
        facts: what etcd holds and the servers run, observed after the last change.
    """
    if isinstance(following, EncryptionSpec):
        following = state_of_spec(following)
    if not (found := sorted(set(_refused(previous, following, facts)))):
        return ()
    step = next_step(previous, facts, following)
    return tuple(Refusal(what, step) for what in found)


def _refused(previous: EncryptionState, following: EncryptionState, facts: RotationFacts) -> Iterator[str]:
    if not facts.servers and (facts.stored or previous.entries):
        yield "no server is known, and each has to be able to read what the others write"
    for server in facts.servers:
        if server.state is None:
            yield f"server {server.name} runs a configuration that is not known here"
    running = _running(previous, facts)
    for name, state in running.items():
        for key in state.differs_in_bytes(following):
            yield f"{key} has other bytes than on {name}, so what was written with it could no longer be read"
    for resource in _resources(facts.stored, previous, following, *running.values()):
        yield from _refused_for(resource, running, following, facts)


def _refused_for(
    resource: Resource, running: Mapping[str, EncryptionState], following: EncryptionState, facts: RotationFacts
) -> Iterator[str]:
    keys = following.keys_for(resource)
    for key, count in facts.stored.get(resource, {}).items():
        if count and key not in keys:
            yield f"{count} of {resource} are stored under {key}, which the configuration no longer reads"
    if keys[0] == PLAIN and any(state.keys_for(resource)[0] != PLAIN for state in running.values()):
        yield f"{resource} would be written in plain text, and is encrypted today"
    for name, state in running.items():
        writer = state.keys_for(resource)[0]
        if writer not in keys:
            yield f"{name} still writes {resource} with {writer}, which the configuration no longer reads"
        if keys[0] not in state.keys_for(resource):
            yield f"{keys[0]} would write {resource}, and {name} cannot read it yet"


def _running(previous: EncryptionState, facts: RotationFacts) -> dict[str, EncryptionState]:
    """Every configuration that some server runs, or may run from one moment to the next."""
    running = {f"server {server.name}": server.state for server in facts.servers if server.state is not None}
    if facts.servers or previous.entries:
        running["a server that starts again"] = previous
    return running


def _resources(stored: Iterable[Resource], *states: EncryptionState) -> list[Resource]:
    return sorted({*stored, *(one for state in states for one in state.named())})


def next_step(current: EncryptionState, facts: RotationFacts, goal: EncryptionState | None = None) -> Step:
    """The next right step from the configuration on the servers' disks.

    Args:
        current: the configuration that every server should run by now.
        facts: what etcd holds and the servers run.
        goal: the configuration to reach in the end; None only finishes what was begun.
    """
    if (step := _trouble(current, facts)) is not None:
        return step
    wanted = current if goal is None else goal
    if not facts.servers and wanted.entries:  # nothing stored and nothing running, or there had been trouble
        return Step(
            StepKind.ADD,
            "roll out the configuration before the first API server starts",
            (*_brought(wanted.all_keys()), *_ROLL_OUT),
            wanted,
        )
    resources = _resources(facts.stored, current, wanted)
    if (step := _towards(current, wanted, resources)) is not None:
        return step
    if old := _under_others(facts, {one: current.keys_for(one)[0] for one in resources}):
        return _rewrite(old)
    if not current.is_same(wanted):
        return Step(
            StepKind.DROP,
            f"roll out the configuration: nothing is stored under {_listed(current.all_keys() - wanted.all_keys())}",
            _ROLL_OUT,
            wanted,
        )
    return _rest(current, resources)


def _trouble(current: EncryptionState, facts: RotationFacts) -> Step | None:
    """What has to be cleared up before any change."""
    unknown = [server.name for server in facts.servers if server.state is None]
    if unknown or (not facts.servers and (facts.stored or current.entries)):
        who = ", ".join(unknown) or "every API server"
        return Step(
            StepKind.LEARN,
            f"find out which configuration {who} runs, and give it with --server-config",
            (f"ssh NODE sh {SCRIPT} show > NODE.yaml", _METRIC),
        )
    known = {server.name: server.state for server in facts.servers if server.state is not None}
    for name, state in known.items():
        if keys := state.differs_in_bytes(current):
            return Step(
                StepKind.RESTORE,
                f"give server {name} the bytes of {_listed(keys)} that the others have; start nothing again before",
                (f"ssh OTHER cat FILE-OF-THE-KEY | ssh {name} sh {SCRIPT} take KEY", f"ssh {name} sh {SCRIPT} fill"),
            )
    lost = {
        key
        for resource, counts in facts.stored.items()
        for key, count in counts.items()
        if count and key not in current.keys_for(resource)
    }
    if lost:
        return Step(
            StepKind.RESTORE,
            f"add {_listed(lost)} to the configuration again: objects are stored under it that no server can read",
            _ROLL_OUT,
        )
    if behind := [name for name, state in known.items() if not state.is_same(current)]:
        return Step(
            StepKind.CATCH_UP,
            f"let {', '.join(sorted(behind))} run the current configuration; other servers have it already",
            tuple(f"ssh {name} sh {SCRIPT} fill  # then wait a minute, or start the server again" for name in behind),
        )
    return None


def _towards(current: EncryptionState, goal: EncryptionState, resources: list[Resource]) -> Step | None:
    """The configuration between here and the goal that comes next: with new keys added, or with them in front."""
    have = {one: current.keys_for(one) for one in resources}
    want = {one: goal.keys_for(one) for one in resources}
    added = {one: _with(have[one], want[one]) for one in resources}
    new = sorted({key for one in resources for key in want[one] if key not in have[one]} - {PLAIN})
    if bare := [str(one) for one in resources if want[one][0] == PLAIN != have[one][0]]:
        return Step(StepKind.RESTORE, f"keep {', '.join(bare)} in the configuration, with the key that writes now")
    if keys := current.differs_in_bytes(goal):
        return Step(StepKind.RESTORE, f"give the new bytes of {_listed(keys)} a name of their own")
    if added != have:
        if plain := [str(one) for one in resources if have[one][0] == PLAIN != want[one][0]]:
            return Step(
                StepKind.PREPARE,
                f"let every server read {_listed(new)} while all still write {', '.join(plain)} in plain text; the "
                "groups of these need reads_plain_text_while_migrating",
                (
                    *_brought(new),
                    f"sh {SCRIPT} prepare  # on every node, then wait a minute, or start the server again",
                ),
                _state(added, goal, current),
            )
        return Step(
            StepKind.ADD,
            f"add {_listed(new) if new else 'plain text'} behind the keys that are there, on every server",
            (*_brought(new), *_ROLL_OUT),
            _state(added, goal, current),
        )
    promoted = {one: (want[one][0], *(key for key in have[one] if key != want[one][0])) for one in resources}
    if promoted != have:
        first = sorted({want[one][0] for one in resources if want[one][0] != have[one][0]})
        return Step(
            StepKind.PROMOTE,
            f"put {_listed(first)} first, now that every server has it, and keep the others behind it",
            _ROLL_OUT,
            _state(promoted, goal, current),
        )
    return None


def _with(have: tuple[StorageKey, ...], want: tuple[StorageKey, ...]) -> tuple[StorageKey, ...]:
    """The keys that are there, then the new ones, with plain text last unless it writes."""
    keys = dict.fromkeys((*have, *want))
    if have[0] != PLAIN and PLAIN in keys:
        del keys[PLAIN]
        keys[PLAIN] = None
    return tuple(keys)


def _state(keys: Mapping[Resource, tuple[StorageKey, ...]], *marked: EncryptionState) -> EncryptionState:
    # Single resources first: a server refuses an entry behind a wildcard that includes it.
    resources = sorted(keys, key=lambda one: (one.is_wildcard, one.group == "*", one))
    marks = {key: mark for state in marked for key, mark in state.marks.items()}
    named = {one for state in marked for one in state.named()}
    return EncryptionState(
        tuple(Entry((one,), keys[one]) for one in resources if one in named or keys[one] != (PLAIN,)), marks
    )


def _under_others(facts: RotationFacts, writers: Mapping[Resource, StorageKey]) -> dict[Resource, int]:
    counts = {
        resource: sum(count for key, count in facts.stored.get(resource, {}).items() if key != writer)
        for resource, writer in writers.items()
    }
    return {resource: count for resource, count in counts.items() if count}


def _rewrite(old: Mapping[Resource, int]) -> Step:
    return Step(
        StepKind.REWRITE,
        "rewrite "
        + ", ".join(f"{count} of {resource}" for resource, count in sorted(old.items()))
        + ", which are stored under another key than the one that writes",
        tuple(f"kubectl get {resource} --all-namespaces -o json | kubectl replace -f -" for resource in sorted(old)),
    )


def _rest(current: EncryptionState, resources: list[Resource]) -> Step:
    """What is left when nothing is stored under other keys than those that write."""
    spare = sorted({key for one in resources for key in current.keys_for(one)[1:]})
    if spare:
        return Step(
            StepKind.DROP,
            f"remove {_listed(spare)} from the configuration: nothing is stored under it",
            _ROLL_OUT,
            _state({one: current.keys_for(one)[:1] for one in resources}, current),
        )
    if not any(current.keys_for(one)[0] != PLAIN for one in resources):
        return Step(StepKind.ADD, "nothing is encrypted; write encryption into the baseline, and give it with --to")
    return Step(StepKind.DONE, "nothing is left to do; to rotate, add a second key to the configuration")


def _listed(keys: Iterable[StorageKey]) -> str:
    return ", ".join(map(str, sorted(keys))) or "other keys"


def _brought(keys: Iterable[StorageKey]) -> Iterator[str]:
    """How new keys come to the nodes; a key of a plug-in does not lie there."""
    for key in sorted(keys):
        if key != PLAIN and not key.provider.startswith("kms"):
            yield f"sh {SCRIPT} make {key.name}  # on the first node, once the new template and script are everywhere"
            yield f"ssh FIRST cat FILE-OF-THE-KEY | sh {SCRIPT} take {key.name}  # on every other node"


_ROLL_OUT = (
    f"sh {SCRIPT} fill  # on every node, one after the other",
    f"sha256sum {CONFIG}  # the same on every node",
)
# Since 1.34 a server says which file it runs: k8s.io/apiserver v0.34.4 pkg/server/options/encryptionconfig/metrics.
_METRIC = "kubectl get --raw /metrics | grep apiserver_encryption_config_controller_last_config_info  # from 1.34 on"
