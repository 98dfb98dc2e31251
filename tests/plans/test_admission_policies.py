"""The API server's own policies as a plan: which there are, in which form, and what they leave alone."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from k8s_hardening.controls.registry import CONTROLS
from k8s_hardening.kube.admission_policies import BINDING_KIND, KIND, POD_TARGETS
from k8s_hardening.kube.manifest import kind_of, name_of
from k8s_hardening.kube.pods import KINDS_WITH_PODS
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.admission_policies import AdmissionPoliciesInputs
from k8s_hardening.model.control_plane.spec import ControlPlaneInputs
from k8s_hardening.model.dialect import Dialect
from k8s_hardening.model.reading import read_baseline
from k8s_hardening.plans.admission_policies import (
    FOLDER,
    missing_policies_advice,
    plan_admission_policies,
    policy_files,
)
from k8s_hardening.plans.baseline import plan_baseline
from k8s_hardening.plans.control_plane.dialects.writer import plan_in_dialect
from tests.model.sample import sample
from tests.plans.control_plane.dialects.samples import data

EXEMPTION = {
    "control": "image-pinned",
    "namespace": "payments-api",
    "reason": "Its image is built anew each night.",
    "owner": "payments-team",
    "expires": "2027-06-30",
}


def inputs(**changes: Any) -> AdmissionPoliciesInputs:
    return AdmissionPoliciesInputs.model_validate(
        {
            "kubernetes": "1.36",
            "registries": ["registry.example.com"],
            "tenants": [
                {"name": "payments", "namespaces": {"payments-api": "restricted", "payments-db": "restricted"}}
            ],
            **changes,
        }
    )


def policies(**changes: Any) -> dict[str, dict[str, Any]]:
    """Policies by name, without the part that all names begin with."""
    made = plan_admission_policies(inputs(**changes))
    return {name_of(one).removeprefix("k8s-hardening-"): one for one in made if kind_of(one) == KIND}


def conditions(policy: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["expression"] for one in policy["spec"].get("matchConditions", [])}


def test_each_control_about_pods_covers_every_kind_that_carries_one() -> None:
    names = {name for name in policies() if name.startswith("image-pinned-")}
    assert names == {f"image-pinned-{target.name}" for target in POD_TARGETS}
    assert frozenset().union(*(target.kinds for target in POD_TARGETS)) == KINDS_WITH_PODS
    (pods,) = policies()["image-pinned-pods"]["spec"]["matchConstraints"]["resourceRules"]
    assert pods["resources"] == ["pods", "pods/ephemeralcontainers"]
    for name in ("initContainers", "containers", "ephemeralContainers"):
        assert f"variables.pod.{name}" in str(policies()["image-pinned-workloads"]["spec"]["variables"])


def test_a_refusal_is_a_422_that_names_the_control_and_what_to_do() -> None:
    made = policies()
    assert made
    for name, policy in made.items():
        assert policy["spec"]["failurePolicy"] == "Fail"
        for validation in policy["spec"]["validations"]:
            assert validation["reason"] == "Invalid"
            assert re.match(rf"\[{re.escape(_control_of(name))}\] [A-Z].*\. To mend it: .+\.$", validation["message"])


def _control_of(name: str) -> str:
    return max((one.id for one in CONTROLS if one.admission and name.startswith(f"{one.id}-")), key=len)


def test_each_policy_is_bound_once_and_denies() -> None:
    made = plan_admission_policies(inputs())
    for policy, binding in zip(made[::2], made[1::2], strict=True):
        assert (kind_of(policy), kind_of(binding)) == (KIND, BINDING_KIND)
        assert binding["spec"] == {"policyName": name_of(policy), "validationActions": ["Deny"]}


def test_the_cluster_cannot_lock_itself_out() -> None:
    for name, policy in policies().items():
        selector = policy["spec"]["matchConstraints"].get("namespaceSelector")
        if selector is None:  # about namespaces themselves: whoever runs the platform is not asked
            assert "'system:masters'" in conditions(policy)["not-by-the-platform"]
            continue
        (one,) = selector["matchExpressions"]
        assert one["key"] == "kubernetes.io/metadata.name"
        if one["operator"] == "NotIn":
            assert one["values"] == ["kube-system"]
        else:
            assert (one["operator"], one["values"]) == ("In", ["payments-api", "payments-db"]), name


def test_a_tenants_limits_hold_in_its_namespaces_only() -> None:
    for name in ("service-types-services", "ingress-hosts-ingresses", "storage-classes-claims"):
        (one,) = policies()[name]["spec"]["matchConstraints"]["namespaceSelector"]["matchExpressions"]
        assert one["operator"] == "In"


def test_an_update_that_leaves_the_pod_alone_is_let_through() -> None:
    made = policies()
    assert conditions(made["image-pinned-pods"])["new-or-changed"] == (
        "request.operation == 'CREATE' || object.spec != oldObject.spec"
    )
    assert conditions(made["image-pinned-cronjobs"])["new-or-changed"].endswith(
        "object.spec.jobTemplate.spec.template != oldObject.spec.jobTemplate.spec.template"
    )


@pytest.mark.parametrize(
    ("version", "api"),
    [("1.25", None), ("1.26", "v1alpha1"), ("1.27", "v1alpha1"), ("1.28", "v1beta1"), ("1.29", "v1beta1"),
     ("1.30", "v1"), ("1.36", "v1"), ("1.37", "v1")],
)  # fmt: skip
def test_the_api_is_that_of_the_version(version: str, api: str | None) -> None:
    made = plan_admission_policies(inputs(kubernetes=version, unfinished_api=True))
    assert {one["apiVersion"] for one in made} == ({f"admissionregistration.k8s.io/{api}"} if api else set())


@pytest.mark.parametrize(("version", "says"), [("1.25", "1.26 on"), ("1.29", "--runtime-config"), ("1.30", None)])
def test_where_there_are_none_the_reader_is_told(version: str, says: str | None) -> None:
    told = list(missing_policies_advice(KubeVersion.parse(version), unfinished_api=False))
    assert [says in one for one in told if says] == ([True] if says else [])
    assert bool(told) == (says is not None)
    assert bool(plan_admission_policies(inputs(kubernetes=version))) == (says is None)


def test_before_1_28_there_are_no_variables_and_before_1_27_no_conditions() -> None:
    exempt = {"exemptions": [EXEMPTION], "unfinished_api": True}
    alpha = policies(kubernetes="1.26", **exempt)["image-pinned-pods"]["spec"]
    assert not {"variables", "matchConditions"} & set(alpha)
    (validation,) = alpha["validations"]
    assert "variables." not in validation["expression"]
    assert validation["expression"].startswith("!((request.operation == 'CREATE'")
    assert "request.namespace == 'payments-api'" in validation["expression"]
    later = policies(kubernetes="1.27", **exempt)["image-pinned-pods"]["spec"]
    assert "matchConditions" in later
    assert "variables" not in later
    (binding,) = (one for one in plan_admission_policies(inputs(kubernetes="1.26", unfinished_api=True))[1:2])
    assert "validationActions" not in binding["spec"]


def test_fields_come_with_the_version_that_has_them() -> None:
    old = policies(kubernetes="1.29", apparmor_required=True, unfinished_api=True)
    new = policies(kubernetes="1.31", apparmor_required=True)
    assert "appArmorProfile" not in str(old)
    assert "appArmorProfile" in str(new["apparmor-required-pods"])
    assert "v.image" not in str(old["image-pinned-pods"])
    assert "v.image.reference" in str(new["image-pinned-pods"])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "!(request.namespace == 'payments-api')"),
        ({"kind": "Pod", "name": "job"}, "object.metadata.name == 'job'"),
        ({"kind": "Deployment", "name": "web"}, "object.metadata.name.startsWith('web-')"),
        ({"kind": "Deployment", "name": "web"}, "system:serviceaccount:kube-system:replicaset-controller"),
    ],
)
def test_an_exemption_is_a_condition(changes: dict[str, str], expected: str) -> None:
    condition = conditions(policies(exemptions=[{**EXEMPTION, **changes}])["image-pinned-pods"])["not-exempt"]
    assert expected in condition


def test_an_exemption_reaches_no_other_control_and_no_other_kind() -> None:
    made = policies(exemptions=[{**EXEMPTION, "kind": "Deployment", "name": "web"}])
    assert [name for name, one in made.items() if "not-exempt" in conditions(one)] == [
        "image-pinned-pods",
        "image-pinned-workloads",
    ]


def test_an_exempt_container_is_left_out_alone() -> None:
    policy = policies(exemptions=[{**EXEMPTION, "container": "agent"}])["image-pinned-pods"]
    assert "not-exempt" not in conditions(policy)
    assert "filter(c, !(c.name == 'agent'" in str(policy["spec"]["variables"])


def test_a_text_from_a_user_cannot_leave_its_quotes() -> None:
    hostile = "x' || true || 'x\\"
    made = policies(exemptions=[{**EXEMPTION, "kind": "Pod", "name": hostile}])
    (name,) = re.findall(
        r"object\.metadata\.name == ('(?:[^'\\]|\\.)*')", conditions(made["image-pinned-pods"])["not-exempt"]
    )
    assert name == r"'x\' || true || \'x\\'"


@pytest.mark.parametrize(("level", "actions"), [("advisory", ["Warn", "Audit"]), ("mandatory", ["Deny"])])
def test_the_level_of_a_control_is_what_its_binding_does(level: str, actions: list[str]) -> None:
    made = plan_admission_policies(inputs(levels={"image-pinned": level}))
    bound = [one for one in made if kind_of(one) == BINDING_KIND and "image-pinned" in name_of(one)]
    assert [one["spec"]["validationActions"] for one in bound] == [actions] * len(POD_TARGETS)


def test_a_disabled_control_has_no_policy() -> None:
    assert not [name for name in policies(levels={"image-pinned": "disabled"}) if name.startswith("image-pinned")]


def test_the_order_of_what_is_known_makes_no_difference() -> None:
    exemptions = [EXEMPTION, {**EXEMPTION, "name": "web"}]
    assert plan_admission_policies(inputs(registries=["b.example.com", "a.example.com"])) == plan_admission_policies(
        inputs(registries=["a.example.com", "b.example.com"])
    )
    assert len(policies(exemptions=exemptions)) == len(policies(exemptions=exemptions[::-1]))


def test_files_are_lists_of_a_policy_and_its_binding_by_names_that_the_loader_takes() -> None:
    files = policy_files(inputs(kubernetes="1.37"))
    assert len(files) == len(policies(kubernetes="1.37"))
    for file in files:
        assert file.path.rpartition("/")[0] == FOLDER
        assert file.path.endswith(".yaml")
        document = yaml.safe_load(file.text)
        policy, binding = document["items"]
        assert policy["apiVersion"] == binding["apiVersion"] == "admissionregistration.k8s.io/v1"
        assert name_of(policy).endswith(".static.k8s.io")
        assert name_of(binding) == binding["spec"]["policyName"] == name_of(policy)


def test_several_stacks_of_a_cluster_have_policies_of_their_own() -> None:
    names = [
        {name_of(one) for one in plan_admission_policies(inputs(environment=environment))}
        for environment in (None, "prod-east", "prod-west")
    ]
    assert not names[0] & names[1]
    assert not names[1] & names[2]
    assert "k8s-hardening-prod-east-image-pinned-pods" in names[1]


def planned(**changes: Any) -> tuple[set[str], set[str]]:
    """Kinds of the objects, and folders of the files."""
    plan = plan_baseline(read_baseline(sample(changes)))
    return {kind_of(one) for one in plan.manifests}, {file.path.rpartition("/")[0] for file in plan.host_files}


def test_a_baseline_keeps_its_policies_on_the_hosts_where_they_are_read() -> None:
    kinds, folders = planned(kubernetes="1.37")
    assert FOLDER in folders
    assert KIND not in kinds


@pytest.mark.parametrize(
    "changes",
    [{"kubernetes": "1.36"}, {"kubernetes": "1.37", "admission_policies/as_objects": True}],
)
def test_elsewhere_they_are_objects(changes: dict[str, Any]) -> None:
    kinds, folders = planned(**changes)
    assert FOLDER not in folders
    assert {KIND, BINDING_KIND} <= kinds


def test_the_api_server_is_told_the_folder_and_sees_it() -> None:
    plan = plan_baseline(read_baseline(sample({"kubernetes": "1.37"})))
    (text,) = (one.text for one in plan.host_files if one.path.endswith("admission-configuration.yaml"))
    blocks = {one["name"]: one["configuration"] for one in yaml.safe_load(text)["plugins"]}
    assert blocks["ValidatingAdmissionPolicy"] == {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyConfiguration",
        "staticManifestsDir": FOLDER,
    }
    (kubeadm,) = (one.text for one in plan.host_files if "ClusterConfiguration" in one.text)
    assert f"hostPath: {FOLDER}" in kubeadm


@pytest.mark.parametrize("dialect", [one.value for one in Dialect if one is not Dialect.MANAGED])
def test_every_dialect_with_hosts_puts_the_files_where_the_server_looks(dialect: str) -> None:
    files = policy_files(inputs(kubernetes="1.37"))
    spec = ControlPlaneInputs.model_validate(data(dialect, "1.37"))
    bare = plan_in_dialect(spec, spec.kubernetes, spec.dialect)
    output = plan_in_dialect(spec, spec.kubernetes, spec.dialect, files)
    assert output.not_expressible == bare.not_expressible
    text = "\n".join([*(f"{one.path}\n{one.text}" for one in output.host_files), str(output.manifests)])
    (folder,) = set(re.findall(r"staticManifestsDir'?: '?([^\s',]+?)(?=[\\\s',]|$)", text))
    for file in files:
        assert f"{folder}/{file.path.rpartition('/')[2]}" in text
    if dialect != "k3s":  # its API server is no pod
        assert len(re.findall(rf"{re.escape(folder)}(?![/\w-])", text)) >= 2  # told, and shown to the pod


def test_a_provider_gets_no_files() -> None:
    spec = ControlPlaneInputs.model_validate(data("managed", "1.37"))
    output = plan_in_dialect(spec, spec.kubernetes, spec.dialect, policy_files(inputs(kubernetes="1.37")))
    assert output == plan_in_dialect(spec, spec.kubernetes, spec.dialect)
