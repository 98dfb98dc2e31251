"""The firewalls of the nodes within the component of a whole baseline: said aloud, and loaded by the operator."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from k8s_hardening import HardenedBaseline
from tests.resources.monitor import Recording, record
from tests.resources.test_baseline import args

FIREWALL = {
    "nodes": ["10.0.0.0/24"],
    "control_plane": ["10.0.0.0/28"],
    "admins": ["10.9.0.0/24"],
    "pods": ["10.244.0.0/16"],
    "cni_modes": ["vxlan"],
}


def said_with(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> tuple[Recording, list[str]]:
    said: list[str] = []
    monkeypatch.setattr(pulumi, "warn", lambda text, resource: said.append(text))
    recording = record(lambda: HardenedBaseline("baseline", args(**changes)))
    return recording, [line for line in said if "host_firewall" in line]


def test_a_declared_firewall_is_said_aloud_and_adds_no_object(monkeypatch: pytest.MonkeyPatch) -> None:
    without, silence = said_with(monkeypatch)
    recording, said = said_with(monkeypatch, host_firewall=FIREWALL)
    assert silence == []
    assert "LOCKS OUT" in said[0]
    assert sorted(one.name for one in recording.resources) == sorted(one.name for one in without.resources)
