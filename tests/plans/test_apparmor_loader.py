"""The loader of AppArmor profiles: as few rights as it can do with, and exempt from nothing more than it needs."""

from __future__ import annotations

from typing import Any

import pytest

from k8s_hardening.controls.exemption_uses import ExemptionUses
from k8s_hardening.controls.judging import judge, judge_stack
from k8s_hardening.controls.registry import CONTROLS
from k8s_hardening.kube.manifest import Manifest, kind_of, name_of, namespace_of
from k8s_hardening.kube.version import NEWEST, OLDEST, KubeVersion
from k8s_hardening.model.apparmor import LARGEST_MAP
from k8s_hardening.model.apparmor_loader import (
    CLUSTER_ROLE,
    CONTAINER,
    NAME,
    NAMESPACE,
    AppArmorLoaderInputs,
    loader_exemptions,
)
from k8s_hardening.model.apparmor_text import profile_name, profile_text
from k8s_hardening.model.knowledge import Knowledge, TenantFacts
from k8s_hardening.plans.apparmor_loader import loader_advice, plan_apparmor_loader
from tests.plans.apparmor_loading import LOADER, loader_inputs

VERSIONS = [f"1.{minor}" for minor in range(OLDEST.minor, NEWEST.minor + 1)]
TENANTS = (TenantFacts(name="payments", namespaces={"payments-api": "restricted"}),)


def planned(version: str = "1.36", **changes: Any) -> dict[tuple[str, str], Manifest]:
    """The objects by kind and name."""
    return {(kind_of(one), name_of(one)): one for one in plan_apparmor_loader(loader_inputs(version, **changes))}


def daemon_set(version: str = "1.36", **changes: Any) -> Any:
    return planned(version, **changes)["DaemonSet", NAME]


def pod(version: str = "1.36", **changes: Any) -> Any:
    return daemon_set(version, **changes)["spec"]["template"]


def knowledge(version: str, tenants: tuple[TenantFacts, ...] = TENANTS) -> Knowledge:
    """The strictest environment: every switch of a baseline on."""
    return Knowledge(
        kubernetes=KubeVersion.parse(version),
        cni="calico",
        digests_required=True,
        registries=("registry.example.com/platform",),
        apparmor_required=True,
        tenants=tenants,
        privileged_namespaces=(NAMESPACE,),
    )


def found(inputs: AppArmorLoaderInputs, known: Knowledge) -> set[tuple[str, str]]:
    """Control and kind of everything that is found in the loader's objects."""
    objects = plan_apparmor_loader(inputs)
    alone = {(one.control.id, kind_of(each)) for each in objects for one in judge(each, CONTROLS, known)}
    together = {(one.control.id, kind_of(objects[index])) for index, one in judge_stack(objects, CONTROLS, known)}
    return alone | together


@pytest.mark.parametrize("tenants", [(), TENANTS], ids=["alone", "with tenants"])
@pytest.mark.parametrize("version", VERSIONS)
def test_it_is_exempt_from_exactly_what_does_not_fit_it(version: str, tenants: tuple[TenantFacts, ...]) -> None:
    inputs, known = loader_inputs(version), knowledge(version, tenants)
    exemptions = loader_exemptions(inputs.kubernetes, inputs.exemption, has_tenants=bool(tenants))
    # The label of the namespace has to admit the pod that is exempt, and follows from its exemptions.
    label = {("namespace-pod-security", "Namespace")} if inputs.kubernetes >= KubeVersion(1, 23) else set()
    assert found(inputs, known) - label == {(one.control, str(one.kind)) for one in exemptions}
    assert found(inputs, known) >= label
    assert found(inputs, known.model_copy(update={"exemptions": exemptions})) == set()


@pytest.mark.parametrize("version", VERSIONS)
def test_each_exemption_is_used_and_names_one_object_with_a_reason(version: str) -> None:
    inputs, known = loader_inputs(version), knowledge(version)
    exemptions = loader_exemptions(inputs.kubernetes, inputs.exemption, has_tenants=True)
    uses = ExemptionUses(CONTROLS, known.model_copy(update={"exemptions": exemptions}))
    objects = plan_apparmor_loader(inputs)
    used = {use.exemption for one in objects for use in uses.of(one)}
    used |= {use.exemption for _, use in uses.of_stack(objects)}
    assert used == set(exemptions)
    assert len({one.control for one in exemptions}) == len(exemptions)
    for one in exemptions:
        assert (one.owner, str(one.expires)) == ("platform-team", "2027-06-30")
        assert (one.kind, one.namespace, one.name) in (
            ("DaemonSet", NAMESPACE, NAME),
            ("Namespace", NAMESPACE, NAMESPACE),
            ("ClusterRole", None, CLUSTER_ROLE),
        )
        assert len(one.reason) > 40
    of_container = {one.control for one in exemptions if one.container == CONTAINER}
    assert {"capabilities-added", "run-as-non-root"} <= of_container


