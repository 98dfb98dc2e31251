"""The emitted admission policies on a real API server: well typed, and of one mind with the judge, case by case."""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from k8s_hardening.kube.admission_policies import KIND
from k8s_hardening.kube.cel import inlined
from k8s_hardening.kube.manifest import kind_of, name_of
from k8s_hardening.model.knowledge import Knowledge
from k8s_hardening.plans.admission_policies import plan_admission_policies
from tests.cluster.binaries import NEWEST, binaries
from tests.cluster.cluster import cluster
from tests.cluster.policing import Policed, refusal_of
from tests.cluster.policy_cases import ADMITTING, Case, corpus, facts, image_cases, inputs, namespaces_of

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1800)]

CORPUS = corpus()
UNPINNED = "registry.example.com/app:latest"


@pytest.fixture(scope="module")
def policed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Policed]:
    with cluster(binaries(NEWEST), tmp_path_factory.mktemp("policed")) as made:
        made.start_api_server(made.plain_flags())
        made.start_controller_manager()
        ready = Policed(made)
        ready.make_namespaces(namespaces_of(CORPUS))
        yield ready


def known(**changes: Any) -> Knowledge:
    return Knowledge.model_validate(facts(**changes))


def policies(knowledge: Knowledge) -> tuple[dict[str, Any], ...]:
    return plan_admission_policies(inputs(knowledge))


def test_the_server_finds_no_fault_with_the_types(policed: Policed) -> None:
    made = policies(known(apparmor_required=True, digests_required=True, platform=["group:platform"]))
    names = [name_of(one) for one in made if kind_of(one) == KIND]
    for control in ADMITTING:
        assert any(name.startswith(f"k8s-hardening-{control.id}-") for name in names)
    checked = 0
    for variant in (made, tuple(map(with_variables_written_out, made))):
        policed.apply(variant)
        for name in names:
            assert policed.warnings(name) == [], name
            checked += 1
    print(f"{checked} policies type-checked")


def with_variables_written_out(manifest: dict[str, Any]) -> dict[str, Any]:
    """The server looks at no type that comes by a variable (seen in 1.37.2), so it is shown the policy without any."""
    changed = copy.deepcopy(manifest)
    variables = {one["name"]: one["expression"] for one in changed["spec"].pop("variables", ())}
    for validation in changed["spec"].get("validations", ()):
        validation["expression"] = inlined(validation["expression"], variables)
    return changed


@pytest.mark.parametrize(
    "expression",
    [
        "object.spec.volumez.size() == 0",
        "!has(variables.pod.volumez)",
        "variables.pod.containers.all(c, c.imag != '')",
        "variables.pod.volumes.all(v, v.name > 0)",
    ],
)
def test_a_policy_with_a_wrong_type_would_be_noticed(policed: Policed, expression: str) -> None:
    policy, binding = copy.deepcopy(policies(known())[:2])
    for one in (policy, binding):
        one["metadata"]["name"] = "k8s-hardening-mistyped"
    binding["spec"]["policyName"] = "k8s-hardening-mistyped"
    policy["spec"]["variables"] = [{"name": "pod", "expression": "object.spec"}]
    policy["spec"]["validations"] = [{"expression": expression}]
    policed.apply((with_variables_written_out(policy), binding))
    (warning,) = policed.warnings("k8s-hardening-mistyped")
    assert "undefined field" in warning["warning"] or "no matching overload" in warning["warning"]


def test_the_server_and_the_judge_agree_about_the_corpus(policed: Policed) -> None:
    told: Counter[str] = Counter()
    for knowledge, cases in CORPUS.values():
        policed.apply(policies(knowledge))
        for case in cases:
            told[agreement(policed, case)] += 1
    print(f"corpus: {dict(told)} under {len(CORPUS)} sets of facts")
    assert told["allowed"] >= 200
    assert told["denied"] >= 300


def test_the_server_and_the_judge_agree_about_images(policed: Policed) -> None:
    told: Counter[str] = Counter()
    for registries in (["registry.example.com"], ["docker.io", "localhost/app"], ["docker.io/library", "a.b/a"]):
        knowledge = known(registries=registries)
        policed.apply(policies(knowledge))
        for case in image_cases(knowledge):
            told[agreement(policed, case)] += 1
    print(f"images: {dict(told)}")
    assert told["allowed"] >= 30
    assert told["denied"] >= 800


def agreement(policed: Policed, case: Case) -> str:
    """What the server said; it must be what the judge says."""
    answer = policed.send("POST", f"{case.path}?dryRun=All", case.manifest)
    message = refusal_of(answer)
    if message is None and answer.status not in (201, 409):  # 409: let in, and the name is taken
        # The server's own validation comes first: of an object that is none, no policy is asked.
        assert answer.status in (400, 422), (case.id, answer.body)
        return "no object"
    if message is None:
        assert not case.refused_by, f"{case.id}: the server allows what {sorted(case.refused_by)} refuse"
        return "allowed"
    named = re.search(r"\[([a-z0-9-]+)\] ", message)
    assert named, message
    assert named[1] in case.refused_by, f"{case.id}: {message}; the judge says {sorted(case.refused_by)}"
    assert answer.body["reason"] == "Invalid"
    return "denied"
