"""Rounds against fakes of the three edges: what is loaded, what the node says of it, and what leaves when."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8s_hardening.loader.decisions import due, removable, surplus, unlabelled_since
from k8s_hardening.loader.log import Log
from k8s_hardening.loader.names import STATE_LABEL, node_label
from k8s_hardening.loader.rounds import Loader
from k8s_hardening.loader.status import Status
from tests.loader.fakes import FakeApi, FakeKernel, FakeParser, pod_with

OLD, WEB, API = (f"k8s-hardening-{name}-0123456789" for name in ("old", "web", "api"))
GRACE = 600.0


@dataclass
class World:
    """A node with its loader, whose clock a test moves."""

    folder: Path
    kernel: FakeKernel = field(default_factory=FakeKernel)
    api: FakeApi = field(default_factory=FakeApi)
    output: io.StringIO = field(default_factory=io.StringIO)
    now: float = 1000.0

    def __post_init__(self) -> None:
        self.parser = FakeParser(self.kernel)
        self.restart()

    def restart(self) -> None:
        """A new process, which remembers nothing."""
        log = Log(self.output)
        self.loader = Loader(
            "worker-1", self.kernel, self.parser, self.api, log, self.folder, 30.0, GRACE, lambda: self.now
        )

    def provide(self, *names: str, text: str = "text") -> None:
        for name in names:
            (self.folder / name).write_text(text)

    def withdraw(self, name: str) -> None:
        (self.folder / name).unlink()

    def round(self, after: float = 30.0) -> Status:
        self.now += after
        return self.loader.round()

    def events(self) -> list[tuple[str, str]]:
        """What the log says, and says no more."""
        lines = [json.loads(line) for line in self.output.getvalue().splitlines()]
        self.output.truncate(0)
        self.output.seek(0)
        return [(line["subject"], line["event"]) for line in lines]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def states(status: Status) -> dict[str, str]:
    return {name: one.state for name, one in status.profiles.items()}


def test_everything_provided_is_loaded_once(world: World) -> None:
    world.provide(WEB, API)
    status = world.round()
    assert (status.state, status.message, status.api) == ("ready", "", "")
    assert states(status) == {WEB: "loaded", API: "loaded"}
    assert world.api.labels == {STATE_LABEL: "ready", node_label(WEB): "loaded", node_label(API): "loaded"}
    world.round()
    assert world.parser.loaded == [API, WEB]
    assert "pods" not in world.api.asked  # nothing to unload, so nobody is asked


def test_a_new_process_loads_again_what_the_kernel_has(world: World) -> None:
    """It cannot know of what text that is."""
    world.provide(WEB)
    world.round()
    world.restart()
    world.round()
    assert world.parser.loaded == [WEB, WEB]


@pytest.mark.parametrize("mode", [None, "complain"])
def test_what_somebody_changed_is_loaded_again(world: World, mode: str | None) -> None:
    world.provide(WEB)
    world.round()
    world.kernel.modes = {WEB: mode} if mode else {}
    assert states(world.round()) == {WEB: "loaded"}
    assert world.kernel.modes == {WEB: "enforce"}


def test_a_mended_text_replaces_the_damaged_one(world: World) -> None:
    world.provide(WEB, text="bad")
    assert states(world.round()) == {WEB: "failed"}
    world.provide(WEB)
    assert states(world.round()) == {WEB: "loaded"}


def test_a_bad_profile_leaves_the_others_loaded(world: World) -> None:
    world.provide(WEB)
    world.provide(API, text="bad")
    world.provide("usr.bin.man")
    status = world.round()
    assert (status.state, status.message) == ("partial", f"2 of 3 profiles are not loaded: {API}, usr.bin.man")
    assert states(status) == {WEB: "loaded", API: "failed", "usr.bin.man": "failed"}
    assert status.profiles[API].message == "syntax error"
    assert world.api.labels == {STATE_LABEL: "partial", node_label(WEB): "loaded"}


def test_a_profile_that_the_kernel_does_not_show_is_not_loaded(world: World) -> None:
    world.provide(WEB, text="lost")
    assert states(world.round()) == {WEB: "failed"}
    assert node_label(WEB) not in world.api.labels


def test_a_file_that_became_unreadable_is_still_wanted(world: World) -> None:
    world.provide(WEB)
    world.round()
    (world.folder / WEB).write_bytes(b"\xff")
    world.round()
    world.round(GRACE)
    assert world.kernel.removed == []
    assert node_label(WEB) in world.api.labels


def test_an_unused_profile_goes_in_two_steps(world: World) -> None:
    world.provide(OLD, WEB)
    world.round()
    world.withdraw(OLD)
    status = world.round()
    assert states(status) == {WEB: "loaded", OLD: "unused"}
    assert node_label(OLD) not in world.api.labels
    world.round(GRACE - 1)
    assert world.kernel.removed == []
    assert states(world.round(1)) == {WEB: "loaded"}
    assert world.kernel.removed == [OLD]
    assert world.api.asked[-1] == "fresh pods"


def test_a_used_profile_stays_and_is_offered(world: World) -> None:
    world.provide(OLD, WEB)
    world.round()
    world.withdraw(OLD)
    world.api.pods = [pod_with(OLD)]
    for _ in range(3):
        assert states(world.round(GRACE)) == {WEB: "loaded", OLD: "kept"}
    assert node_label(OLD) in world.api.labels
    world.api.pods = []
    world.round()
    world.round(GRACE)
    assert world.kernel.removed == [OLD]


def test_a_pod_that_came_meanwhile_keeps_its_profile(world: World) -> None:
    world.provide(OLD, WEB)
    world.round()
    world.withdraw(OLD)
    world.round()
    world.api.remembered, world.api.pods = [], [pod_with(OLD)]  # what the server remembers is older
    world.round(GRACE)
    assert world.kernel.removed == []
    world.api.pods = []
    world.round()  # the time begins anew
    world.round(GRACE - 1)
    assert world.kernel.removed == []
    world.round(1)
    assert world.kernel.removed == [OLD]


def test_a_pod_of_unknown_form_keeps_everything(world: World) -> None:
    world.kernel.modes = {OLD: "enforce"}
    world.provide(WEB)
    world.api.pods = [{"spec": {"containers": "many"}}]
    for _ in range(3):
        status = world.round(GRACE)
    assert states(status)[OLD] == "kept"
    assert "unknown form" in status.api
    assert world.kernel.removed == []


def test_without_the_api_server_profiles_are_loaded_and_none_is_unloaded(world: World) -> None:
    world.kernel.modes = {OLD: "enforce"}
    world.provide(WEB)
    world.api.down = True
    for _ in range(3):
        status = world.round(GRACE)
    assert states(status) == {WEB: "loaded", OLD: "kept"}
    assert (status.state, status.api) == ("ready", "the API server cannot be reached")
    assert world.kernel.removed == []
    world.api.down = False
    world.round()
    world.round(GRACE)
    assert world.kernel.removed == [OLD]


def test_profiles_of_others_are_never_touched(world: World) -> None:
    world.kernel.modes = {"docker-default": "enforce", "k8s-hardening-x": "enforce", f"{OLD}x": "enforce"}
    world.provide(WEB)
    for _ in range(3):
        assert states(world.round(GRACE)) == {WEB: "loaded"}
    assert world.kernel.removed == []


@pytest.mark.parametrize("vanished", ["folder", "files"])
def test_profiles_that_vanished_stay(tmp_path: Path, vanished: str) -> None:
    folder = tmp_path / "profiles"
    folder.mkdir()
    world = World(folder)
    world.provide(WEB)
    world.round()
    world.withdraw(WEB)
    if vanished == "folder":
        folder.rmdir()
    world.restart()
    for _ in range(3):
        status = world.round(GRACE)
    assert status.state == "partial"
    assert "holds no profile" in status.message or "cannot be read" in status.message
    assert world.kernel.modes == {WEB: "enforce"}
    assert world.api.labels == {STATE_LABEL: "partial", node_label(WEB): "loaded"}


def test_a_kernel_that_says_nothing_is_no_reason_to_end(world: World) -> None:
    world.kernel.broken = True
    status = world.round()
    assert (status.state, status.message) == ("partial", "the kernel says nothing")


def test_a_profile_that_the_kernel_keeps_is_reported(world: World) -> None:
    world.kernel.modes = {OLD: "enforce"}
    world.kernel.stuck = True
    world.provide(WEB)
    world.round()
    status = world.round(GRACE)
    assert (status.profiles[OLD].state, "does not remove" in status.profiles[OLD].message) == ("unused", True)


def test_a_node_without_apparmor(world: World) -> None:
    world.api.labels = {node_label(WEB): "loaded", "team": "x"}
    world.kernel.enabled = False
    world.provide(WEB)
    status = world.round()
    assert (status.state, states(status)) == ("disabled", {})
    assert world.api.labels == {STATE_LABEL: "disabled", "team": "x"}
    assert world.parser.loaded == []


def test_stale_labels_go_and_those_of_others_stay(world: World) -> None:
    world.api.labels = {node_label(OLD): "loaded", f"{STATE_LABEL}x": "y", "kubernetes.io/os": "linux"}
    world.provide(WEB)
    world.round()
    assert world.api.labels == {STATE_LABEL: "ready", node_label(WEB): "loaded", "kubernetes.io/os": "linux"}


def test_labels_that_somebody_removed_come_back(world: World) -> None:
    world.provide(WEB)
    world.round()
    world.api.labels = {}
    for _ in range(11):
        world.round()
    assert world.api.labels == {STATE_LABEL: "ready", node_label(WEB): "loaded"}
    assert world.api.asked.count("labels") == 2  # not in every round


def test_the_log_has_one_line_for_each_change(world: World) -> None:
    world.provide(OLD, WEB)
    world.round()
    assert world.events() == [(OLD, "loaded"), (WEB, "loaded"), ("api", "reached"), ("node", "ready")]
    world.provide(API, text="bad")
    for _ in range(3):
        world.round()
    assert world.events() == [(API, "failed"), ("node", "partial")]
    world.withdraw(OLD)
    world.withdraw(API)
    world.round()
    assert world.events() == [(OLD, "unused"), ("node", "ready")]
    world.round(GRACE)
    assert world.events() == [(OLD, "removed")]


PROFILES = st.frozensets(st.sampled_from([OLD, WEB, API, "docker-default"]))


@given(
    kernel=PROFILES,
    provided=st.none() | PROFILES,
    used=st.none() | PROFILES,
    labels=PROFILES,
    times=st.dictionaries(st.sampled_from([OLD, WEB, API]), st.floats(0, 2000)),
    now=st.floats(0, 3000),
)
def test_no_profile_goes_that_is_used_or_of_which_anything_is_unknown(
    kernel: frozenset[str],
    provided: frozenset[str] | None,
    used: frozenset[str] | None,
    labels: frozenset[str],
    times: dict[str, float],
    now: float,
) -> None:
    spare = surplus(dict.fromkeys(kernel, "enforce"), provided or frozenset())
    since = unlabelled_since(times, spare, {node_label(name): "loaded" for name in labels}, now)
    gone = removable(due(since, now, GRACE), provided, used)
    if provided is None or used is None:
        assert not gone
        return
    assert gone <= kernel - provided - used - labels - {"docker-default"}
    assert all(now - times.get(name, now) >= GRACE for name in gone)
    ready = {name for name in kernel - provided - used - labels if now - times.get(name, now) >= GRACE}
    assert gone == ready - {"docker-default"}  # and nothing stays for ever
