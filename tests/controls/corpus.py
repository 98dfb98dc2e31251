"""The fixtures of the controls: tests/controls/<control id>/{pass,fail}/<case>.yaml.

A fail file starts with one `# expect: <path>` line per finding (`# expect: 2:<path>` for the third document of a file
with several). `# knowledge: {...}` in any file changes single facts that the judge knows, as JSON.
"""

from __future__ import annotations

import datetime
import functools
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from k8s_hardening.controls.control import Control
from k8s_hardening.controls.judging import judge, judge_stack
from k8s_hardening.controls.registry import CONTROLS
from k8s_hardening.controls.shared.static_pods import static_pod_exemptions
from k8s_hardening.model.knowledge import Knowledge

ROOT = Path(__file__).parent
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
KNOWLEDGE: dict[str, Any] = {
    "kubernetes": "1.36",
    "cni": "calico",
    "registries": ["registry.example.com"],
    "tenants": [
        {
            "name": "payments",
            "namespaces": {"payments-api": "restricted", "payments-db": "restricted"},
            "subjects": ["group:payments-admins", "user:alice@example.com"],
            "ingress_classes": ["nginx"],
        },
        {
            "name": "shop",
            "namespaces": {"shop-web": "baseline"},
            "subjects": ["group:shop-admins"],
            "service_types": ["LoadBalancer"],
            "ingress_hosts": ["shop.example.com", "*.eu.example.com"],
            "storage_classes": ["encrypted-ssd"],
            "ingress_classes": ["edge", "nginx"],
            "runtime_classes": ["gvisor"],
            "priority_classes": ["shop-critical"],
        },
    ],
    "host_paths": {"monitoring": ["/var/log/pods"]},
    # What pods of the fixtures refer to, where the reference itself is not their subject.
    "external": {
        "payments-api": ["configmap/app", "secret/db", "serviceaccount/app"],
        "shop-web": ["configmap/app"],
    },
    "today": "2026-11-24",
    # Static pods of the control plane are judged by their flags, and share the node by nature.
    "exemptions": [
        one.model_dump(mode="json") for one in static_pod_exemptions(datetime.date.fromisoformat("2026-11-24"))
    ],
}


@dataclass(frozen=True)
class Fixture:
    """One file: its objects, what the judge knows, and which findings it must give."""

    path: Path
    control_id: str
    manifests: list[dict[str, Any]]
    knowledge: Knowledge
    expected: Counter[tuple[int, str]]

    @property
    def id(self) -> str:
        return str(self.path.relative_to(ROOT))


def read_fixture(path: Path) -> Fixture:
    """Read one fixture with the comment lines at its head."""
    text = path.read_text()
    facts = dict(KNOWLEDGE)
    expected: Counter[tuple[int, str]] = Counter()
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        key, _, value = line.lstrip("# ").partition(": ")
        if key == "expect":
            index, colon, rest = value.partition(":")
            numbered = colon and index.isdigit()
            expected[(int(index), rest) if numbered else (0, value)] += 1
        elif key == "knowledge":
            facts |= json.loads(value)
    documents = yaml.load_all(text, Loader=_LOADER)
    manifests = [document for document in documents if document is not None]
    return Fixture(path, path.parent.parent.name, manifests, Knowledge.model_validate(facts), expected)


@functools.cache
def fixtures(verdict: str) -> tuple[Fixture, ...]:
    """All fixtures of one verdict, `pass` or `fail`, sorted; they are shared by all tests, so never change them."""
    return tuple(read_fixture(path) for path in sorted(ROOT.glob(f"*/{verdict}/*.yaml")))


def findings_of(
    manifests: list[dict[str, Any]], knowledge: Knowledge, controls: tuple[Control, ...] = CONTROLS
) -> Counter[tuple[str, int, str]]:
    """All findings about some objects as (control id, index of the object, path)."""
    found = Counter(
        (judged.control.id, index, judged.finding.path)
        for index, manifest in enumerate(manifests)
        for judged in judge(manifest, controls, knowledge)
    )
    found.update(
        (judged.control.id, index, judged.finding.path) for index, judged in judge_stack(manifests, controls, knowledge)
    )
    return found
