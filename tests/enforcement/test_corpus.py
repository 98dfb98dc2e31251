"""The corpus of the server's policies over the pack's process boundary: a preview says what the judge says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from k8s_hardening.kube.manifest import Manifest, api_group_of, as_str, kind_of
from k8s_hardening.model.enforcement import RESOURCE_POLICIES, STACK_POLICIES
from k8s_hardening.model.knowledge import Knowledge
from tests.cluster.policy_cases import ADMITTING, Case, corpus
from tests.enforcement.pack_process import Pack, running_pack

pytestmark = pytest.mark.thorough

GROUPS = corpus()
_ADMITTING = {control.id for control in ADMITTING}
_CONTROL = re.compile(r"^\[([a-z0-9-]+)\]", re.MULTILINE)


def token_of(manifest: Manifest) -> str:
    """The type token under which a program registers the object."""
    version = as_str(manifest.get("apiVersion")).rpartition("/")[2]
    return f"kubernetes:{api_group_of(manifest) or 'core'}/{version}:{kind_of(manifest)}"


@pytest.fixture(scope="module")
def pack() -> Iterator[Pack]:
    with running_pack() as running:
        yield running


def said_by(pack: Pack, one: Case) -> set[str]:
    """The controls, of those that the server enforces too, that stop the preview of an object."""
    found = pack.analyze(token_of(one.manifest), one.manifest)
    return {control for text in found for control in _CONTROL.findall(text.message)} & _ADMITTING


def test_the_corpus_is_no_small_one() -> None:
    assert sum(len(cases) for _, cases in GROUPS.values()) >= 600


@pytest.mark.parametrize("group", sorted(GROUPS), ids=range(len(GROUPS)))
def test_the_pack_stops_what_the_server_refuses(pack: Pack, group: str) -> None:
    known, cases = GROUPS[group]
    pack.configure(configuration(known))
    assert cases
    for one in cases:
        assert said_by(pack, one) == one.refused_by, one.id


def configuration(known: Knowledge) -> dict[str, dict[str, object]]:
    facts = json.loads(known.model_dump_json(exclude={"today"}, exclude_defaults=True))
    return {name: {"knowledge": facts} for name in (*RESOURCE_POLICIES, *STACK_POLICIES)}
