"""The controls of the CIS Kubernetes Benchmark: ids and titles in our own words, read when first asked for.

Source: kube/data/cis.json, taken from kube-bench's configuration of the benchmark (cfg/cis-1.12 and cfg/cis-2.0, which
hold the same controls).
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from importlib.resources import files

HOST = "host"
"""Component of the controls about files of the nodes."""


@dataclass(frozen=True, slots=True)
class CisControl:
    """One control of the benchmark."""

    id: str
    title: str
    component: str
    """What it is about: a program, the host, or a group of policies."""
    automated: bool
    """Whether the benchmark scores it by an automated test."""


@functools.cache
def cis_controls() -> tuple[CisControl, ...]:
    """Every control of the benchmark, in its order."""
    text = (files("k8s_hardening.kube") / "data" / "cis.json").read_text(encoding="utf-8")
    return tuple(CisControl(**control) for control in json.loads(text)["controls"])
