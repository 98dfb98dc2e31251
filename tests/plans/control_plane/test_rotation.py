"""Rotation: whatever path of allowed steps is taken, no object is ever unreadable, and a refusal leads on."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from k8s_hardening.kube.encrypted_values import PLAIN, StorageKey
from k8s_hardening.kube.encryption_resources import Resource
from k8s_hardening.model.control_plane.encryption import EncryptionSpec
from k8s_hardening.plans.control_plane.encryption_state import (
    EncryptionState,
    Entry,
    state_of_configuration,
    state_of_spec,
)
from k8s_hardening.plans.control_plane.rotation import (
    RotationFacts,
    Server,
    StepKind,
    next_step,
    validate_transition,
)

SECRETS, CONFIG_MAPS = Resource("", "secrets"), Resource("", "configmaps")
WIDGETS = Resource("example.com", "widgets")
OLD, NEW, VAULT = StorageKey("secretbox", "old"), StorageKey("secretbox", "new"), StorageKey("kms v2", "vault")


def state(*keys: StorageKey, resources: tuple[Resource, ...] = (SECRETS,)) -> EncryptionState:
    return EncryptionState((Entry(resources, keys),) if keys else ())


def facts(stored: dict[StorageKey, int], *running: EncryptionState | None) -> RotationFacts:
    servers = tuple(Server(f"cp-{number}", one) for number, one in enumerate(running, 1))
    return RotationFacts({SECRETS: stored}, servers)


def refused(previous: EncryptionState, following: EncryptionState, seen: RotationFacts) -> list[tuple[str, StepKind]]:
    return [(one.what, one.next_step.kind) for one in validate_transition(previous, following, seen)]


def test_the_whole_rotation_is_allowed_step_by_step() -> None:
    seen = facts({OLD: 3}, state(OLD), state(OLD))
    assert refused(state(OLD), state(OLD, NEW), seen) == []
    both = state(OLD, NEW)
    assert refused(both, state(NEW, OLD), facts({OLD: 3}, both, both)) == []
    promoted = state(NEW, OLD)
    assert next_step(promoted, facts({OLD: 3}, promoted, promoted)).kind is StepKind.REWRITE
    assert refused(promoted, state(NEW), facts({NEW: 3}, promoted, promoted)) == []
    assert next_step(state(NEW), facts({NEW: 3}, state(NEW), state(NEW))).kind is StepKind.DONE


def test_promoting_a_key_that_one_server_lacks_is_refused_with_catching_up() -> None:
    seen = facts({OLD: 3}, state(OLD, NEW), state(OLD))
    [refusal] = validate_transition(state(OLD, NEW), state(NEW, OLD), seen)
    assert refusal.what == "secretbox new would write secrets, and server cp-2 cannot read it yet"
    assert refusal.next_step.kind is StepKind.CATCH_UP
    assert "cp-2" in refusal.next_step.what
    assert "cp-1" not in refusal.next_step.what
    assert any("cp-2" in command for command in refusal.next_step.commands)
    assert refusal.message.startswith(refusal.what)
    assert refusal.next_step.what in refusal.message


def test_promoting_a_key_that_no_server_has_is_refused_with_adding_it() -> None:
    found = refused(state(OLD), state(NEW, OLD), facts({OLD: 3}, state(OLD), state(OLD)))
    assert {kind for _, kind in found} == {StepKind.ADD}
    assert "secretbox new would write secrets, and server cp-1 cannot read it yet" in {what for what, _ in found}


def test_a_new_key_is_brought_to_the_nodes_before_it_is_added_unless_a_plug_in_holds_it() -> None:
    seen = facts({OLD: 3}, state(OLD), state(OLD))
    commands = next_step(state(OLD), seen, state(OLD, NEW)).commands
    assert [re.sub(r".*bootstrap.sh (\S+)( new)?  #.*", r"\1\2", one) for one in commands[:3]] == [
        "make new",
        "take new",
        "fill",
    ]
    assert not any("make" in one for one in next_step(state(OLD), seen, state(OLD, VAULT)).commands)


def test_dropping_a_key_that_objects_need_is_refused_with_rewriting() -> None:
    promoted = state(NEW, OLD)
    [refusal] = validate_transition(promoted, state(NEW), facts({OLD: 2, NEW: 9}, promoted, promoted))
    assert refusal.what == "2 of secrets are stored under secretbox old, which the configuration no longer reads"
    assert refusal.next_step.kind is StepKind.REWRITE
    assert refusal.next_step.commands == ("kubectl get secrets --all-namespaces -o json | kubectl replace -f -",)


def test_dropping_a_key_with_which_a_lagging_server_writes_is_refused_though_nothing_is_stored_under_it() -> None:
    promoted, both = state(NEW, OLD), state(OLD, NEW)
    [(what, kind)] = refused(promoted, state(NEW), facts({NEW: 9}, promoted, both))
    assert what == "server cp-2 still writes secrets with secretbox old, which the configuration no longer reads"
    assert kind is StepKind.CATCH_UP


def test_a_server_may_start_with_what_lies_on_its_disk_after_the_facts_were_seen() -> None:
    promoted, both = state(NEW, OLD), state(OLD, NEW)
    [(what, _)] = refused(promoted, state(OLD), facts({OLD: 9}, both, both))
    assert what.startswith("a server that starts again still writes secrets with secretbox new")


def test_two_steps_at_once_are_refused() -> None:
    found = refused(state(OLD), state(NEW), facts({OLD: 1}, state(OLD)))
    assert {kind for _, kind in found} == {StepKind.ADD}
    assert len(found) == 5  # stored, written by the server and the disk, unreadable for the server and the disk


def test_a_server_of_unknown_configuration_blocks_every_change() -> None:
    found = refused(state(OLD), state(OLD, NEW), facts({OLD: 1}, state(OLD), None))
    assert found == [("server cp-2 runs a configuration that is not known here", StepKind.LEARN)]
    assert refused(state(OLD), state(OLD, NEW), facts({OLD: 1})) == [
        ("no server is known, and each has to be able to read what the others write", StepKind.LEARN)
    ]


def test_a_new_cluster_may_start_encrypted() -> None:
    assert validate_transition(EncryptionState(), EncryptionSpec(), RotationFacts()) == ()
    step = next_step(EncryptionState(), RotationFacts(), state_of_spec(EncryptionSpec()))
    assert (step.kind, step.to) == (StepKind.ADD, state_of_spec(EncryptionSpec()))


def test_a_cluster_in_plain_text_is_prepared_first() -> None:
    bare = EncryptionState()
    goal = state(NEW, PLAIN)
    seen = facts({PLAIN: 4}, bare, bare)
    assert {kind for _, kind in refused(bare, goal, seen)} == {StepKind.PREPARE}
    step = next_step(bare, seen, goal)
    assert step.to is not None
    assert step.to.keys_for(SECRETS) == (PLAIN, NEW)
    assert [re.sub(r".*bootstrap.sh (\S+( new)?)  #.*", r"\1", one) for one in step.commands] == [
        "make new",
        "take new",
        "prepare",
    ]
    prepared = state(PLAIN, NEW)
    assert refused(prepared, goal, facts({PLAIN: 4}, prepared, prepared)) == []
    assert next_step(goal, facts({PLAIN: 4}, goal, goal)).kind is StepKind.REWRITE
    assert next_step(goal, facts({NEW: 4}, goal, goal)).kind is StepKind.DROP


def test_going_back_to_plain_text_is_refused() -> None:
    encrypted = state(OLD, resources=(SECRETS, CONFIG_MAPS))
    [refusal] = validate_transition(
        encrypted, state(OLD), RotationFacts({SECRETS: {OLD: 1}}, (Server("cp-1", encrypted),))
    )[:1]
    assert refusal.next_step.kind is StepKind.RESTORE
    assert refusal.next_step.what == "keep configmaps in the configuration, with the key that writes now"
    whats = {what for what, _ in refused(encrypted, state(OLD), facts({OLD: 1}, encrypted))}
    assert "configmaps would be written in plain text, and is encrypted today" in whats


def of_bytes(secret: str) -> EncryptionState:
    keys = [{"name": "old", "secret": secret}]
    entry = {"resources": ["secrets"], "providers": [{"secretbox": {"keys": keys}}]}
    return state_of_configuration({"resources": [entry]})


def test_a_key_that_was_made_again_under_its_name_is_noticed() -> None:
    first, again = of_bytes("Zml4dHVyZS1rZXktb2YtZXhhY3RseS0zMi1ieXRlcyE="), of_bytes("YW5vdGhlcg==")
    assert first.entries == again.entries
    found = refused(first, again, facts({OLD: 1}, first))
    assert {kind for _, kind in found} == {StepKind.RESTORE}
    assert all("has other bytes" in what for what, _ in found)
    assert next_step(first, facts({OLD: 1}, first, again)).kind is StepKind.RESTORE
    assert "Zml4" not in repr((first, found))


def test_a_template_is_the_same_as_the_configuration_made_from_it() -> None:
    assert of_bytes("@old@").is_same(of_bytes("YW5vdGhlcg=="))
    assert refused(of_bytes("YW5vdGhlcg=="), of_bytes("@old@"), facts({OLD: 1}, of_bytes("YW5vdGhlcg=="))) == []


def test_objects_that_nobody_can_read_come_before_everything_else() -> None:
    step = next_step(state(NEW), facts({OLD: 1, NEW: 2}, state(NEW)), state(NEW, VAULT))
    assert step.kind is StepKind.RESTORE
    assert "secretbox old" in step.what


def test_a_wildcard_and_single_resources_are_told_apart() -> None:
    wild = EncryptionState((Entry((SECRETS,), (OLD,)), Entry((Resource.parse("*.*"),), (NEW,))))
    assert wild.keys_for(SECRETS) == (OLD,)
    assert wild.keys_for(CONFIG_MAPS) == (NEW,)
    only_secrets = EncryptionState((Entry((SECRETS,), (OLD,)),))
    found = refused(wild, only_secrets, RotationFacts({WIDGETS: {NEW: 1}}, (Server("cp-1", wild),)))
    assert {kind for _, kind in found} == {StepKind.RESTORE}
    assert any("widgets.example.com" in what for what, _ in found)


_Cluster = tuple[tuple[StorageKey, ...], tuple[tuple[StorageKey, ...], ...], frozenset[StorageKey]]
"""What lies on the disks, what each server runs, and under which keys something is stored."""


def moved(cluster: _Cluster) -> set[_Cluster]:
    """Whatever the servers may make of a cluster by themselves: each starts again, writes or rewrites, at any time."""
    found, waiting = {cluster}, [cluster]
    while waiting:
        disk, running, stored = waiting.pop()
        after = {(disk, running, stored | {chain[0]}) for chain in running}
        after |= {(disk, running, frozenset({chain[0]})) for chain in running}
        after |= {(disk, (*running[:n], disk, *running[n + 1 :]), stored) for n in range(len(running))}
        waiting += after - found
        found |= after
    return found


@pytest.mark.parametrize("pair", [(OLD, NEW), (PLAIN, NEW)], ids=["rotated", "migrated"])
def test_no_order_of_events_makes_an_object_unreadable(pair: tuple[StorageKey, StorageKey]) -> None:
    """Two servers, two keys: every cluster that can come about, with facts that are seen before others change."""
    one, other = pair
    chains = [(one,), (other,), (one, other), (other, one)]
    start: _Cluster = ((one,), ((one,), (one,)), frozenset({one}))
    found, waiting = {start}, [start]
    while waiting:
        disk, running, stored = cluster = waiting.pop()
        assert all(stored <= set(chain) for chain in (disk, *running)), cluster
        seen = facts(dict.fromkeys(stored, 1), *(state(*chain) for chain in running))
        accepted = [chain for chain in chains if not validate_transition(state(*disk), state(*chain), seen)]
        after = moved(cluster) | {(chain, *rest[1:]) for rest in moved(cluster) for chain in accepted}
        waiting += after - found
        found |= after
    # It is not safe by never changing: the rotation comes to its end.
    assert ((other,), ((other,), (other,)), frozenset({other})) in found


_RESOURCES = (SECRETS, CONFIG_MAPS, WIDGETS)
_KEYS = st.lists(st.sampled_from([OLD, NEW, VAULT, PLAIN]), min_size=1, max_size=4, unique=True).map(tuple)
_NAMES = st.sampled_from([SECRETS, CONFIG_MAPS, Resource.parse("*.example.com"), Resource.parse("*.*")])
_STATES = st.dictionaries(_NAMES, _KEYS, max_size=3).map(
    lambda keys: EncryptionState(tuple(Entry((name,), chain) for name, chain in keys.items()))
)
_GOALS = st.dictionaries(
    st.sampled_from([CONFIG_MAPS, WIDGETS]), st.sampled_from([(OLD,), (NEW,), (VAULT,), (NEW, PLAIN)]), max_size=2
)


class Cluster(RuleBasedStateMachine):
    """Servers that lag behind the files on their disks, write at any time, and share one etcd."""

    def __init__(self) -> None:
        super().__init__()
        self.disk = EncryptionState()
        self.running: list[EncryptionState] = []
        self.stored: list[tuple[Resource, StorageKey]] = []

    @initialize(
        chains=st.lists(st.permutations([OLD, NEW, PLAIN]).map(tuple), min_size=1, max_size=3),
        is_bare=st.booleans(),
        stored=st.sets(st.sampled_from([OLD, NEW, PLAIN])),
    )
    def start(self, chains: list[tuple[StorageKey, ...]], is_bare: bool, stored: set[StorageKey]) -> None:
        """In plain text, or in the midst of a rotation, where each server may have another key in front."""
        self.running = [EncryptionState() if is_bare else state(*chain) for chain in chains]
        self.disk = self.running[0]
        self.stored = [(SECRETS, PLAIN if is_bare else key) for key in stored]

    def seen(self) -> RotationFacts:
        counts: dict[Resource, Counter[StorageKey]] = {}
        for resource, key in self.stored:
            counts.setdefault(resource, Counter())[key] += 1
        return RotationFacts(counts, tuple(Server(f"cp-{n}", one) for n, one in enumerate(self.running)))

    @rule(number=st.integers(0, 2), resource=st.sampled_from(_RESOURCES))
    def write(self, number: int, resource: Resource) -> None:
        self.stored.append((resource, self.running[number % len(self.running)].keys_for(resource)[0]))

    @rule(number=st.integers(0, 2))
    def reload(self, number: int) -> None:
        self.running[number % len(self.running)] = self.disk

    @rule(number=st.integers(0, 2), resource=st.sampled_from(_RESOURCES))
    def rewrite(self, number: int, resource: Resource) -> None:
        writer = self.running[number % len(self.running)].keys_for(resource)[0]
        self.stored = [(one, writer if one == resource else key) for one, key in self.stored]

    @rule(following=_STATES, number=st.integers(0, 2))
    def try_any_configuration(self, following: EncryptionState, number: int) -> None:
        self.try_anything(following, number)

    def try_anything(self, following: EncryptionState, number: int) -> None:
        refusals = validate_transition(self.disk, following, self.seen())
        # Between the look at the facts and the change, a server starts again and writes.
        self.reload(number)
        for resource in _RESOURCES:
            self.write(number, resource)
        if not refusals:
            self.disk = following
        for refusal in refusals:
            assert refusal.next_step.what
            assert refusal.next_step.kind is not StepKind.DONE
            assert refusal.next_step.to is None or not refusal.next_step.to.is_same(following)

    @rule(
        name=st.just(SECRETS) | _NAMES,
        key=st.sampled_from([OLD, NEW, PLAIN]),
        place=st.sampled_from(["first", "last", "none"]),
        number=st.integers(0, 2),
    )
    def try_one_change(self, name: Resource, key: StorageKey, place: str, number: int) -> None:
        """Most random configurations are refused at once; a small change is where a wrong verdict would do harm."""
        keys = [one for one in self.disk.keys_for(name) if one != key]
        chain = {"first": (key, *keys), "last": (*keys, key), "none": tuple(keys)}[place]
        named = {one: self.disk.keys_for(one) for one in self.disk.named()} | {name: chain}
        self.try_anything(EncryptionState(tuple(Entry((one,), keys) for one, keys in named.items() if keys)), number)

    @rule(goal=_GOALS, secrets=st.sampled_from([(OLD,), (NEW,), (VAULT,), (NEW, OLD), (NEW, PLAIN)]))
    def follow_one_step(self, goal: dict[Resource, tuple[StorageKey, ...]], secrets: tuple[StorageKey, ...]) -> None:
        wanted = EncryptionState(tuple(Entry((one,), keys) for one, keys in {**goal, SECRETS: secrets}.items()))
        step = next_step(self.disk, self.seen(), wanted)
        if step.to is not None:
            assert validate_transition(self.disk, step.to, self.seen()) == ()
            self.disk = step.to

    @rule(secrets=st.sampled_from([(OLD,), (NEW,), (VAULT,), (NEW, PLAIN)]))
    def follow_to_the_end(self, secrets: tuple[StorageKey, ...]) -> None:
        keys = {one: self.disk.keys_for(one) for one in self.disk.named()}
        wanted = EncryptionState(tuple(Entry((one,), chain) for one, chain in {**keys, SECRETS: secrets}.items()))
        wanted = EncryptionState(tuple(sorted(wanted.entries, key=lambda entry: entry.resources[0].is_wildcard)))
        for _ in range(12):
            step = next_step(self.disk, self.seen(), wanted)
            if step.kind is StepKind.CATCH_UP:
                self.running = [self.disk] * len(self.running)
            elif step.kind is StepKind.REWRITE:
                for resource in _RESOURCES:
                    self.rewrite(0, resource)
            elif step.to is not None:
                if self.disk.is_same(wanted):
                    break  # what follows is only to drop what the goal keeps
                self.disk = step.to
                self.nothing_is_unreadable()
            else:
                break
        assert self.disk.keys_for(SECRETS) == secrets, step

    @invariant()
    def nothing_is_unreadable(self) -> None:
        for one in (self.disk, *self.running):
            for resource, key in self.stored:
                assert key in one.keys_for(resource), f"{resource} under {key} is unreadable"


TestCluster = pytest.mark.thorough(Cluster.TestCase)
TestCluster.settings = settings(max_examples=100, stateful_step_count=25, deadline=None)
