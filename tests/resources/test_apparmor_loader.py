"""The component `AppArmorLoader`: its token, children, order, outputs and credentials."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from k8s_hardening import AppArmorLoader, AppArmorLoaderArgs
from k8s_hardening.model.apparmor_loader import AppArmorLoaderInputs
from k8s_hardening.model.apparmor_text import profile_names
from k8s_hardening.plans.apparmor_loader import plan_apparmor_loader
from k8s_hardening.resources.component import child_name
from tests.plans.apparmor_loading import LOADER
from tests.resources.monitor import Recording, record

NAMESPACE = "k8s-hardening-apparmor"
DAEMON_SET = f"loader/DaemonSet/{NAMESPACE}/apparmor-loader"
SECRET = f"loader/Secret/{NAMESPACE}/registry-pull"
PULL_SECRET = {"config": "registryPullSecret", "registries": ["registry.example.com"], "into_cluster": True}
PULL_KEY = "k8s-hardening:registryPullSecret"
CREDENTIALS = '{"auths": {"registry.example.com": {"username": "node", "password": "canary"}}}'


def args(**changes: Any) -> AppArmorLoaderArgs:
    whole: Any = {**LOADER, "kubernetes": "1.36", "profiles": [{"name": "web"}, {"name": "db"}], **changes}
    made: AppArmorLoaderArgs = whole
    return made


def made(**changes: Any) -> Recording:
    return record(lambda: AppArmorLoader("loader", args(**changes)))


def test_children_and_their_tokens_are_public() -> None:
    found = {resource.name: resource.type for resource in made().resources}
    (profiles,) = (name for name in found if "/ConfigMap/" in name)
    rbac, api = "kubernetes:rbac.authorization.k8s.io/v1", "kubernetes:admissionregistration.k8s.io/v1"
    assert found == {
        "loader": "k8s-hardening:index:AppArmorLoader",
        f"loader/Namespace/{NAMESPACE}": "kubernetes:core/v1:Namespace",
        f"loader/ResourceQuota/{NAMESPACE}/apparmor-loader": "kubernetes:core/v1:ResourceQuota",
        f"loader/NetworkPolicy/{NAMESPACE}/deny-all": "kubernetes:networking.k8s.io/v1:NetworkPolicy",
        f"loader/NetworkPolicy/{NAMESPACE}/allow-api-server": "kubernetes:networking.k8s.io/v1:NetworkPolicy",
        f"loader/ServiceAccount/{NAMESPACE}/default": "kubernetes:core/v1:ServiceAccountPatch",
        f"loader/ServiceAccount/{NAMESPACE}/apparmor-loader": "kubernetes:core/v1:ServiceAccount",
        "loader/ClusterRole/k8s-hardening-apparmor-loader": f"{rbac}:ClusterRole",
        "loader/ClusterRoleBinding/k8s-hardening-apparmor-loader": f"{rbac}:ClusterRoleBinding",
        "loader/ValidatingAdmissionPolicy/k8s-hardening-apparmor-loader": f"{api}:ValidatingAdmissionPolicy",
        "loader/ValidatingAdmissionPolicyBinding/k8s-hardening-apparmor-loader": (
            f"{api}:ValidatingAdmissionPolicyBinding"
        ),
        profiles: "kubernetes:core/v1:ConfigMap",
        DAEMON_SET: "kubernetes:apps/v1:DaemonSet",
    }


@pytest.mark.parametrize("version", ["1.18", "1.24", "1.30", "1.37"])
def test_objects_reach_the_engine_exactly_as_planned(version: str) -> None:
    planned = plan_apparmor_loader(AppArmorLoaderInputs.model_validate(args(kubernetes=version)))
    recording = made(kubernetes=version)
    assert {resource.name: resource.inputs for resource in recording.objects()} == {
        child_name("loader", manifest): manifest for manifest in planned
    }
    assert {resource.parent for resource in recording.objects()} == {"loader"}


def test_no_pod_starts_before_its_guard_rails() -> None:
    recording = made()
    others = {resource.name for resource in recording.objects()} - {DAEMON_SET}
    assert set(recording.named(DAEMON_SET).dependencies) == others


def test_outputs_are_known_at_preview_and_carry_the_loader() -> None:
    def program() -> None:
        loader = AppArmorLoader("loader", args())
        pulumi.CustomResource(
            "test:index:Workload", "app", {"name": loader.profile_names["web"], "label": loader.node_labels["web"]}
        )

    recording = record(program)
    names = profile_names(AppArmorLoaderInputs.model_validate(args()).profiles)
    labels = {own: f"apparmor.node-restriction.kubernetes.io/{known}" for own, known in names.items()}
    assert recording.component_outputs["loader"] == {"profileNames": names, "nodeLabels": labels, "advice": []}
    assert recording.named("app").inputs == {"name": names["web"], "label": labels["web"]}
    assert DAEMON_SET in recording.named("app").dependencies


def test_where_the_server_cannot_hold_it_to_its_node_it_says_so() -> None:
    (advice,) = made(kubernetes="1.29").component_outputs["loader"]["advice"]
    assert "1.29" in advice


def test_credentials_are_there_before_the_pods_that_need_them() -> None:
    loader = args(pull_secret=PULL_SECRET)
    recording = record(lambda: AppArmorLoader("loader", loader), config={PULL_KEY: CREDENTIALS}, secret_keys=[PULL_KEY])
    assert recording.named(SECRET).inputs["type"] == "kubernetes.io/dockerconfigjson"
    assert SECRET in recording.named(DAEMON_SET).dependencies
    account = recording.named(f"loader/ServiceAccount/{NAMESPACE}/apparmor-loader")
    assert account.inputs["imagePullSecrets"] == [{"name": "registry-pull"}]


def test_where_objects_are_rendered_the_way_to_make_the_credentials_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(pulumi, "warn", lambda text, resource: said.append(text))
    recording = made(pull_secret={**PULL_SECRET, "into_cluster": False})
    assert not [one for one in recording.resources if "Secret" in one.type]
    (text,) = said
    assert f"for namespace in {NAMESPACE}; do pulumi config get {PULL_KEY}" in text


def test_every_mistake_shows_before_anything_is_made() -> None:
    recording = Recording()
    with pytest.raises(pulumi.RunError) as caught:
        record(
            lambda: AppArmorLoader(
                "loader", args(image="apparmor-loader:latest", profiles=[{"name": "web"}, {"name": "web"}])
            ),
            into=recording,
        )
    assert len(str(caught.value).splitlines()) == 2
    assert 'loader.image: "apparmor-loader:latest" is not an image by digest' in str(caught.value)
    assert 'loader.profiles[1].name: "web" is already the name of profiles[0]' in str(caught.value)
    assert recording.resources == []
