"""The program itself: short, one baseline in, every object out, and mistakes shown without a traceback."""

from __future__ import annotations

import functools
import json
import runpy
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml

from k8s_hardening.controls.judging import judge, judge_stack
from k8s_hardening.controls.registry import CONTROLS
from k8s_hardening.model.reading import ROOT, read_baseline
from k8s_hardening.plans.baseline import plan_baseline
from k8s_hardening.plans.knowing import full_knowledge_of
from k8s_hardening.plans.split import resources_of_stack
from tests.resources.monitor import Recording, record

PROJECT = Path(__file__).parents[2]
ENVIRONMENTS = ("dev", "prod")


def config_of(environment: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((PROJECT / f"Pulumi.{environment}.yaml").read_text())["config"]
    return found


def run(config: dict[str, Any], secret_keys: tuple[str, ...] = (), into: Recording | None = None) -> Recording:
    """Run the program with the configuration as the engine gives it: texts, and JSON for what has structure."""
    return record(
        lambda: runpy.run_path(str(PROJECT / "__main__.py"), run_name="__main__"),
        config={key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()},
        secret_keys=secret_keys,
        into=into,
    )


@functools.cache
def recorded(environment: str) -> Recording:
    """What the program registers for an environment as it stands."""
    return run(config_of(environment))


def test_the_program_stays_short() -> None:
    assert len((PROJECT / "__main__.py").read_text().splitlines()) <= 40


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_exactly_the_plan_of_the_baseline_is_registered(environment: str) -> None:
    config = config_of(environment)
    planned = plan_baseline(read_baseline(config[ROOT])).manifests
    found = [resource.inputs for resource in recorded(environment).objects()]
    assert len(found) == len(planned) > 50
    assert [manifest for manifest in planned if manifest not in found] == []


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_size_of_a_stack_is_told_without_an_engine(environment: str) -> None:
    itself = 1
    counted = resources_of_stack(read_baseline(config_of(environment)[ROOT]))
    assert counted == len(recorded(environment).resources) + itself


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_no_control_has_anything_to_say_about_an_environment(environment: str) -> None:
    config = config_of(environment)
    knowledge = full_knowledge_of(read_baseline(config[ROOT]))
    objects = [resource.inputs for resource in recorded(environment).objects()]
    assert [judged for given in objects for judged in judge(given, CONTROLS, knowledge)] == []
    assert list(judge_stack(objects, CONTROLS, knowledge)) == []


def test_development_is_rendered_and_nothing_of_it_is_protected() -> None:
    recording = recorded("dev")
    assert recording.named("target").inputs == {"kubeconfig": "", "renderYamlToDirectory": "out/dev"}
    assert {resource.provider for resource in recording.objects()} == {"target"}
    assert not any(resource.protect for resource in recording.resources)


def test_production_goes_to_its_cluster_and_its_namespaces_are_protected() -> None:
    recording = recorded("prod")
    assert recording.named("target").inputs["context"] == "prod-cluster"
    assert recording.named("target").inputs["clusterIdentifier"] == "prod"
    namespaces = {resource.name for resource in recording.objects() if resource.inputs["kind"] == "Namespace"}
    assert {resource.name for resource in recording.resources if resource.protect} == namespaces
    assert len(namespaces) == 6


def test_stack_outputs_name_the_environment_and_its_namespaces() -> None:
    assert recorded("dev").outputs == {
        "environment": "dev",
        "namespaces": {
            "payments": ["payments-api", "payments-db"],
            "shop": ["shop-web", "shop-cart", "shop-batch"],
            "platform-tools": ["platform-ci", "platform-metrics"],
        },
        "hostFiles": len(plan_baseline(read_baseline(config_of("dev")[ROOT])).host_files),
    }


def test_every_mistake_is_a_line_and_nothing_is_registered() -> None:
    config = config_of("dev")
    config[ROOT]["kubernetes"] = 1.3
    config[ROOT]["tenants"][0]["name"] = "Pay_ments"
    config[ROOT]["tenant"] = []
    recording = Recording()
    with pytest.raises(pulumi.RunError) as error:
        run(config, into=recording)
    lines = str(error.value).splitlines()
    assert len(lines) == 3
    assert any(line.startswith(f"{ROOT}.kubernetes: 1.3 is a YAML number") for line in lines)
    assert f'{ROOT}.tenants[0].name: "Pay_ments" is not a DNS-1123 label; for example "pay-ments"' in lines
    assert f'{ROOT}.tenant: is not a known key; did you mean "tenants"?' in lines
    assert recording.resources == []


def test_a_secret_anywhere_in_the_baseline_is_refused_unseen() -> None:
    config = config_of("dev")
    config[ROOT]["tenants"][0]["labels"] = {"token": "hunter2"}
    with pytest.raises(pulumi.RunError, match=f"{ROOT}.* secret") as error:
        run(config, secret_keys=(ROOT,))
    assert "hunter2" not in str(error.value)


def test_another_secret_of_the_stack_is_none_of_the_baseline() -> None:
    config = {**config_of("dev"), "k8s-hardening:pullSecret": "hunter2"}
    assert run(config, secret_keys=("k8s-hardening:pullSecret",)).outputs["environment"] == "dev"


def test_a_stack_without_baseline_is_told_so() -> None:
    with pytest.raises(pulumi.RunError, match=ROOT):
        run({})


def test_a_live_target_without_its_context_is_told_which_key_is_missing() -> None:
    config = config_of("prod")
    del config["k8s-hardening:kubeContext"]
    with pytest.raises(pulumi.RunError, match="k8s-hardening:kubeContext"):
        run(config)
