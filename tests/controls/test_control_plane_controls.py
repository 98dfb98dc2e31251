"""What the fixtures of the control plane's controls cannot say."""

from __future__ import annotations

from typing import Any

import yaml

from k8s_hardening.controls.judging import judge
from k8s_hardening.controls.registry import CONTROLS
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.knowledge import Knowledge

WORD = "hunter2-hunter2"


def messages(manifest: dict[str, Any], version: str = "1.36") -> list[str]:
    knowledge = Knowledge(kubernetes=KubeVersion.parse(version))
    return [f"[{one.control.id}] {one.finding.message}" for one in judge(manifest, CONTROLS, knowledge)]


def in_secret(*documents: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "node", "namespace": "payments-api"},
        "stringData": {f"file-{index}": yaml.safe_dump(one) for index, one in enumerate(documents)},
    }


def test_no_value_of_a_secret_is_shown() -> None:
    flags = ("anonymous-auth", "authorization-mode", "token-auth-file", "profiling", "tls-min-version", "etcd-servers")
    found = messages(
        in_secret(
            {
                "apiVersion": "kubeadm.k8s.io/v1beta4",
                "kind": "ClusterConfiguration",
                "apiServer": {"extraArgs": [{"name": flag, "value": f"/{WORD}"} for flag in (*flags, WORD)]},
                "etcd": {"local": {"extraArgs": [{"name": "client-cert-auth", "value": WORD}]}},
            },
            {
                "apiVersion": "kubelet.config.k8s.io/v1beta1",
                "kind": "KubeletConfiguration",
                "authorization": {"mode": WORD},
                "tlsMinVersion": WORD,
                "podPidsLimit": WORD,
            },
            {
                "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
                "kind": "KubeProxyConfiguration",
                "metricsBindAddress": WORD,
            },
            {
                "apiVersion": "kubescheduler.config.k8s.io/v1",
                "kind": "KubeSchedulerConfiguration",
                "enableProfiling": WORD,
            },
            {
                "apiVersion": "apiserver.config.k8s.io/v1",
                "kind": "AuthenticationConfiguration",
                "anonymous": {"enabled": WORD, "conditions": [{"path": WORD}]},
            },
            {"kube-apiserver-arg": [f"authorization-mode={WORD}"]},
        )
    )
    controls = {one.partition("]")[0].lstrip("[") for one in found}
    assert {
        "control-plane-anonymous",
        "control-plane-authorization",
        "control-plane-authentication",
        "control-plane-etcd",
        "control-plane-etcd-client",
        "control-plane-kube-proxy",
        "control-plane-kubelet",
        "control-plane-kubelet-access",
        "control-plane-life-span",
        "control-plane-profiling",
        "control-plane-tls",
    } <= controls
    assert [one for one in found if WORD in one] == []


def test_a_flag_of_k3s_is_judged_and_an_absent_one_is_left_to_k3s() -> None:
    manifest = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "k3s", "namespace": "payments-api"},
        "data": {"config.yaml": yaml.safe_dump({"kube-apiserver-arg": ["authorization-mode=AlwaysAllow"]})},
    }
    (found,) = messages(manifest)
    assert found.startswith('[control-plane-authorization] data["config.yaml"].kube-apiserver-arg[0] is "AlwaysAllow"')
    manifest["data"] = {"config.yaml": yaml.safe_dump({"kube-apiserver-arg": ["event-ttl=2h"]})}
    assert messages(manifest) == []


def test_the_order_of_repeated_flags_does_not_matter() -> None:
    def of(*values: str) -> list[str]:
        arguments = [{"name": "profiling", "value": value} for value in values]
        made = {"apiVersion": "kubeadm.k8s.io/v1beta4", "kind": "ClusterConfiguration"}
        found = messages({**made, "apiServer": {"extraArgs": arguments}})
        return sorted(
            one.partition(" is ")[2] for one in found if one.startswith("[control-plane-profiling] apiServer")
        )

    assert of("true", "false") == of("false", "true") == ['"true"; set it to false']


def test_a_file_of_kubeadm_that_is_too_large_is_told_once() -> None:
    text = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n" + "# x\n" * 40_000
    manifest = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "kubeadm-config", "namespace": "kube-system"},
        "data": {"ClusterConfiguration": text},
    }
    (told,) = (one for one in messages(manifest) if "too large" in one)
    assert told.startswith("[control-plane-life-span] data.ClusterConfiguration is a file of kubeadm too large")


def test_a_field_that_comes_later_is_told_with_its_first_version() -> None:
    kubelet = {"apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration", "memorySwap": {}}
    (told,) = (one for one in messages(kubelet, "1.21") if one.startswith("[control-plane-life-span]"))
    assert told == (
        "[control-plane-life-span] memorySwap is a field that the kubelet of Kubernetes 1.21 does not know yet "
        "(first in 1.22); remove it; the kubelet drops it"
    )
