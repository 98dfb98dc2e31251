"""Which admission plug-ins run, and the one file that configures them."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from k8s_hardening.kube.admission_plugins import HISTORICAL_LIST, REFUSED, default_plugins, plugins
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.admission import AdmissionSpec
from k8s_hardening.plans.control_plane.admission import plan_admission
from k8s_hardening.plans.control_plane.part import Part
from tests.plans.control_plane.reading import (
    ENDPOINT,
    file_of,
    files_named_but_not_mounted,
    flags_of,
    mounted,
    versions,
)

EVERYTHING: dict[str, Any] = {
    "image_policy_webhook": {"endpoint": ENDPOINT},
    "node_selectors": {"payments-api": {"example.com/pool": "payments", "example.com/arch": "arm"}},
    "default_node_selector": {"example.com/pool": "shared"},
    "pod_tolerations": {
        "added": [{"key": "example.com/gpu", "value": "shared", "effect": "NoSchedule"}],
        "allowed": [{"key": "example.com/gpu"}],
    },
    "limited_resources": [
        {"resource": "pods", "priority_classes": ["system-cluster-critical"]},
        {"resource": "persistentvolumeclaims", "match_contains": [".storageclass.storage.k8s.io/requests.storage"]},
    ],
    "webhook_kubeconfig_file": "/etc/kubernetes/admission-webhooks.conf",
}


def part(version: str | KubeVersion = "1.37", **fields: Any) -> Part:
    kubernetes = KubeVersion.parse(version)
    spec = AdmissionSpec.model_validate(fields)
    assert list(spec.problems(kubernetes, dialect=None)) == []  # type: ignore[arg-type]
    return plan_admission(spec, kubernetes)


def enabled(version: str | KubeVersion = "1.37", **fields: Any) -> set[str]:
    (value,) = flags_of(part(version, **fields))["enable-admission-plugins"]
    names = value.split(",")
    assert names == sorted(set(names))
    return set(names)


def blocks(version: str | KubeVersion = "1.37", **fields: Any) -> dict[str, Any]:
    found = file_of(part(version, **fields), "admission-control-config-file")
    assert found["apiVersion"] == "apiserver.config.k8s.io/v1"
    assert found["kind"] == "AdmissionConfiguration"
    return {one["name"]: one["configuration"] for one in found["plugins"]}


@pytest.mark.parametrize("version", versions())
def test_the_secure_set_of_every_version(version: KubeVersion) -> None:
    expected = {"AlwaysPullImages", "EventRateLimit", "NodeRestriction"}
    expected |= {"DenyServiceExternalIPs"} if version >= KubeVersion(1, 21) else set()
    expected |= {"PodSecurity"} if version >= KubeVersion(1, 23) else set()
    assert enabled(version) == expected


@pytest.mark.parametrize("version", versions())
def test_no_version_is_told_a_name_that_it_does_not_know_or_that_is_refused(version: KubeVersion) -> None:
    every = [name for name, one in plugins().items() if one.is_known(version) and name not in REFUSED]
    names = enabled(version, enable=every, **EVERYTHING)
    assert names >= set(every)
    assert all(plugins()[name].is_known(version) for name in names)


@pytest.mark.parametrize("version", versions())
def test_nothing_is_ever_switched_off(version: KubeVersion) -> None:
    flags = flags_of(part(version, without=["AlwaysPullImages", "EventRateLimit"], **EVERYTHING))
    assert "disable-admission-plugins" not in flags
    assert "admission-control" not in flags


@pytest.mark.parametrize("version", versions())
@pytest.mark.parametrize("without", [[], ["EventRateLimit"]])
def test_a_block_is_there_for_every_plugin_that_runs_and_for_no_other(version: KubeVersion, without: list[str]) -> None:
    found = blocks(version, without=without, **EVERYTHING)
    running = default_plugins(version) | enabled(version, without=without, **EVERYTHING)
    assert set(found) <= running
    assert ("EventRateLimit" in found) is (without == [])
    assert ("PodSecurity" in found) is (version >= KubeVersion(1, 23))
    assert set(found) >= {
        "ImagePolicyWebhook",
        "PodNodeSelector",
        "PodTolerationRestriction",
        "ResourceQuota",
        "MutatingAdmissionWebhook",
        "ValidatingAdmissionWebhook",
    }


def test_without_a_block_there_is_no_file() -> None:
    assert set(flags_of(part("1.22", without=["EventRateLimit"]))) == {"enable-admission-plugins"}


def test_everything_that_the_blocks_name_is_mounted() -> None:
    found = part(**EVERYTHING)
    assert files_named_but_not_mounted(found) == set()
    assert mounted(found) == {
        "/etc/kubernetes/admission-webhooks.conf",
        "/etc/kubernetes/hardening/admission/admission-configuration.yaml",
        "/etc/kubernetes/hardening/admission/image-policy-webhook.kubeconfig",
        "/etc/kubernetes/pki",
    }


def test_events_are_limited() -> None:
    found = blocks()["EventRateLimit"]
    assert found["apiVersion"] == "eventratelimit.admission.k8s.io/v1alpha1"
    assert found["kind"] == "Configuration"
    assert found["limits"] == [
        {"type": "Server", "qps": 1000, "burst": 5000},
        {"type": "Namespace", "qps": 50, "burst": 200, "cacheSize": 4096},
        {"type": "SourceAndObject", "qps": 10, "burst": 50, "cacheSize": 4096},
    ]


@pytest.mark.parametrize(("version", "api"), [("1.23", "v1beta1"), ("1.24", "v1beta1"), ("1.25", "v1"), ("1.37", "v1")])
def test_pod_security_is_configured_in_the_form_of_the_server(version: str, api: str) -> None:
    assert blocks(version)["PodSecurity"]["apiVersion"] == f"pod-security.admission.config.k8s.io/{api}"


def test_a_namespace_without_labels_is_held_to_baseline_and_only_the_system_is_exempt() -> None:
    found = blocks("1.36")["PodSecurity"]
    assert found["defaults"] == {
        "enforce": "baseline",
        "enforce-version": "v1.36",
        "audit": "restricted",
        "audit-version": "v1.36",
        "warn": "restricted",
        "warn-version": "v1.36",
    }
    assert found["exemptions"] == {"usernames": [], "runtimeClasses": [], "namespaces": ["kube-system"]}


def test_the_default_level_and_the_exempt_namespaces_can_be_chosen() -> None:
    reason = "It runs drivers that mount volumes on the node."
    exempt = {"storage": reason, "kube-system": reason}
    found = blocks(pod_security={"enforce": "restricted", "exempt_namespaces": exempt})["PodSecurity"]
    assert found["defaults"]["enforce"] == "restricted"
    assert found["exemptions"]["namespaces"] == ["kube-system", "storage"]


def test_users_and_runtime_classes_are_exempt_with_a_reason_that_is_said_aloud() -> None:
    settings = {
        "exempt_users": {"system:serviceaccount:storage:driver": "It starts the helpers of volumes."},
        "exempt_runtime_classes": {"kata": "Its pods run in a virtual machine."},
    }
    found = blocks(pod_security=settings)["PodSecurity"]["exemptions"]
    assert (found["usernames"], found["runtimeClasses"]) == (["system:serviceaccount:storage:driver"], ["kata"])
    said = [advice for advice in part(pod_security=settings).advice if "Pod Security Admission" in advice]
    assert [("user system" in said[0], "runtime class kata" in said[1])] == [(True, True)]
    assert ": Its pods run in a virtual machine. " in said[1]


@pytest.mark.parametrize(
    "user",
    [
        "system:kube-controller-manager",
        "system:serviceaccount:kube-system:replicaset-controller",
        "system:masters",
        "system:anonymous",
        "",
    ],
)
def test_nobody_is_exempt_who_makes_pods_for_others(user: str) -> None:
    with pytest.raises(ValidationError):
        AdmissionSpec.model_validate({"pod_security": {"exempt_users": {user: "It does not work without."}}})


def test_the_image_policy_fails_closed_and_its_kubeconfig_holds_no_key() -> None:
    found = part(image_policy_webhook={"endpoint": ENDPOINT, "allowed_for": "2m"})
    policy = blocks(image_policy_webhook={"endpoint": ENDPOINT, "allowed_for": "2m"})["ImagePolicyWebhook"][
        "imagePolicy"
    ]
    assert policy == {
        "kubeConfigFile": "/etc/kubernetes/hardening/admission/image-policy-webhook.kubeconfig",
        "allowTTL": 120,
        "denyTTL": 30,
        "retryBackoff": 500,
        "defaultAllow": False,
    }
    (file,) = found.files
    assert file.path == policy["kubeConfigFile"]
    kubeconfig = yaml.safe_load(file.text)
    assert kubeconfig["users"][0]["user"] == {
        "client-certificate": ENDPOINT["client_certificate_file"],
        "client-key": ENDPOINT["client_key_file"],
    }


def test_an_open_image_policy_has_to_be_asked_for() -> None:
    found = blocks(image_policy_webhook={"endpoint": ENDPOINT, "allow_when_unreachable": True})
    assert found["ImagePolicyWebhook"]["imagePolicy"]["defaultAllow"] is True


def test_node_selectors_by_namespace() -> None:
    assert blocks(**EVERYTHING)["PodNodeSelector"] == {
        "podNodeSelectorPluginConfig": {
            "clusterDefaultNodeSelector": "example.com/pool=shared",
            "payments-api": "example.com/arch=arm,example.com/pool=payments",
        }
    }


def test_tolerations() -> None:
    found = blocks(**EVERYTHING)["PodTolerationRestriction"]
    assert found["default"] == [
        {"key": "example.com/gpu", "operator": "Equal", "value": "shared", "effect": "NoSchedule"}
    ]
    allowed, *of_the_server = found["whitelist"]
    assert allowed == {"key": "example.com/gpu", "operator": "Exists"}
    # Every pod gets these two without asking: without them in the list no pod at all could be made.
    assert {"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"} <= {one["key"] for one in of_the_server}


def test_limited_resources() -> None:
    assert blocks(**EVERYTHING)["ResourceQuota"]["limitedResources"] == [
        {
            "resource": "pods",
            "matchScopes": [{"scopeName": "PriorityClass", "operator": "In", "values": ["system-cluster-critical"]}],
        },
        {"resource": "persistentvolumeclaims", "matchContains": [".storageclass.storage.k8s.io/requests.storage"]},
    ]


def test_the_historical_list_is_translated_and_its_literal_use_explained() -> None:
    found = part("1.37", historical_list=HISTORICAL_LIST)
    assert flags_of(found) == flags_of(part("1.37"))
    (literal, gone) = [text for text in found.advice if "istorical list" in text]
    for name in ("PodSecurity", "ValidatingAdmissionPolicy", "MutatingAdmissionPolicy", "CertificateApproval"):
        assert name in literal
    assert "NamespaceLifecycle" not in literal
    assert gone.startswith("PersistentVolumeLabel of the historical list is gone in Kubernetes 1.37")


def test_what_the_historical_list_asks_for_still_runs_where_it_can() -> None:
    assert "PersistentVolumeLabel" in enabled("1.30", historical_list=HISTORICAL_LIST)
    assert "PersistentVolumeLabel" not in enabled("1.31", historical_list=HISTORICAL_LIST)
    assert "ExtendedResourceToleration" in enabled(historical_list="ExtendedResourceToleration, ResourceQuota")


def test_pod_security_policy_only_where_asked_for() -> None:
    assert "PodSecurityPolicy" not in enabled("1.24")
    found = part("1.24", enable=["PodSecurityPolicy"])
    assert "PodSecurityPolicy" in flags_of(found)["enable-admission-plugins"][0]
    assert any("apply the policies and their RBAC" in text for text in found.advice)


def test_the_gate_of_pod_security_brings_flag_plug_in_and_configuration() -> None:
    found = part("1.22", pod_security_gate=True)
    assert flags_of(found)["feature-gates"] == ("PodSecurity=true",)
    assert "PodSecurity" in flags_of(found)["enable-admission-plugins"][0].split(",")
    (text,) = [one.file.text for one in found.settings if one.file is not None]
    assert "pod-security.admission.config.k8s.io/v1alpha1" in text
    assert "feature-gates" not in flags_of(part("1.22"))


def test_the_order_of_the_input_makes_no_difference() -> None:
    names = ["OwnerReferencesPermissionEnforcement", "NamespaceExists", "LimitPodHardAntiAffinityTopology"]
    assert part(enable=names) == part(enable=names[::-1])
