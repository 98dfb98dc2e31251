"""The pack's configuration: generated from a baseline, and refused where the engine would accept a mistake."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from typing import Any

import pytest

from k8s_hardening.cli.stack_files import baseline_of
from k8s_hardening.engine.pack_configuration import pack_configuration, pack_configuration_text
from k8s_hardening.engine.pack_lint import POLICIES, lint
from k8s_hardening.model.reading import read_baseline
from tests.engine.fakes import PROJECT
from tests.plans.environments import environment, environment_data


def good() -> dict[str, Any]:
    return copy.deepcopy(pack_configuration(environment()))


def with_all(**changes: Any) -> dict[str, Any]:
    """A good configuration with the same change for every policy."""
    return {name: {**one, **changes} for name, one in good().items()}


def with_knowledge(**changes: Any) -> dict[str, Any]:
    return {name: {**one, "knowledge": {**one["knowledge"], **changes}} for name, one in good().items()}


EXEMPTION = {
    "control": "privileged",
    "namespace": "shop-web",
    "reason": "an old image that is replaced in June",
    "expires": "2027-06-30",
    "owner": "shop",
}
CASES: dict[str, tuple[Any, list[str]]] = {
    "not a mapping": ([], ["dev.json: is not a mapping of policies; write it with k8s-hardening pack-config"]),
    "empty": (None, ["dev.json: is not a mapping of policies; write it with k8s-hardening pack-config"]),
    "unknown policy": (
        {**good(), "hardning": good()["hardening"]},
        ["dev.json: hardning: is not a policy of the pack; for example hardening"],
    ),
    "the off switch": (
        {**good(), "all": "disabled"},
        ["dev.json: all: is not a policy of the pack; for example hardening"],
    ),
    "missing policy": (
        {name: one for name, one in good().items() if name != "hardening-stack"},
        ["dev.json: hardening-stack: is missing, so this policy would know nothing of the environment"],
    ),
    "one policy off": (
        {**good(), "hardening": "disabled"},
        [
            (
                "dev.json: hardening: changes the level of a whole policy; "
                "set enforcement.levels of single controls in the baseline"
            ),
            "dev.json: the policies are told different things; write the file with k8s-hardening pack-config",
        ],
    ),
    "level of a policy": (
        with_all(enforcementLevel="advisory"),
        [
            f"dev.json: {name}.enforcementLevel: would change every control at once; "
            "set enforcement.levels in the baseline"
            for name in POLICIES
        ],
    ),
    "unknown control": (
        with_all(levels={"privilegd": "advisory"}),
        [f'dev.json: {name}.levels.privilegd: is not a control; for example "privileged"' for name in POLICIES],
    ),
    "unknown level": (
        with_all(levels={"privileged": "off"}),
        [
            f'dev.json: {name}.levels.privileged: "off" is none of mandatory, advisory, disabled; '
            'for example "advisory"'
            for name in POLICIES
        ],
    ),
    "unknown key": (
        with_all(level={}),
        [f'dev.json: {name}.level: is not a known key; did you mean "levels"?' for name in POLICIES],
    ),
    "exemption of an unknown control": (
        with_knowledge(exemptions=[{**EXEMPTION, "control": "privilegd"}]),
        [
            f'dev.json: {name}.knowledge.exemptions[0].control: "privilegd" is not a control; for example "privileged"'
            for name in POLICIES
        ],
    ),
    "different things": (
        {**good(), "hardening": with_all(unknowns="mandatory")["hardening"]},
        ["dev.json: the policies are told different things; write the file with k8s-hardening pack-config"],
    ),
}


@pytest.mark.parametrize(("configuration", "problems"), CASES.values(), ids=CASES)
def test_a_mistake_that_the_engine_would_accept_is_one_line(configuration: Any, problems: list[str]) -> None:
    assert list(lint(configuration, "dev.json")) == problems


def test_a_good_configuration_has_no_problem() -> None:
    assert list(lint(good(), "dev.json")) == []
    assert list(lint(with_knowledge(exemptions=[EXEMPTION]), "dev.json")) == []


@pytest.mark.parametrize("value", [None, 1, "x", [], {}, {"knowledge": None}, {"knowledge": {"kubernetes": "1.99"}}])
def test_anything_as_a_policy_is_told_in_words(value: Any) -> None:
    problems = list(lint({**good(), "hardening": value}, "dev.json"))
    assert problems
    assert all(problem.startswith("dev.json: ") and "\n" not in problem for problem in problems)


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_the_committed_files_are_those_of_the_committed_baselines(stack: str) -> None:
    text = pack_configuration_text(baseline_of(PROJECT, stack))
    assert (PROJECT / f"policy-pack/config/{stack}.json").read_text() == text
    assert list(lint(json.loads(text), f"{stack}.json")) == []


def test_the_order_in_the_baseline_makes_no_difference() -> None:
    data = environment_data("1.36")
    text = pack_configuration_text(read_baseline(data))
    data["tenants"].reverse()
    for tenant in data["tenants"]:
        for key in ("namespaces", "admins", "members", "viewers", "flows"):
            if key in tenant:
                tenant[key].reverse()
    assert pack_configuration_text(read_baseline(data)) == text


def test_every_policy_is_told_the_same() -> None:
    configuration = good()
    assert tuple(configuration) == POLICIES
    assert all(one == configuration["hardening"] for one in configuration.values())


def test_checking_a_file_by_the_packs_configuration_loads_no_baseline() -> None:
    """Its models take longer to load than a file takes to judge."""
    code = "import sys, k8s_hardening.cli.facts; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "k8s_hardening.engine.pack_lint" in loaded
    assert "k8s_hardening.model.baseline" not in loaded
