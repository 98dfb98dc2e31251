"""What the committed environments promise in their comments."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.namespaces import PodSecurityLevel
from k8s_hardening.model.reading import ROOT, read_baseline

PROJECT = Path(__file__).parents[2]


def baseline_of(environment: str) -> Baseline:
    return read_baseline(yaml.safe_load((PROJECT / f"Pulumi.{environment}.yaml").read_text())["config"][ROOT])


def test_each_environment_is_named_like_its_file() -> None:
    stacks = sorted(path.name.split(".")[1] for path in PROJECT.glob("Pulumi.*.yaml"))
    assert {"dev", "prod"} <= set(stacks)
    assert [baseline_of(stack).environment for stack in stacks] == stacks


def test_the_same_program_serves_both() -> None:
    project = yaml.safe_load((PROJECT / "Pulumi.yaml").read_text())
    assert project["name"] == "k8s-hardening"
    assert project["runtime"] == {"name": "python", "options": {"virtualenv": ".venv"}}


def test_production_takes_digests_only_and_from_fewer_registries() -> None:
    dev, prod = baseline_of("dev"), baseline_of("prod")
    assert dev.images.allow_tags
    assert not prod.images.allow_tags
    assert set(prod.images.registries) < set(dev.images.registries)


def test_production_is_live_and_enforces_restricted_everywhere() -> None:
    prod = baseline_of("prod")
    assert prod.target.is_live
    assert {namespace.pod_security for tenant in prod.tenants for namespace in tenant.namespaces} == {
        PodSecurityLevel.RESTRICTED
    }
    assert prod.exemptions == ()


def test_both_run_the_same_version_with_the_same_tenants() -> None:
    dev, prod = baseline_of("dev"), baseline_of("prod")
    assert (dev.kubernetes, dev.cni, dev.dialect) == (prod.kubernetes, prod.cni, prod.dialect)
    assert [tenant.name for tenant in dev.tenants] == [tenant.name for tenant in prod.tenants]


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_every_kind_of_flow_is_shown(environment: str) -> None:
    baseline = baseline_of(environment)
    owner = {namespace.name: tenant.name for tenant in baseline.tenants for namespace in tenant.namespaces}
    kinds = {
        "out" if flow.destination.cidr else owner[str(flow.source.namespace)] == owner[str(flow.destination.namespace)]
        for tenant in baseline.tenants
        for flow in tenant.flows
    }
    assert kinds == {"out", True, False}