def test_an_exemption_that_is_taken_out_is_missed() -> None:
    inputs, known = loader_inputs(), knowledge("1.36")
    exemptions = loader_exemptions(inputs.kubernetes, inputs.exemption, has_tenants=True)
    for left_out in exemptions:
        others = tuple(one for one in exemptions if one is not left_out)
        assert (left_out.control, left_out.kind) in found(inputs, known.model_copy(update={"exemptions": others}))


@pytest.mark.parametrize("version", VERSIONS)
def test_it_holds_one_capability_and_one_folder_of_the_node(version: str) -> None:
    spec = pod(version)["spec"]
    (container,) = spec["containers"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"], "add": ["MAC_ADMIN"]}
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    folders = [one["hostPath"] for one in spec["volumes"] if "hostPath" in one]
    assert folders == [{"path": "/sys/kernel/security", "type": "Directory"}]
    assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & spec.keys()


def test_its_rights_are_two_verbs() -> None:
    rules = planned()["ClusterRole", "k8s-hardening-apparmor-loader"]["rules"]
    assert rules == [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]},
        {"apiGroups": [""], "resources": ["nodes"], "verbs": ["patch"]},
    ]
    for kind, name in planned():
        assert kind not in ("Role", "Secret")
        if kind == "ServiceAccount":
            assert planned()[kind, name]["automountServiceAccountToken"] is False


@pytest.mark.parametrize("version", VERSIONS)
def test_the_form_of_unconfined_follows_the_version(version: str) -> None:
    template = pod(version)
    (container,) = template["spec"]["containers"]
    by_field = container["securityContext"].get("appArmorProfile")
    by_annotation = (
        template["metadata"].get("annotations", {}).get("container.apparmor.security.beta.kubernetes.io/loader")
    )
    is_new = KubeVersion.parse(version) >= KubeVersion(1, 30)
    assert (by_field, by_annotation) == (({"type": "Unconfined"}, None) if is_new else (None, "unconfined"))


@pytest.mark.parametrize(("version", "automatic"), [("1.18", True), ("1.19", True), ("1.20", False), ("1.37", False)])
def test_its_token_ends_soon_where_there_is_a_ca_to_put_beside_it(version: str, automatic: bool) -> None:
    spec = pod(version)["spec"]
    assert spec["automountServiceAccountToken"] is automatic
    tokens = [
        source["serviceAccountToken"]
        for volume in spec["volumes"]
        for source in volume.get("projected", {}).get("sources", ())
        if "serviceAccountToken" in source
    ]
    assert tokens == ([] if automatic else [{"path": "token", "expirationSeconds": 3600}])


@pytest.mark.parametrize(
    ("version", "migration", "binds"),
    [
        ("1.18", False, True),
        ("1.22", False, True),
        ("1.23", False, False),
        ("1.24", True, True),
        ("1.25", False, False),
    ],
)
def test_where_policies_hold_pods_it_may_use_the_privileged_one(version: str, migration: bool, binds: bool) -> None:
    objects = planned(version, migration=migration)
    binding = objects.get(("RoleBinding", "apparmor-loader-pod-security-policy"))
    assert (binding is not None) == binds
    if binding is not None:
        assert binding["roleRef"]["name"] == "k8s-hardening-psp-privileged"
        assert binding["subjects"] == [{"kind": "ServiceAccount", "name": NAME, "namespace": NAMESPACE}]


@pytest.mark.parametrize(
    ("version", "level"), [("1.22", None), ("1.23", "privileged"), ("1.30", "privileged"), ("1.37", "privileged")]
)
def test_the_namespace_says_its_level(version: str, level: str | None) -> None:
    labels = planned(version)["Namespace", NAMESPACE]["metadata"]["labels"]
    assert labels.get("pod-security.kubernetes.io/enforce") == level
    assert ("k8s-hardening/namespace" in labels) == (KubeVersion.parse(version) < KubeVersion(1, 21))


def test_nothing_passes_but_its_way_to_the_api_server() -> None:
    policies = {name: one["spec"] for (kind, name), one in planned().items() if kind == "NetworkPolicy"}
    assert policies == {
        "deny-all": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]},
        "allow-api-server": {
            "podSelector": {"matchLabels": {"app.kubernetes.io/name": NAME}},
            "policyTypes": ["Egress"],
            "egress": [
                {
                    "to": [{"ipBlock": {"cidr": "10.0.0.10/32"}}, {"ipBlock": {"cidr": "10.96.0.1/32"}}],
                    "ports": [{"protocol": "TCP", "port": 443}, {"protocol": "TCP", "port": 6443}],
                }
            ],
        },
    }
    labels = pod()["metadata"]["labels"]
    assert labels["app.kubernetes.io/name"] == NAME
    assert daemon_set()["spec"]["selector"]["matchLabels"] == {"app.kubernetes.io/name": NAME}


