"""An environment with a loader: what it brings along reaches everybody who must know, and takes nothing else away."""

from __future__ import annotations

from typing import Any

import pytest

from k8s_hardening.controls.judging import judge
from k8s_hardening.controls.registry import CONTROLS
from k8s_hardening.kube.manifest import Manifest, kind_of, name_of
from k8s_hardening.kube.version import NEWEST, OLDEST
from k8s_hardening.model.apparmor_loader import NAME, NAMESPACE, is_loader
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.knowing import knowledge_of
from k8s_hardening.model.reading import read_baseline
from k8s_hardening.plans.admission_policies import objects_of_baseline
from k8s_hardening.plans.apparmor_loader import plan_apparmor_loader
from k8s_hardening.plans.baseline import loader_inputs, plan_baseline, tenant_inputs
from k8s_hardening.plans.knowing import full_knowledge_of
from k8s_hardening.plans.rehearsal import changes_between
from k8s_hardening.plans.split import resources_of_stack
from tests.plans.apparmor_loading import LOADER
from tests.plans.environments import environment_data

VERSIONS = [f"1.{minor}" for minor in range(OLDEST.minor, NEWEST.minor + 1)]
PROFILES = "/etc/apparmor.d/"


def data(version: str = "1.36", **changes: Any) -> dict[str, Any]:
    known = environment_data(version)
    return {**known, "apparmor": {**known["apparmor"], "loader": LOADER}, **changes}


def with_loader(version: str = "1.36", **changes: Any) -> Baseline:
    return read_baseline(data(version, **changes))


def without_loader(version: str = "1.36") -> Baseline:
    return read_baseline(environment_data(version))


def daemon_set(baseline: Baseline) -> Manifest:
    (found,) = (one for one in plan_baseline(baseline).manifests if kind_of(one) == "DaemonSet")
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_profiles_are_in_the_cluster_or_on_the_hosts_and_never_in_both(version: str) -> None:
    here, there = plan_baseline(with_loader(version)), plan_baseline(without_loader(version))
    assert [one.path for one in here.host_files if one.path.startswith(PROFILES)] == []
    (file,) = (one for one in there.host_files if one.path.startswith(PROFILES))
    (profiles,) = (one for one in here.manifests if kind_of(one) == "ConfigMap")
    assert profiles["data"] == {file.path.removeprefix(PROFILES): file.text}
    assert not any(kind_of(one) in ("ConfigMap", "DaemonSet") for one in there.manifests)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_loader_adds_its_own_objects_and_changes_none_but_the_servers_policies(version: str) -> None:
    baseline = with_loader(version)
    inputs = loader_inputs(baseline)
    assert inputs is not None
    own = plan_apparmor_loader(inputs)
    here = [one for one in plan_baseline(baseline).manifests if one not in own]
    there = plan_baseline(without_loader(version)).manifests
    assert [(kind_of(one), name_of(one)) for one in here] == [(kind_of(one), name_of(one)) for one in there]
    policies = "ValidatingAdmissionPolicy"
    changed = [kind_of(one) for one, other in zip(here, there, strict=True) if one != other]
    assert set(changed) <= {policies}
    assert bool(changed) == any(kind_of(one) == policies for one in there)


def test_what_it_brings_stands_beside_what_is_written() -> None:
    written = {
        "control": "host-path-volumes",
        "namespace": "monitoring",
        "reason": "The node agent reads the logs of all pods.",
        "owner": "platform-team",
        "expires": "2027-06-30",
    }
    baseline = with_loader(exemptions=[written])
    assert baseline.every_exemption[:1] == baseline.exemptions
    brought = baseline.every_exemption[1:]
    assert {one.namespace for one in brought} == {NAMESPACE, None}
    assert set(knowledge_of(baseline).exemptions) == set(baseline.every_exemption)
    assert without_loader().every_exemption == ()
    for tenant in baseline.tenants:
        assert tenant_inputs(baseline, tenant).exemptions == ()


def test_a_namespace_of_its_own_is_only_strange_where_there_are_tenants() -> None:
    controls = {one.control for one in with_loader(tenants=[]).every_exemption}
    assert "namespace-owner" not in controls
    assert "namespace-owner" in {one.control for one in with_loader().every_exemption}


