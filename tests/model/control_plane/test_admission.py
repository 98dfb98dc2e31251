"""What an admission part cannot say."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from k8s_hardening.kube.admission_plugins import REFUSED, plugins
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.admission import AdmissionSpec
from k8s_hardening.model.dialect import Dialect


def problems(version: str, **fields: Any) -> dict[str, str]:
    """Location -> text of each problem."""
    found = AdmissionSpec.model_validate(fields).problems(KubeVersion.parse(version), Dialect.KUBEADM)
    return {".".join(map(str, loc)): text for loc, _, text in found}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_refused_whatever_the_version(name: str) -> None:
    with pytest.raises(ValidationError, match="is refused"):
        AdmissionSpec.model_validate({"enable": [name]})
    with pytest.raises(ValidationError, match="is refused"):
        AdmissionSpec.model_validate({"historical_list": f"ServiceAccount,{name}"})


@pytest.mark.parametrize(
    ("name", "last", "instead"),
    [
        ("PodPreset", 19, "mutating admission webhook"),
        ("DenyEscalatingExec", 20, "PodSecurity"),
        ("DenyExecOnPrivileged", 20, "pods/exec"),
        ("PodSecurityPolicy", 24, "PodSecurity"),
        ("SecurityContextDeny", 26, "PodSecurity"),
        ("PersistentVolumeLabel", 30, "CSI"),
    ],
)
def test_what_is_gone_is_refused_with_what_does_its_work(name: str, last: int, instead: str) -> None:
    assert problems(f"1.{last}", enable=[name]) == {}
    text = problems(f"1.{last + 1}", enable=[name])["enable.0"]
    assert f"gone since Kubernetes 1.{last + 1}" in text
    assert instead in text


@pytest.mark.parametrize("minor", [27, 28, 29, 30])
def test_security_context_deny_is_refused_behind_its_gate_too(minor: int) -> None:
    assert "feature gate" in problems(f"1.{minor}", enable=["SecurityContextDeny"])["enable.0"]


def test_what_comes_later_is_refused() -> None:
    assert problems("1.20", enable=["DenyServiceExternalIPs"]) == {"enable.0": "comes with Kubernetes 1.21; remove it"}
    assert problems("1.21", enable=["DenyServiceExternalIPs"]) == {}


def test_every_living_plugin_can_be_set() -> None:
    names = [name for name, one in plugins().items() if one.last is None and name not in REFUSED]
    found = problems("1.37", enable=names)
    assert list(found) == [f"enable.{names.index('ImagePolicyWebhook')}"]  # needs its service


def test_the_image_policy_needs_its_service() -> None:
    assert "set image_policy_webhook" in problems("1.37", enable=["ImagePolicyWebhook"])["enable.0"]
    assert "set image_policy_webhook" in problems("1.37", historical_list="ImagePolicyWebhook")["historical_list"]


@pytest.mark.parametrize("name", ["NodeRestriction", "PodSecurity", "ServiceAccount", "NamespaceLifecycle"])
def test_what_always_runs_cannot_stay_off(name: str) -> None:
    with pytest.raises(ValidationError, match="always runs"):
        AdmissionSpec.model_validate({"without": [name]})


def test_one_plugin_cannot_be_both_on_and_off() -> None:
    assert "without" in problems("1.37", enable=["AlwaysPullImages"], without=["AlwaysPullImages"])["enable.0"]


def test_configuration_of_what_does_not_run() -> None:
    assert "PodSecurity" in problems("1.22", pod_security={"enforce": "restricted"})["pod_security"]
    limits = [{"kind": "Server", "per_second": 1, "burst": 1}]
    found = problems("1.37", without=["EventRateLimit"], event_rate_limits=limits)
    assert "EventRateLimit" in found["event_rate_limits"]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"enable": ["NodeRestricton"]}, "not the name of an admission plug-in"),
        ({"historical_list": "ServiceAccount,Bogus"}, "names Bogus"),
        ({"historical_list": " , "}, "names no plug-in"),
        ({"event_rate_limits": []}, "is empty"),
        ({"event_rate_limits": [{"kind": "Server", "per_second": 0, "burst": 1}]}, "greater than 0"),
        ({"pod_security": {"enforce": "privileged"}}, "'baseline' or 'restricted'"),
        ({"limited_resources": [{"resource": "pods"}]}, "limits nothing"),
        ({"webhook_kubeconfig_file": "admission.conf"}, "is not the absolute path"),
        ({"webhook_kubeconfig_file": "/etc/../root/x"}, "is not the absolute path"),
    ],
)
def test_what_no_version_takes(fields: dict[str, Any], text: str) -> None:
    with pytest.raises(ValidationError, match=text):
        AdmissionSpec.model_validate(fields)


def test_the_gate_of_pod_security_is_for_one_version() -> None:
    assert problems("1.22", pod_security_gate=True) == {}
    assert set(problems("1.21", pod_security_gate=True)) == {"pod_security_gate"}
    assert set(problems("1.23", pod_security_gate=True)) == {"pod_security_gate"}
