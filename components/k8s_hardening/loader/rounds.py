"""One round of the loader: load what is missing, say so on the node's labels, unload what nobody needs.

A process whose profile leaves the kernel goes on unconfined. So a profile goes in two steps: first the node stops
offering it (its label), and only when that was long enough ago, and a fresh list shows no pod that uses it, it is
unloaded. Whatever is not known counts as used.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from .api import ApiError
from .decisions import (
    Known,
    State,
    due,
    label_patch,
    removable,
    surplus,
    to_load,
    unlabelled_since,
    wanted_labels,
)
from .folder import FolderError, Provided, read_folder
from .kernel import KernelError
from .log import Log, now
from .names import STATE_LABEL
from .parser import ParserError
from .status import ProfileStatus, Status
from .usage import UnreadableError, profiles_used

_LABELS_AGAIN = 10  # rounds; somebody may have made the node object anew
_NO_APPARMOR = "this node has no AppArmor: it is not part of the kernel, or switched off when it starts"


class KernelEdge(Protocol):
    """What a round needs of the kernel."""

    def is_enabled(self) -> bool:
        """Whether there is AppArmor at all."""

    def profiles(self) -> dict[str, str]:
        """Modes of the loaded profiles."""

    def remove(self, profile: str) -> None:
        """Unload one."""


class ParserEdge(Protocol):
    """What a round needs of the parser."""

    def load(self, name: str, text: str) -> None:
        """Load or replace one."""


class ApiEdge(Protocol):
    """What a round needs of the API server."""

    def pods_of(self, node: str, *, fresh: bool) -> Iterable[object]:
        """Pods of the node."""

    def label_node(self, node: str, labels: Mapping[str, str | None]) -> dict[str, str]:
        """Patch labels; all that the node then has."""


@dataclass
class Loader:
    """The rounds of one node, with what must be remembered between them."""

    node: str
    kernel: KernelEdge
    parser: ParserEdge
    api: ApiEdge
    log: Log
    folder: Path = Path("/profiles")
    interval: float = 30.0
    grace: float = 600.0
    clock: Callable[[], float] = time.monotonic
    _known: dict[str, Known] = field(default_factory=dict)
    _labels: dict[str, str] = field(default_factory=dict)
    """Labels of the node, as the API server showed them last."""
    _patched: int = 0
    """Rounds until the labels are sent even though they seem right."""
    _since: dict[str, float] = field(default_factory=dict)
    """Since when the node does not offer a profile that it can spare."""

    def round(self) -> Status:
        """Do what is to be done now; every failure is part of the status."""
        try:
            if not self.kernel.is_enabled():
                self._known, self._since = {}, {}
                return self._status(State.DISABLED, _NO_APPARMOR, self._label(State.DISABLED, frozenset()), {})
            provided = read_folder(self.folder)
            return self._settle(provided, *self._load(provided))
        except (KernelError, FolderError) as error:
            return self._unknown(str(error))

    def _load(self, provided: Provided) -> tuple[dict[str, str], dict[str, str]]:
        """Modes of the profiles that the kernel has in the end, and why others are not loaded."""
        found, failed = self.kernel.profiles(), dict(provided.refused)
        wanted = to_load(provided.texts, found, self._known)
        for name in wanted:
            self._known.pop(name, None)
            try:
                self.parser.load(name, provided.texts[name])
            except ParserError as error:
                failed[name] = str(error)
        if wanted:
            found = self.kernel.profiles()
        for name, text in provided.texts.items():
            if name not in found:
                failed.setdefault(name, "the kernel does not show it although it was loaded")
            elif name in wanted and name not in failed:
                self._known[name] = Known(text, found[name])
        return found, failed

    def _settle(self, provided: Provided, found: dict[str, str], failed: dict[str, str]) -> Status:
        """Labels, unloading and status, once everything is loaded that can be."""
        names, message = provided.names, ""
        if failed:
            message = f"{len(failed)} of {len(names)} profiles are not loaded: {', '.join(sorted(failed))}"
        state = State.PARTIAL if failed else State.READY
        spare = surplus(found, names)
        used, api = self._used(fresh=False) if spare else (frozenset[str](), "")
        kept = spare if used is None else spare & used
        if why := self._label(state, (names & found.keys()) | kept):
            api = why
        else:
            self._since = unlabelled_since(self._since, spare - kept, self._labels, self.clock())
        removed, stuck = self._unload(names)
        profiles = {name: ProfileStatus("failed", found.get(name, ""), said) for name, said in failed.items()}
        profiles |= {name: ProfileStatus("loaded", found[name]) for name in names - failed.keys()}
        for name in spare - removed:
            if name in kept:
                profiles[name] = ProfileStatus("kept", found[name], "used by a pod, or that cannot be known")
            else:
                profiles[name] = ProfileStatus("unused", found[name], stuck.get(name, "used by no pod of this node"))
        return self._status(state, message, api, profiles)

    def _used(self, *, fresh: bool) -> tuple[frozenset[str] | None, str]:
        """Profiles that pods of this node use, or None and why that is not known."""
        try:
            pods = self.api.pods_of(self.node, fresh=fresh)
            return frozenset(name for pod in pods for name in profiles_used(pod)), ""
        except ApiError as error:
            return None, str(error)
        except UnreadableError:
            return None, "a pod of this node has an unknown form, so every profile counts as used"

    def _label(self, state: State, offered: frozenset[str] | None) -> str:
        """Bring the node's labels up to date; why that failed, or nothing.

        With None for the profiles only the state is written.
        """
        wanted = wanted_labels(state, offered or frozenset())
        patch = label_patch(wanted, self._labels if offered is not None else _only_state(self._labels))
        if not patch and self._patched > 0:
            self._patched -= 1
            return ""
        try:
            self._labels = self.api.label_node(self.node, patch or wanted)
            # Labels of an earlier process, or of somebody else.
            if offered is not None and (stale := label_patch(wanted, self._labels)):
                self._labels = self.api.label_node(self.node, stale)
        except ApiError as error:
            self._labels, self._patched = {}, 0  # not known any more
            return str(error)
        self._patched = _LABELS_AGAIN
        return ""

    def _unload(self, names: frozenset[str]) -> tuple[frozenset[str], dict[str, str]]:
        """Remove what may go; the names, and why others could not."""
        candidates = due(self._since, self.clock(), self.grace)
        if not candidates:
            return frozenset(), {}
        used, why = self._used(fresh=True)
        if used is None:
            return frozenset(), dict.fromkeys(candidates, why)
        removed, stuck = set(), {}
        for name in sorted(removable(candidates, names, used)):
            try:
                self.kernel.remove(name)
            except KernelError as error:
                stuck[name] = str(error)
                continue
            removed.add(name)
            self._known.pop(name, None)
            self.log.say(name, "removed", "used by no pod of this node")
            self.log.forget(name)
        for name in candidates & (used | removed):
            self._since.pop(name)
        return frozenset(removed), stuck

    def _unknown(self, message: str) -> Status:
        """The status where it cannot be known what to do: profiles and their labels stay as they are."""
        return self._status(State.PARTIAL, message, self._label(State.PARTIAL, None), {})

    def _status(self, state: State, message: str, api: str, profiles: Mapping[str, ProfileStatus]) -> Status:
        for name, one in sorted(profiles.items()):
            self.log.say(name, one.state, one.message)
        self.log.say("api", "failed" if api else "reached", api)
        self.log.say("node", state.value, message)
        return Status(state.value, message, self.interval, self.clock(), now(), api, profiles)


def _only_state(labels: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in labels.items() if key == STATE_LABEL}