def test_the_servers_policies_know_the_daemon_set_by_its_name_and_its_controller() -> None:
    expressions = [
        condition["expression"]
        for one in objects_of_baseline(with_loader())
        if name_of(one) == "k8s-hardening-test-host-path-volumes-pods" and kind_of(one) == "ValidatingAdmissionPolicy"
        for condition in one["spec"]["matchConditions"]
        if condition["name"] == "not-exempt"
    ]
    (expression,) = expressions
    assert f"request.namespace == '{NAMESPACE}'" in expression
    assert f"object.metadata.name.startsWith('{NAME}-')" in expression
    assert "system:serviceaccount:kube-system:daemon-set-controller" in expression


@pytest.mark.parametrize(
    ("version", "migration", "privileged"),
    [("1.18", False, True), ("1.22", True, True), ("1.24", True, True), ("1.24", False, False), ("1.25", False, False)],
)
def test_the_judge_knows_who_may_use_the_privileged_policy(version: str, migration: bool, privileged: bool) -> None:
    baseline = with_loader(version, pod_security={"migration": migration})
    assert (NAMESPACE in knowledge_of(baseline).privileged_namespaces) == privileged
    knowledge = full_knowledge_of(baseline)
    found = [one for each in plan_baseline(baseline).manifests for one in judge(each, CONTROLS, knowledge)]
    assert [one.finding.message for one in found] == []


def test_every_resource_of_the_loader_counts() -> None:
    inputs = loader_inputs(with_loader())
    assert inputs is not None
    more = len(plan_apparmor_loader(inputs)) + 1  # the component around them
    assert resources_of_stack(with_loader()) == resources_of_stack(without_loader()) + more
    images = {"registries": ["registry.example.com/platform"], "pull_secret_config": "registryPullSecret"}
    secrets = 1 + sum(len(tenant.namespaces) for tenant in with_loader().tenants)
    assert resources_of_stack(with_loader(images=images)) == resources_of_stack(with_loader()) + secrets


def test_credentials_that_nobody_can_write_down_are_for_its_namespace_as_well() -> None:
    images = {"registries": ["registry.example.com/platform"], "pull_secret_config": "registryPullSecret"}
    advice = "\n".join(plan_baseline(with_loader(images=images, target={"render": "out/test"})).notes.advice)
    assert f"for namespace in {NAMESPACE} payments-api shop-web;" in advice


@pytest.mark.parametrize(("version", "cni", "words"), [
    ("1.29", "calico", ["cannot hold the AppArmor loader to its own node"]),
    ("1.36", "calico", []),
    ("1.36", "cilium", ["policy-cidr-match-mode"]),
    ("1.29", "cilium", ["cannot hold the AppArmor loader to its own node", "policy-cidr-match-mode"]),
])  # fmt: skip
def test_what_is_left_at_risk_is_said(version: str, cni: str, words: list[str]) -> None:
    plugins: dict[str, dict[str, Any]] = {
        "calico": {"version": "3.32"},
        "cilium": {"version": "1.18", "switches": ["sctp.enabled"]},
    }
    advice = plan_baseline(with_loader(version, cni={"name": cni, **plugins[cni]})).notes.advice
    assert [one for one in words if not any(one in text for text in advice)] == []
    assert len([text for text in advice if "loader" in text]) == len(words)


def test_an_upgrade_turns_the_annotation_of_the_loader_into_a_field() -> None:
    about = {one.path: one for one in changes_between(with_loader("1.29"), with_loader("1.30")) if NAME in one.subject}
    field = about["spec.template.spec.containers.loader.securityContext.appArmorProfile"]
    assert (field.before, field.after) == (None, '{"type": "Unconfined"}')
    annotation = about["spec.template.metadata.annotations"]
    assert annotation.before == '{"container.apparmor.security.beta.kubernetes.io/loader": "unconfined"}'
    assert annotation.after is None


def test_it_is_known_by_kind_namespace_and_name() -> None:
    made = daemon_set(with_loader())
    assert is_loader(made)
    for change in ({"kind": "Deployment"}, {"metadata": {**made["metadata"], "namespace": "a"}}, {"metadata": None}):
        assert not is_loader({**made, **change})
