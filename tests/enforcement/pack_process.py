"""The policy pack as the engine runs it: a process of its own, spoken to over gRPC."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import struct_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

ROOT = Path(__file__).parents[2]
_PROVIDER = "urn:pulumi:test::team::pulumi:providers:kubernetes::cluster"
_SECONDS = 20.0


def struct(values: dict[str, Any]) -> struct_pb2.Struct:
    """Plain data in the wire form of resource properties."""
    made = struct_pb2.Struct()
    made.update(values)
    return made


def urn_of(token: str, name: str = "app") -> str:
    return f"urn:pulumi:test::team::{token}::{name}"


@dataclass(frozen=True)
class Pack:
    """A running pack."""

    stub: Any
    pid: int

    def configure(self, configuration: dict[str, dict[str, Any]], *, disabled: Sequence[str] = ()) -> None:
        """Tell each policy its configuration; some may be switched off."""
        request = analyzer_pb2.ConfigureAnalyzerRequest()
        levels = {policy.name: policy.enforcementLevel for policy in self.info().policies}
        for policy, properties in configuration.items():
            # The engine always sends the level, by default the policy's own.
            off = policy in disabled
            request.policyConfig[policy].enforcementLevel = analyzer_pb2.DISABLED if off else levels[policy]
            request.policyConfig[policy].properties.update(properties)
        self.stub.Configure(request, timeout=_SECONDS)

    def analyze(
        self, token: str, properties: dict[str, Any], *, provider: bool = True, settings: dict[str, Any] | None = None
    ) -> list[Any]:
        """The diagnostics about one resource, whose provider may have settings."""
        request = self.request(token, properties, provider=provider)
        if settings is not None:
            request.provider.properties.update(settings)
        return list(self.stub.Analyze(request, timeout=_SECONDS).diagnostics)

    def request(self, token: str, properties: dict[str, Any], *, provider: bool = True) -> Any:
        """The request of the engine for one resource."""
        request = analyzer_pb2.AnalyzeRequest(type=token, urn=urn_of(token), name="app", properties=struct(properties))
        if provider:
            request.provider.type, request.provider.urn = "pulumi:providers:kubernetes", _PROVIDER
            request.provider.name = "cluster"
        return request

    def analyze_stack(
        self, resources: Sequence[tuple[str, dict[str, Any]]], *, providers: Sequence[str] = ()
    ) -> list[Any]:
        """The diagnostics about all resources of a stack together; `providers` are the URNs of who makes each."""
        request = analyzer_pb2.AnalyzeStackRequest(
            resources=[
                analyzer_pb2.AnalyzerResource(
                    type=token, urn=urn_of(token, f"r{index}"), name=f"r{index}", properties=struct(properties)
                )
                for index, (token, properties) in enumerate(resources)
            ]
        )
        for resource, provider in zip(request.resources, providers, strict=False):
            resource.provider.urn = provider
        return list(self.stub.AnalyzeStack(request, timeout=_SECONDS).diagnostics)

    def info(self) -> Any:
        """What the pack says of itself."""
        return self.stub.GetAnalyzerInfo(_empty(), timeout=_SECONDS)


def _empty() -> Any:
    from google.protobuf import empty_pb2

    return empty_pb2.Empty()


@contextmanager
def running_pack(folder: Path = ROOT / "policy-pack") -> Iterator[Pack]:
    """Start the pack the way the engine does, and end it."""
    command = [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", "."]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "components")}
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        assert port.isdigit(), f"the pack wrote {port!r} in place of its port"
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield Pack(analyzer_pb2_grpc.AnalyzerStub(channel), process.pid)
    finally:
        process.terminate()
        process.wait(timeout=_SECONDS)
