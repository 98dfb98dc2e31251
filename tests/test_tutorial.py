"""The samples that people copy: tests/fixtures/tutorial/*.yaml, judged by every control as a user would see it.

The head of a file says what must come out:
- `# expect: <control id> <path>`: one finding (`# expect: 2:<control id> <path>` for the third document);
- `# fix: <words>`: words that the fix of the finding before must hold; may stand several times;
- `# knowledge: {...}`: facts that the judge knows, as in the fixtures of the controls;
- `# and-others: true`: further findings are no surprise. Without it the expected ones must be all.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from k8s_hardening.controls.judging import judge, judge_stack
from k8s_hardening.controls.registry import CONTROLS
from k8s_hardening.model.knowledge import Knowledge
from tests.controls.corpus import KNOWLEDGE

ROOT = Path(__file__).parent / "fixtures" / "tutorial"
Place = tuple[int, str, str]


@dataclass(frozen=True)
class Sample:
    """One file with what it must give."""

    name: str
    manifests: list[dict[str, Any]]
    knowledge: Knowledge
    expected: tuple[tuple[Place, tuple[str, ...]], ...]
    has_others: bool


def read_sample(path: Path) -> Sample:
    """One file with the comment lines at its head."""
    text = path.read_text()
    facts = dict(KNOWLEDGE)
    expected: list[tuple[Place, list[str]]] = []
    has_others = False
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        key, _, value = line.lstrip("# ").partition(": ")
        if key == "expect":
            what, _, where = value.partition(" ")
            index, colon, control_id = what.partition(":")
            expected.append(((int(index), control_id, where) if colon else (0, what, where), []))
        elif key == "fix":
            expected[-1][1].append(value)
        elif key == "knowledge":
            facts |= json.loads(value)
        elif key == "and-others":
            has_others = json.loads(value)
    manifests = [document for document in yaml.safe_load_all(text) if document is not None]
    return Sample(
        path.stem,
        manifests,
        Knowledge.model_validate(facts),
        tuple((place, tuple(words)) for place, words in expected),
        has_others,
    )


def findings_of(sample: Sample) -> list[tuple[Place, str, str]]:
    """Each finding as (place, fix, message)."""
    judged = [
        (index, one)
        for index, manifest in enumerate(sample.manifests)
        for one in judge(manifest, CONTROLS, sample.knowledge)
    ]
    judged += judge_stack(sample.manifests, CONTROLS, sample.knowledge)
    return [((index, one.control.id, one.finding.path), one.finding.fix, one.finding.message) for index, one in judged]


SAMPLES = [read_sample(path) for path in sorted(ROOT.glob("*.yaml"))]
by_name = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)


def test_the_corpus_holds_samples_that_must_pass_and_samples_that_must_not() -> None:
    assert any(sample.expected for sample in SAMPLES)
    assert any(not sample.expected and not sample.has_others for sample in SAMPLES)


@by_name
def test_a_sample_gives_exactly_the_expected_findings(sample: Sample) -> None:
    found = Counter(place for place, _, _ in findings_of(sample))
    expected = Counter(place for place, _ in sample.expected)
    assert not expected - found, "expected and missing"
    if not sample.has_others:
        assert not found - expected, "found and not expected"


@by_name
def test_each_fix_says_what_to_do_instead(sample: Sample) -> None:
    fixes: dict[Place, str] = {}
    for place, fix, _ in findings_of(sample):
        fixes[place] = f"{fixes.get(place, '')} {fix}"
    for place, words in sample.expected:
        for word in words:
            assert word in fixes[place], f"{place}: {fixes[place]}"


def secrets_in(value: Any) -> list[str]:
    """Every text of some length that a sample calls a key: what must not come back in a message."""
    if isinstance(value, dict):
        own = [text for key, text in value.items() if key == "secret" and isinstance(text, str)]
        return own + [text for item in value.values() for text in secrets_in(item)]
    if isinstance(value, list):
        return [text for item in value for text in secrets_in(item)]
    if isinstance(value, str):
        return [line.split()[-1] for line in value.splitlines() if line.strip() and line.split()[-1].endswith("=")]
    return []


@by_name
def test_no_message_echoes_a_key(sample: Sample) -> None:
    secrets = [text for manifest in sample.manifests for text in secrets_in(manifest)]
    for _, _, message in findings_of(sample):
        assert not [text for text in secrets if text in message], message


def test_the_search_for_echoed_keys_knows_the_keys_of_the_samples() -> None:
    with_keys = [sample for sample in SAMPLES if any(secrets_in(manifest) for manifest in sample.manifests)]
    assert {"encryption-identity-first", "encryption-of-1.7", "tls-key-in-a-config-map"} <= {s.name for s in with_keys}
