"""Static pods: complete manifests that differ from kubeadm's only by what the settings say."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.plans.control_plane.dialects.static_pod import KUBE_PROXY_CONFIG, KUBELET_CONFIG, static_pod
from k8s_hardening.plans.control_plane.part import Component, Part
from k8s_hardening.plans.control_plane.plan import plan_control_plane
from tests.plans.control_plane.dialects.samples import (
    VERSIONS,
    documents_of,
    flag,
    inputs,
    paths_of,
    planned,
    written,
)


def pod(component: Component, version: str = "1.37", **changes: Any) -> dict[str, Any]:
    (made,) = documents_of(planned("static-pod", version, **changes), f"/etc/kubernetes/manifests/{component}.yaml")
    found: dict[str, Any] = made
    return found


def container(component: Component, version: str = "1.37", **changes: Any) -> dict[str, Any]:
    (found,) = pod(component, version, **changes)["spec"]["containers"]
    made: dict[str, Any] = found
    return made


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("component", Component)
def test_one_container_starts_the_component_with_one_word_per_flag(component: Component, version: str) -> None:
    made = container(component, version)
    program, *words = made["command"]
    assert program == component.value
    assert all(word.startswith("--") and "=" in word for word in words)
    assert "args" not in made
    assert words == sorted(words, key=lambda word: word.partition("=")[0])


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("component", Component)
def test_every_setting_is_on_the_command_line(component: Component, version: str) -> None:
    spec = inputs("static-pod", version)
    part = plan_control_plane(spec, spec.kubernetes, spec.dialect)
    wanted = {one.flag: items(one.values) for one in part.settings if one.component is component}
    assert wanted
    found: dict[str, set[str]] = {}
    for word in container(component, version)["command"][1:]:
        name, _, value = word.removeprefix("--").partition("=")
        found[name] = found.get(name, set()) | items([value])
    assert {name: found.get(name) for name in wanted} == wanted


def items(values: Iterable[str]) -> set[str]:
    return {item for value in values for item in value.split(",")}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("component", Component)
def test_a_pod_is_confined_as_far_as_its_program_lets_it(component: Component, version: str) -> None:
    context = container(component, version)["securityContext"]
    assert context["allowPrivilegeEscalation"] is False
    assert context["readOnlyRootFilesystem"] is True
    assert context["capabilities"]["drop"] == ["ALL"]
    added = {Component.API_SERVER: ["NET_BIND_SERVICE"], Component.ETCD: ["DAC_OVERRIDE"]}
    assert context["capabilities"].get("add", []) == added.get(component, [])


def test_the_runtimes_profile_is_an_annotation_in_1_18_and_a_field_after_it() -> None:
    old, new = pod(Component.SCHEDULER, "1.18"), pod(Component.SCHEDULER, "1.21")
    assert old["metadata"]["annotations"] == {"seccomp.security.alpha.kubernetes.io/pod": "runtime/default"}
    assert "securityContext" not in old["spec"]
    assert new["spec"]["securityContext"] == {"seccompProfile": {"type": "RuntimeDefault"}}
    assert "annotations" not in new["metadata"]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("component", Component)
def test_volumes_and_mounts_belong_together(component: Component, version: str) -> None:
    spec = pod(component, version)["spec"]
    volumes = {one["name"]: one["hostPath"]["path"] for one in spec["volumes"]}
    mounts = {one["name"]: one["mountPath"] for one in spec["containers"][0]["volumeMounts"]}
    assert volumes == mounts
    assert len(volumes) == len(spec["volumes"])


def test_only_what_a_program_writes_is_writable() -> None:
    def writable(component: Component) -> list[str]:
        return [one["mountPath"] for one in container(component)["volumeMounts"] if not one["readOnly"]]

    assert writable(Component.API_SERVER) == ["/var/log/kubernetes/audit"]
    assert writable(Component.ETCD) == ["/var/lib/etcd"]
    assert writable(Component.CONTROLLER_MANAGER) == writable(Component.SCHEDULER) == []


def test_etcd_does_not_see_the_keys_of_the_cluster() -> None:
    mounts = {one["mountPath"] for one in container(Component.ETCD)["volumeMounts"]}
    assert mounts == {"/etc/kubernetes/pki/etcd", "/var/lib/etcd"}


def test_probes_that_cannot_show_who_they_are_only_knock_where_nobody_may_come_in_without_a_name() -> None:
    closed = container(Component.API_SERVER, "1.30")
    assert "--anonymous-auth=false" in closed["command"]
    assert closed["livenessProbe"]["tcpSocket"] == {"host": "127.0.0.1", "port": 6443}
    paths = container(Component.API_SERVER, "1.37")
    assert "--anonymous-auth=false" not in paths["command"]
    assert paths["livenessProbe"]["httpGet"]["path"] == "/livez"
    assert paths["readinessProbe"]["httpGet"]["path"] == "/readyz"


def test_addresses_of_the_node_are_filled_in_by_the_kubelet() -> None:
    etcd = container(Component.ETCD)
    assert [one["name"] for one in etcd["env"]] == ["HOST_IP", "NODE_NAME"]
    assert "--initial-cluster=$(NODE_NAME)=https://$(HOST_IP):2380" in etcd["command"]
    assert "env" not in container(Component.SCHEDULER)


def test_members_of_etcd_are_named_on_each_of_them() -> None:
    spec = inputs("static-pod", "1.37").static_pods
    assert spec is not None
    several = spec.model_copy(update={"etcd_members": {"cp-2": "10.0.0.11", "cp-1": "10.0.0.10", "cp-3": "fd00::1"}})
    made = static_pod(Part(), KubeVersion(1, 37), several, Component.ETCD)
    expected = "--initial-cluster=cp-1=https://10.0.0.10:2380,cp-2=https://10.0.0.11:2380,cp-3=https://[fd00::1]:2380"
    assert expected in made["spec"]["containers"][0]["command"]


def test_an_authorization_file_takes_the_place_of_the_mode() -> None:
    output = written("static-pod", "1.37", flag("authorization-config", "/etc/x.yaml"))
    (made,) = documents_of(output, "/etc/kubernetes/manifests/kube-apiserver.yaml")
    command = made["spec"]["containers"][0]["command"]
    assert "--authorization-config=/etc/x.yaml" in command
    assert not any(word.startswith("--authorization-mode") for word in command)


def test_nodes_get_the_configuration_of_kubelet_and_proxy() -> None:
    output = planned("static-pod", "1.37")
    assert {KUBELET_CONFIG, KUBE_PROXY_CONFIG} <= paths_of(output)
    (kubelet,) = documents_of(output, KUBELET_CONFIG)
    assert kubelet["staticPodPath"] == "/etc/kubernetes/manifests"
    assert output.not_expressible == ()
