"""The three edges of a round, in memory: the kernel, the parser and the API server of one node."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from k8s_hardening.loader.api import ApiError
from k8s_hardening.loader.kernel import KernelError
from k8s_hardening.loader.parser import ParserError


@dataclass
class FakeKernel:
    """A kernel whose profiles are a dictionary."""

    modes: dict[str, str] = field(default_factory=dict)
    enabled: bool = True
    broken: bool = False
    stuck: bool = False
    removed: list[str] = field(default_factory=list)

    def is_enabled(self) -> bool:
        if self.broken:
            raise KernelError("the kernel says nothing")
        return self.enabled

    def profiles(self) -> dict[str, str]:
        if self.broken:
            raise KernelError("the kernel says nothing")
        return dict(self.modes)

    def remove(self, profile: str) -> None:
        if self.stuck:
            raise KernelError(f"the kernel does not remove {profile}")
        self.removed.append(profile)
        self.modes.pop(profile, None)


@dataclass
class FakeParser:
    """Loads every text but those that hold "bad"; a text that holds "lost" never shows."""

    kernel: FakeKernel
    loaded: list[str] = field(default_factory=list)

    def load(self, name: str, text: str) -> None:
        if "bad" in text:
            raise ParserError("syntax error")
        self.loaded.append(name)
        if "lost" not in text:
            self.kernel.modes[name] = "complain" if "complain" in text else "enforce"


@dataclass
class FakeApi:
    """A node's labels and pods; what the server remembers of pods may be older than what holds."""

    labels: dict[str, str] = field(default_factory=dict)
    pods: list[Any] = field(default_factory=list)
    remembered: list[Any] | None = None
    down: bool = False
    asked: list[str] = field(default_factory=list)

    def pods_of(self, node: str, *, fresh: bool) -> Iterator[object]:
        self.asked.append("fresh pods" if fresh else "pods")
        if self.down:
            raise ApiError("the API server cannot be reached")
        yield from self.pods if fresh or self.remembered is None else self.remembered

    def label_node(self, node: str, labels: Mapping[str, str | None]) -> dict[str, str]:
        self.asked.append("labels")
        if self.down:
            raise ApiError("the API server cannot be reached")
        for key, value in labels.items():
            if value is None:
                self.labels.pop(key, None)
            else:
                self.labels[key] = value
        return dict(self.labels)


def pod_with(profile: str) -> dict[str, Any]:
    """A pod whose container has a profile."""
    context = {"appArmorProfile": {"type": "Localhost", "localhostProfile": profile}}
    return {"metadata": {"name": "app"}, "spec": {"containers": [{"name": "app", "securityContext": context}]}}