@pytest.mark.parametrize("version", ["1.18", "1.29", "1.30", "1.37"])
def test_from_1_30_on_the_server_holds_it_to_its_node_and_before_that_is_said(version: str) -> None:
    inputs = loader_inputs(version)
    kinds = {kind_of(one) for one in plan_apparmor_loader(inputs)}
    holds = KubeVersion.parse(version) >= KubeVersion(1, 30)
    assert ("ValidatingAdmissionPolicy" in kinds) == ("ValidatingAdmissionPolicyBinding" in kinds) == holds
    advice = list(loader_advice(inputs))
    assert len(advice) == (0 if holds else 1)
    assert all("every node" in one for one in advice)


@pytest.mark.parametrize(("version", "immutable"), [("1.18", None), ("1.19", True), ("1.37", True)])
def test_the_profiles_lie_in_a_map_that_is_named_by_what_it_holds(version: str, immutable: bool | None) -> None:
    inputs = loader_inputs(version, profiles=[{"name": "web"}, {"name": "db", "writable": ["/data/**"]}])
    (name,) = (name for kind, name in planned(version, profiles=inputs.profiles) if kind == "ConfigMap")
    made = planned(version, profiles=inputs.profiles)["ConfigMap", name]
    assert made["data"] == {profile_name(one): profile_text(one) for one in inputs.profiles}
    assert made.get("immutable") is immutable
    turned = planned(version, profiles=inputs.profiles[::-1])
    assert turned == planned(version, profiles=inputs.profiles)
    assert ("ConfigMap", name) not in planned(version, profiles=inputs.profiles[:1])


def mounted_maps(template: Any) -> list[str]:
    (profiles,) = (one for one in template["spec"]["volumes"] if one["name"] == "profiles")
    return [source["configMap"]["name"] for source in profiles["projected"]["sources"]]


def test_profiles_beyond_one_map_are_parted_and_all_of_them_mounted() -> None:
    paths = [f"/data/{'a' * 200}/{index}/**" for index in range(2000)]
    profiles = [{"name": name, "denied": paths} for name in ("a", "b", "c", "d")]
    inputs = loader_inputs(profiles=profiles)
    objects = planned(profiles=profiles)
    maps = {name: one["data"] for (kind, name), one in objects.items() if kind == "ConfigMap"}
    assert len(maps) == 2
    for data in maps.values():
        assert 0 < sum(len(text.encode()) for text in data.values()) <= LARGEST_MAP
    together = {key: text for data in maps.values() for key, text in data.items()}
    assert together == {profile_name(one): profile_text(one) for one in inputs.profiles}
    assert sorted(mounted_maps(pod(profiles=profiles))) == sorted(maps)


def test_an_edited_profile_changes_the_template_and_so_rolls_out() -> None:
    before, after = pod(), pod(profiles=[{"name": "web", "denied": ["/root/**"]}])
    assert mounted_maps(before) != mounted_maps(after)


def test_objects_of_a_namespace_lie_in_its_own() -> None:
    for one in plan_apparmor_loader(loader_inputs()):
        assert namespace_of(one) in ("", NAMESPACE)
    order = [kind_of(one) for one in plan_apparmor_loader(loader_inputs())]
    assert order[0] == "Namespace"
    assert order[-1] == "DaemonSet"


def test_nodes_that_it_is_for_are_linux_and_as_selected() -> None:
    assert pod()["spec"]["nodeSelector"] == {"kubernetes.io/os": "linux"}
    chosen = pod(node_selector={"example.com/pool": "apparmor"})["spec"]["nodeSelector"]
    assert chosen == {"kubernetes.io/os": "linux", "example.com/pool": "apparmor"}
    assert pod()["spec"]["tolerations"] == [{"operator": "Exists"}]


def test_credentials_for_images_are_named_by_its_account_alone() -> None:
    secret = {"config": "registryPullSecret", "registries": ["registry.example.com/platform"]}
    accounts = {name: one for (kind, name), one in planned(pull_secret=secret).items() if kind == "ServiceAccount"}
    assert accounts[NAME]["imagePullSecrets"] == [{"name": "registry-pull"}]
    assert "imagePullSecrets" not in accounts["default"]
    assert "imagePullSecrets" not in planned()["ServiceAccount", NAME]


def test_the_sample_is_what_a_baseline_takes() -> None:
    assert AppArmorLoaderInputs.model_validate({**LOADER, "kubernetes": "1.36", "profiles": [{"name": "web"}]})
