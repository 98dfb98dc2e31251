"""PodSecurityPolicies, their RBAC, the plug-in, and what a migration says."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from k8s_hardening.controls.judging import judge
from k8s_hardening.controls.registry import CONTROLS
from k8s_hardening.controls.shared.pod_security_policies import Level
from k8s_hardening.kube.manifest import Manifest, kind_of, name_of, namespace_of
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.knowing import knowledge_of
from k8s_hardening.model.pod_security_inputs import pod_security_inputs
from k8s_hardening.model.reading import read_baseline
from k8s_hardening.plans.baseline import plan_baseline
from k8s_hardening.plans.pod_security_enforcers import control_plane_of
from k8s_hardening.plans.pod_security_policies import plan_pod_security, pod_defaults, pod_security_advice
from tests.plans.environments import environment_data

REASON = "The network plug-in of the nodes."


def environment(version: str, **pod_security: Any) -> Baseline:
    data = environment_data(version)
    data["pod_security"] = pod_security
    return read_baseline(data)


def planned(version: str, **pod_security: Any) -> tuple[Manifest, ...]:
    return plan_pod_security(pod_security_inputs(environment(version, **pod_security)))


def policy(level: Level, version: str = "1.20", **pod_security: Any) -> Manifest:
    (found,) = [
        one
        for one in planned(version, **pod_security)
        if kind_of(one) == "PodSecurityPolicy" and name_of(one) == level.policy
    ]
    return found


def bindings(manifests: tuple[Manifest, ...]) -> dict[tuple[str, str], tuple[str, list[str]]]:
    """(Kind, namespace) of each binding -> its role and its groups."""
    return {
        (kind_of(one), namespace_of(one)): (
            one["roleRef"]["name"],
            [f"{subject['kind']}:{subject['name']}" for subject in one["subjects"]],
        )
        for one in manifests
        if kind_of(one).endswith("Binding")
    }


def test_each_namespace_may_use_the_policy_of_its_level_and_no_other() -> None:
    manifests = planned(
        "1.20",
        restricted_groups=["system:authenticated", "ops"],
        baseline_namespaces=["monitoring"],
        privileged_namespaces={"calico-system": REASON},
    )
    assert bindings(manifests) == {
        ("ClusterRoleBinding", ""): (Level.RESTRICTED.role, ["Group:ops", "Group:system:authenticated"]),
        ("RoleBinding", "payments-api"): (Level.RESTRICTED.role, ["Group:system:serviceaccounts:payments-api"]),
        ("RoleBinding", "shop-web"): (Level.BASELINE.role, ["Group:system:serviceaccounts:shop-web"]),
        ("RoleBinding", "monitoring"): (Level.BASELINE.role, ["Group:system:serviceaccounts:monitoring"]),
        ("RoleBinding", "calico-system"): (Level.PRIVILEGED.role, ["Group:system:serviceaccounts:calico-system"]),
        ("RoleBinding", "kube-system"): (
            Level.PRIVILEGED.role,
            ["Group:system:serviceaccounts:kube-system", "Group:system:nodes"],
        ),
    }


def test_nobody_gets_a_policy_cluster_wide_unless_said() -> None:
    assert not any(kind_of(one) == "ClusterRoleBinding" for one in planned("1.20"))


@pytest.mark.parametrize("level", Level)
def test_a_role_may_use_one_policy(level: Level) -> None:
    (role,) = [one for one in planned("1.20") if kind_of(one) == "ClusterRole" and name_of(one) == level.role]
    assert role["rules"] == [
        {
            "apiGroups": ["policy"],
            "resources": ["podsecuritypolicies"],
            "resourceNames": [level.policy],
            "verbs": ["use"],
        }
    ]


def test_the_restricted_policy() -> None:
    found = policy(Level.RESTRICTED)
    assert found["apiVersion"] == "policy/v1beta1"
    groups = {"rule": "MayRunAs", "ranges": [{"min": 1, "max": 2147483647}]}
    assert found["spec"] == {
        "privileged": False,
        "hostNetwork": False,
        "hostPID": False,
        "hostIPC": False,
        "hostPorts": [],
        "allowedProcMountTypes": ["Default"],
        "allowedUnsafeSysctls": [],
        "forbiddenSysctls": [],
        "seLinux": {"rule": "MustRunAs", "seLinuxOptions": {}},
        "runtimeClass": {"allowedRuntimeClassNames": ["*"]},
        "allowPrivilegeEscalation": False,
        "defaultAllowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "defaultAddCapabilities": [],
        "requiredDropCapabilities": ["ALL"],
        "allowedCapabilities": ["NET_BIND_SERVICE"],
        "volumes": [
            "configMap",
            "csi",
            "downwardAPI",
            "emptyDir",
            "ephemeral",
            "persistentVolumeClaim",
            "projected",
            "secret",
        ],
        "runAsUser": {"rule": "MustRunAsNonRoot"},
        "runAsGroup": groups,
        "fsGroup": groups,
        "supplementalGroups": groups,
    }


def test_the_baseline_policy_allows_every_volume_but_those_of_the_node() -> None:
    spec = policy(Level.BASELINE)["spec"]
    assert "hostPath" not in spec["volumes"]
    assert "*" not in spec["volumes"]
    assert len(spec["volumes"]) == 28
    assert len(policy(Level.BASELINE, "1.18")["spec"]["volumes"]) == 27
    assert "defaultAllowPrivilegeEscalation" not in spec


def test_the_privileged_policy_writes_nothing_into_a_pod() -> None:
    found = policy(Level.PRIVILEGED)
    assert not [key for key in found["metadata"]["annotations"] if "default" in key.lower()]
    for field in ("seLinux", "runAsUser", "runAsGroup", "fsGroup", "supplementalGroups"):
        assert found["spec"][field] == {"rule": "RunAsAny"}
    assert found["spec"]["requiredDropCapabilities"] == []
    assert "defaultAllowPrivilegeEscalation" not in found["spec"]


def test_the_names_sort_from_the_level_that_changes_least_for_tenants() -> None:
    names = [level.policy for level in Level]
    assert sorted(names) == [Level.BASELINE.policy, Level.PRIVILEGED.policy, Level.RESTRICTED.policy]


def test_profiles_of_the_nodes_are_allowed_by_name_beside_the_runtime_s() -> None:
    annotations = policy(
        Level.RESTRICTED, seccomp_profiles=["b.json", "a.json"], selinux={"type": "container_t", "level": "s0:c1"}
    )["metadata"]["annotations"]
    assert annotations == {
        "seccomp.security.alpha.kubernetes.io/allowedProfileNames": "runtime/default,localhost/a.json,localhost/b.json",
        "seccomp.security.alpha.kubernetes.io/defaultProfileName": "runtime/default",
        "apparmor.security.beta.kubernetes.io/allowedProfileNames": (
            "runtime/default,localhost/k8s-hardening-web-69e4cd513f"
        ),
        "apparmor.security.beta.kubernetes.io/defaultProfileName": "runtime/default",
    }
    spec = policy(Level.BASELINE, selinux={"type": "container_t"})["spec"]
    assert spec["seLinux"] == {"rule": "MustRunAs", "seLinuxOptions": {"type": "container_t"}}


def test_without_apparmor_on_the_nodes_no_pod_is_told_to_use_it() -> None:
    data = environment_data("1.20")
    del data["apparmor"]
    inputs = pod_security_inputs(read_baseline(data))
    for one in plan_pod_security(inputs):
        assert not any("apparmor" in key for key in one["metadata"].get("annotations", {}))
    assert any("says nothing of AppArmor" in text or "say nothing of AppArmor" in text
               for text in pod_security_advice(inputs))  # fmt: skip


@pytest.mark.parametrize("version", ["1.23", "1.24", "1.25", "1.37"])
def test_nothing_is_made_where_pod_security_admission_enforces_alone(version: str) -> None:
    assert planned(version) == ()
    assert pod_security_advice(pod_security_inputs(environment(version))) == ()


def test_in_the_plan_the_policies_come_before_their_roles_and_those_before_the_bindings() -> None:
    kinds = [kind_of(one) for one in plan_baseline(environment("1.20")).manifests]
    order = ["Namespace", "PodSecurityPolicy", "ClusterRole", "RoleBinding"]
    places = [kinds.index(kind) for kind in order]
    assert places == sorted(places)
    for before, after in itertools.pairwise(order):
        last = len(kinds) - 1 - kinds[::-1].index(before)
        assert last < kinds.index(after)


@pytest.mark.parametrize(
    ("version", "migration", "plugins", "gate"),
    [
        ("1.20", False, {"PodSecurityPolicy"}, False),
        ("1.22", False, {"PodSecurityPolicy"}, False),
        ("1.22", True, {"PodSecurityPolicy", "PodSecurity"}, True),
        ("1.24", False, {"PodSecurity"}, False),
        ("1.24", True, {"PodSecurityPolicy", "PodSecurity"}, False),
        ("1.25", False, {"PodSecurity"}, False),
    ],
)
def test_the_plug_ins_are_on_where_their_objects_are(
    version: str, migration: bool, plugins: set[str], gate: bool
) -> None:
    baseline = environment(version, migration=migration)
    admission = control_plane_of(baseline).admission
    known = {"PodSecurityPolicy", "PodSecurity"}
    assert known.intersection(admission.enabled(baseline.kubernetes)) == plugins
    assert admission.pod_security_gate is gate
    (kubeadm,) = [one.text for one in plan_baseline(baseline).host_files if "kubeadm-config" in one.path]
    assert ("PodSecurityPolicy" in kubeadm) is ("PodSecurityPolicy" in plugins)
    assert ("PodSecurity=true" in kubeadm) is gate


@pytest.mark.parametrize(("version", "labelled"), [("1.21", False), ("1.22", True), ("1.24", True)])
def test_a_migration_labels_the_namespaces_as_well(version: str, labelled: bool) -> None:
    baseline = environment(version, **({"migration": True} if labelled else {}))
    (namespace,) = [one for one in plan_baseline(baseline).manifests if name_of(one) == "payments-api"
                    and kind_of(one) == "Namespace"]  # fmt: skip
    level = namespace["metadata"]["labels"].get("pod-security.kubernetes.io/enforce")
    assert level == ("restricted" if labelled else None)


def test_with_a_managed_control_plane_the_plug_in_is_the_provider_s() -> None:
    data = environment_data("1.20")
    data |= {"dialect": "managed", "control_plane": {"managed": {"provider": "eks", "cluster": "prod"}}}
    baseline = read_baseline(data)
    assert control_plane_of(baseline) is baseline.control_plane
    plan = plan_baseline(baseline)
    assert any(kind_of(one) == "PodSecurityPolicy" for one in plan.manifests)
    assert any("the provider's to decide" in text and "PodSecurityPolicy" in text for text in plan.notes.advice)


def test_a_migration_says_where_the_two_judges_differ() -> None:
    inputs = pod_security_inputs(environment("1.24", migration=True, selinux={"type": "container_t"}))
    advice = pod_security_advice(inputs)
    assert sum(text.startswith("Migration: ") for text in advice) == 4
    defaults = pod_defaults(inputs)
    assert defaults["pod"] == {
        "seccompProfile": {"type": "RuntimeDefault"},
        "seLinuxOptions": {"type": "container_t"},
    }
    assert any('"readOnlyRootFilesystem": true' in text and "container_t" in text for text in advice)
    assert not any("Migration" in text for text in pod_security_advice(pod_security_inputs(environment("1.22"))))


def test_what_no_policy_can_say_is_said_by_version() -> None:
    def said(version: str) -> bool:
        texts = pod_security_advice(pod_security_inputs(environment(version)))
        return any("ip_unprivileged_port_start" in text for text in texts)

    assert said("1.21")
    assert not said("1.22")


def test_everybody_is_named_with_a_word_of_caution() -> None:
    advice = pod_security_advice(pod_security_inputs(environment("1.20", restricted_groups=["system:authenticated"])))
    assert any(text.startswith("system:authenticated may use the restricted policy in every") for text in advice)


@pytest.mark.parametrize("version", ["1.18", "1.22", "1.24"])
def test_the_judge_has_nothing_to_say_of_the_objects(version: str) -> None:
    settings: dict[str, Any] = {
        "restricted_groups": ["system:authenticated", "system:serviceaccounts"],
        "baseline_namespaces": ["monitoring"],
        "privileged_namespaces": {"calico-system": REASON},
        "seccomp_profiles": ["audit.json"],
        "selinux": {"type": "container_t", "level": "s0:c1,c2"},
    }
    baseline = environment(version, migration=version != "1.18", **settings)
    knowledge = knowledge_of(baseline)
    manifests = plan_pod_security(pod_security_inputs(baseline))
    assert len(manifests) == 12
    found = [f"{name_of(one)}: {judged.control.id} {judged.finding.message}"
             for one in manifests for judged in judge(one, CONTROLS, knowledge)]  # fmt: skip
    assert found == []


def test_the_order_of_the_input_makes_no_difference() -> None:
    one = planned("1.20", restricted_groups=["a", "b"], baseline_namespaces=["m", "n"], seccomp_profiles=["x", "y"])
    other = planned("1.20", restricted_groups=["b", "a"], baseline_namespaces=["n", "m"], seccomp_profiles=["y", "x"])
    assert one == other
