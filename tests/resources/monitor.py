"""A mock of the engine that keeps what a program registers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi.runtime import rpc, settings
from pulumi.runtime.mocks import (
    MockCallArgs,
    MockMonitor,
    MockResourceArgs,
    Mocks,
    _resolve_callbacks,
    set_mocks,
)
from pulumi.runtime.stack import Stack


@dataclass(frozen=True)
class Registration:
    """One resource as the engine gets it; other resources are named, without the rest of their URN."""

    type: str
    name: str
    parent: str
    inputs: dict[str, Any]
    protect: bool
    dependencies: tuple[str, ...]
    """What it waits for, by its own options or through its inputs."""
    provider: str
    transforms: tuple[pulumi.ResourceTransform, ...]
    """What it declares for itself and all below it; a mock runs none of them."""


@dataclass
class Recording:
    """Everything that a program registered, in no order, and its stack outputs."""

    resources: list[Registration] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    component_outputs: dict[str, dict[str, Any]] = field(default_factory=dict)

    def named(self, name: str) -> Registration:
        """The one resource of a name."""
        (found,) = (resource for resource in self.resources if resource.name == name)
        return found

    def objects(self) -> list[Registration]:
        """The Kubernetes objects."""
        return [resource for resource in self.resources if resource.type.startswith("kubernetes:")]


class _Echo(Mocks):
    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        return f"id-of-{args.name}", args.inputs

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        raise AssertionError(f"the program calls {args.token}")


class _Monitor(MockMonitor):
    """Registrations arrive on several threads."""

    def __init__(self, recording: Recording) -> None:
        super().__init__(_Echo())
        self._recording = recording
        self._lock = threading.Lock()

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the name of the RPC
        if request.type != "pulumi:pulumi:Stack":
            found = Registration(
                type=request.type,
                name=request.name,
                parent=_name_in(request.parent),
                inputs=_whole_numbers(rpc.deserialize_properties(request.object)),
                protect=request.protect,
                dependencies=tuple(sorted(map(_name_in, request.dependencies))),
                provider=request.provider.rpartition("::")[0].rpartition("::")[2],
                transforms=tuple(_resolve_callbacks(request.transforms)),
            )
            with self._lock:
                self._recording.resources.append(found)
        return super().RegisterResource(request)  # type: ignore[no-untyped-call]

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - the name of the RPC
        with self._lock:
            self._recording.component_outputs[_name_in(request.urn)] = rpc.deserialize_properties(request.outputs)
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call]


def _whole_numbers(value: Any) -> Any:
    """Plain data as JSON has it: the wire makes every number a float."""
    if isinstance(value, dict):
        return {key: _whole_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole_numbers(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _name_in(urn: str) -> str:
    return urn.rpartition("::")[2]


def record(
    program: Callable[[], object],
    *,
    config: Mapping[str, str] | None = None,
    secret_keys: Sequence[str] = (),
    project: str = "k8s-hardening",
    stack: str = "dev",
    into: Recording | None = None,
) -> Recording:
    """Run a program as `pulumi preview` would, and return what it registered (`into`, where the program fails)."""
    recording = Recording() if into is None else into
    pulumi.runtime.set_all_config(dict(config or {}), list(secret_keys))
    settings.ROOT.set(None)  # a stack of this program's own, not of the one before
    set_mocks(_Echo(), project, stack, preview=True, monitor=_Monitor(recording))
    root = settings.get_root_resource()
    assert isinstance(root, Stack)

    def run() -> pulumi.Output[None]:
        program()
        return pulumi.Output.all(**root.outputs).apply(recording.outputs.update)

    pulumi.runtime.test(run)()  # type: ignore[no-untyped-call]
    return recording
