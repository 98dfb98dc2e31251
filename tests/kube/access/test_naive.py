"""The evaluator against the naive one of tests/oracle, on random worlds with the roles of the server beside them."""

from __future__ import annotations

import pytest

from k8s_hardening.kube.access import World
from k8s_hardening.kube.access.bootstrap import bootstrap_objects
from k8s_hardening.kube.version import NEWEST, KubeVersion
from tests.kube.access.asking import answer_of
from tests.kube.access.worlds import random_questions, random_world
from tests.oracle.rbac import Rights

pytestmark = pytest.mark.thorough

WORLDS, QUESTIONS = 40, 400


@pytest.mark.parametrize("version", [NEWEST, KubeVersion(1, 18)], ids=str)
def test_both_evaluators_agree_on_random_worlds(version: KubeVersion) -> None:
    allowed = 0
    for seed in range(WORLDS):
        objects = random_world(seed)
        world, naive = World.of(objects, version), Rights([*objects, *bootstrap_objects(version)])
        for asker, question in random_questions(seed, QUESTIONS):
            answer = answer_of(world, asker, question)
            assert answer.is_certain
            assert answer.allowed is naive.permits(asker, question), (seed, asker, question, answer)
            allowed += answer.allowed
    share = allowed / (WORLDS * QUESTIONS)
    assert 0.1 < share < 0.9, share
