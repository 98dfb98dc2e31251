"""The helper that fills in security contexts: what it fills in, what it leaves, and what it says about both."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from k8s_hardening.controls.judging import harden as harden_by
from k8s_hardening.controls.judging import judge
from k8s_hardening.controls.registry import CONTROLS, control_of
from k8s_hardening.kube.manifest import UNKNOWN
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.exemption import Exemption
from k8s_hardening.model.knowledge import Knowledge
from k8s_hardening.model.workloads import WorkloadAppArmorSpec, WorkloadsSpec
from k8s_hardening.plans.workloads import CONTROL_IDS, Hardened, harden
from tests.builders import KINDS_AROUND_A_POD, container, pod, pod_spec, wrap_pod
from tests.controls.corpus import Fixture, fixtures
from tests.controls.test_odd_shapes import with_odd_values

FIXTURES = [one for one in (*fixtures("pass"), *fixtures("fail")) if control_of(one.control_id).chapter == "workload"]
OWN = [one for one in FIXTURES if one.control_id in CONTROL_IDS]
VERSIONS = ("1.18", "1.19", "1.21", "1.24", "1.26", "1.27", "1.34", "1.35", "1.37")
ALL_SETTINGS = WorkloadsSpec.model_validate(
    {
        "fs_group": 10001,
        "supplemental_groups": [10002],
        "selinux": {"type": "container_t", "level": "s0:c1,c2"},
        "seccomp_profile": "profiles/web.json",
        "apparmor": {"profile": "runtime-default"},
    }
)
BARE = {"containers": [{"name": "app", "image": "x"}]}
CONTEXT = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": True}
POD_ANNOTATION = "seccomp.security.alpha.kubernetes.io/pod"


def by_id(fixture: Fixture) -> str:
    return fixture.id


def profiles_of(fixture: Fixture) -> dict[str, Any]:
    """What a fixture knows of AppArmor profiles, as `harden` takes it."""
    names = ("apparmor_profiles", "apparmor_preinstalled", "apparmor_labelled")
    return {name: getattr(fixture.knowledge, name) for name in names}


def names_profile_wrong(fixture: Fixture) -> bool:
    """Which profile was meant, only the helper can say; a control has no fix for it."""
    return fixture.control_id == "apparmor-profile-provided" and bool(fixture.expected)


def said(hardened: Hardened) -> set[tuple[str, str]]:
    return {(change.path, change.control) for change in hardened.changes}


def test_a_bare_pod_spec_gets_everything_and_each_change_is_said() -> None:
    hardened = harden(BARE, kubernetes="1.36")
    assert hardened.manifest == {
        "containers": [{"name": "app", "image": "x", "securityContext": CONTEXT}],
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    }
    assert said(hardened) == {
        ("containers[0].securityContext.allowPrivilegeEscalation", "privilege-escalation"),
        ("containers[0].securityContext.capabilities.drop", "capabilities"),
        ("containers[0].securityContext.readOnlyRootFilesystem", "read-only-root-filesystem"),
        ("securityContext.runAsNonRoot", "run-as-non-root"),
        ("securityContext.seccompProfile.type", "seccomp"),
    }
    assert all(change.before is None for change in hardened.changes)
    assert hardened.left == ()
    assert BARE == {"containers": [{"name": "app", "image": "x"}]}
    (change,) = (change for change in hardened.changes if change.control == "run-as-non-root")
    assert change.message == "securityContext.runAsNonRoot was absent and is true now [run-as-non-root]"


def test_settings_go_where_the_pod_says_nothing() -> None:
    settings = ALL_SETTINGS.model_copy(update={"apparmor": WorkloadAppArmorSpec()})
    hardened = harden(pod(), kubernetes="1.36", workloads=settings)
    assert hardened.manifest["spec"]["securityContext"] == {
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
        "fsGroup": 10001,
        "supplementalGroups": [10002],
        "seLinuxOptions": {"type": "container_t", "level": "s0:c1,c2"},
    }
    assert {change.control for change in hardened.changes} == {"settings"}
    chosen = pod(
        securityContext={
            "runAsNonRoot": True,
            "fsGroup": 7,
            "supplementalGroups": [],
            "seLinuxOptions": {"level": "s1"},
        }
    )
    assert harden(chosen, kubernetes="1.36", workloads=settings).changes == ()


def test_a_seccomp_profile_of_the_nodes_goes_where_the_default_would() -> None:
    wanted = {"type": "Localhost", "localhostProfile": "profiles/web.json"}
    hardened = harden(BARE, workloads={"seccomp_profile": "profiles/web.json"})
    assert hardened.manifest["securityContext"]["seccompProfile"] == wanted
    assert harden(pod(), workloads={"seccomp_profile": "profiles/web.json"}).changes == ()


@pytest.mark.parametrize(("version", "is_annotation"), [("1.18", True), ("1.19", False), ("1.37", False)])
def test_seccomp_is_an_annotation_before_the_field_exists(version: str, is_annotation: bool) -> None:
    for kind in KINDS_AROUND_A_POD[:-1]:
        bare: dict[str, Any] = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "app"}, "spec": BARE}
        wrapped, prefix = wrap_pod({**bare, "spec": copy.deepcopy(BARE)}, kind)
        holder: Any = harden(wrapped, kubernetes=version).manifest
        for step in prefix.split("."):
            holder = holder[step]
        assert holder["metadata"].get("annotations", {}) == (
            {POD_ANNOTATION: "runtime/default"} if is_annotation else {}
        )
        assert ("seccompProfile" in holder["spec"]["securityContext"]) is not is_annotation


def test_a_job_whose_template_has_no_metadata_gets_the_annotation() -> None:
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "a"}, "spec": {"template": {"spec": BARE}}}
    template = harden(job, kubernetes="1.18").manifest["spec"]["template"]
    assert template["metadata"] == {"annotations": {POD_ANNOTATION: "runtime/default"}}


def test_annotations_of_a_bare_pod_spec_are_handed_over() -> None:
    settings = {"seccomp_profile": "profiles/web.json"}
    assert harden(BARE, kubernetes="1.18", workloads=settings).annotations == {
        POD_ANNOTATION: "localhost/profiles/web.json"
    }
    assert harden(BARE, kubernetes="1.19", workloads=settings).annotations == {}


@pytest.mark.parametrize("version", ["1.19", "1.24", "1.26"])
def test_an_annotation_that_the_server_makes_a_field_of_stays_alone(version: str) -> None:
    """A field beside it that says something else would be refused (validation.go, annotation and field must match)."""
    annotated = pod(containers=[container(securityContext=CONTEXT)], securityContext={"runAsNonRoot": True})
    annotated["metadata"]["annotations"] = {POD_ANNOTATION: "localhost/own.json"}
    assert harden(annotated, kubernetes=version).changes == ()
    assert said(harden(annotated, kubernetes="1.27")) == {("spec.securityContext.seccompProfile.type", "seccomp")}


def test_unsafe_choices_are_replaced_and_said() -> None:
    root = container(
        securityContext={
            "privileged": True,
            "runAsNonRoot": False,
            "runAsUser": 0,
            "capabilities": {"add": ["SYS_ADMIN", "NET_BIND_SERVICE"], "drop": ["NET_RAW"]},
            "readOnlyRootFilesystem": False,
            "seccompProfile": {"type": "Unconfined"},
        }
    )
    hardened = harden(pod(containers=[root]))
    assert hardened.manifest["spec"]["containers"][0]["securityContext"] == {
        "privileged": False,
        "runAsNonRoot": True,
        "capabilities": {"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
        "seccompProfile": {"type": "RuntimeDefault"},
        "allowPrivilegeEscalation": False,
    }
    before = {change.path.rpartition("securityContext.")[2]: change.before for change in hardened.changes}
    assert before["runAsUser"] == 0
    assert before["capabilities.drop"] == ["NET_RAW"]
    assert before["seccompProfile.type"] == "Unconfined"


def test_safe_choices_stay() -> None:
    own = {
        **CONTEXT,
        "capabilities": {"drop": ["NET_RAW", "ALL"], "add": ["NET_BIND_SERVICE"]},
        "runAsNonRoot": True,
        "runAsUser": 4711,
        "runAsGroup": 4711,
        "seccompProfile": {"type": "Localhost", "localhostProfile": "own.json"},
        "appArmorProfile": {"type": "Localhost", "localhostProfile": "own"},
        "seLinuxOptions": {"type": "container_kvm_t", "level": "s0:c7"},
    }
    chosen = {"containers": [container(securityContext=own)], "securityContext": {"fsGroup": 4711}}
    hardened = harden(chosen)
    assert hardened.manifest == chosen
    assert hardened.changes == ()


def test_what_a_pod_asks_of_its_surroundings_is_left_to_its_owner() -> None:
    agent = pod_spec(hostNetwork=True, hostPID=True, volumes=[{"name": "logs", "hostPath": {"path": "/var/log"}}])
    assert harden(agent).changes == ()


def test_pulumi_programs_may_write_snake_case() -> None:
    spec = {
        "init_containers": [{"name": "a", "image": "x", "security_context": {"read_only_root_filesystem": True}}],
        "containers": [{"name": "b", "image": "y", "volume_mounts": [{"mount_path": "/tmp"}]}],
        "security_context": {"run_as_non_root": True, "seccomp_profile": {"type": "RuntimeDefault"}},
    }
    hardened = harden(spec)
    assert hardened.manifest["initContainers"][0]["securityContext"] == CONTEXT
    assert hardened.manifest["containers"][0]["volume_mounts"] == [{"mount_path": "/tmp"}]
    assert hardened.manifest["securityContext"] == {
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert not any("security_context" in change.path for change in hardened.changes)


def test_windows_pods_and_pods_in_a_user_namespace_get_what_their_standard_asks() -> None:
    windows = harden({**BARE, "os": {"name": "windows"}}, workloads=ALL_SETTINGS)
    assert said(windows) == {("securityContext.runAsNonRoot", "run-as-non-root")}
    root = {**pod_spec(), "hostUsers": False, "securityContext": {"runAsUser": 0, "runAsNonRoot": False}}
    assert harden(root, kubernetes="1.35").changes == ()
    assert {control for _, control in said(harden(root, kubernetes="1.34"))} == {"run-as-non-root", "run-as-user"}


class Later:
    """Stands for a value that a program gets only from another resource."""

    def __deepcopy__(self, memo: Any) -> Any:
        raise AssertionError("such a value cannot be copied")


def test_values_that_are_not_known_yet_are_kept_but_never_trusted() -> None:
    image, choice = Later(), Later()
    spec = {"containers": [{"name": "app", "image": image, "securityContext": {"readOnlyRootFilesystem": choice}}]}
    hardened = harden(spec)
    assert hardened.manifest["containers"][0]["image"] is image
    assert hardened.manifest["containers"][0]["securityContext"] == CONTEXT
    (change,) = (change for change in hardened.changes if change.control == "read-only-root-filesystem")
    assert change.message.endswith(
        "readOnlyRootFilesystem was not known until apply and is true now [read-only-root-filesystem]"
    )
    assert harden({"containers": [Later()]}).left  # nothing can be written into it, which must be said


EXEMPT = {"name": "a", "reason": "The node agent needs it.", "owner": "platform-team", "expires": "2027-06-30"}


def test_what_is_exempt_is_left_alone_for_its_container_only() -> None:
    exemption = Exemption.model_validate({"control": "run-as-non-root", "container": "agent", **EXEMPT})
    spec = {"containers": [{"name": "agent", "image": "x"}, {"name": "app", "image": "y"}]}
    whole = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": spec}
    paths = {path for path, control in said(harden(whole, exemptions=[exemption])) if control == "run-as-non-root"}
    assert paths == set()  # what is set for the pod would reach the agent, too
    (left,) = harden(whole, exemptions=[exemption]).left
    assert left.startswith("[run-as-non-root]")
    assert "spec.containers[1]" in left
    exemption = Exemption.model_validate({"control": "read-only-root-filesystem", "container": "agent", **EXEMPT})
    paths = {path for path, _ in said(harden(whole, exemptions=[exemption])) if path.endswith("readOnlyRootFilesystem")}
    assert paths == {"spec.containers[1].securityContext.readOnlyRootFilesystem"}


def test_every_item_of_a_list_is_hardened() -> None:
    listed = {"apiVersion": "v1", "kind": "PodList", "items": [{"spec": copy.deepcopy(BARE)}, pod()]}
    hardened = harden({"apiVersion": "v1", "kind": "List", "items": [pod(), listed]})
    assert hardened.manifest["items"][1]["items"][0]["spec"]["containers"][0]["securityContext"] == CONTEXT
    assert all(path.startswith("items[1].items[0].spec.") for path, _ in said(hardened))


def test_part_of_a_pod_in_a_custom_resource_is_not_filled_up() -> None:
    workflow = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": "a"},
        "spec": {"templates": [{"name": "a", "container": {"image": "x"}}]},
    }
    assert harden(workflow, workloads=ALL_SETTINGS).changes == ()


def test_what_is_no_mapping_is_refused_in_words() -> None:
    with pytest.raises(TypeError, match="of the type list"):
        harden([BARE])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="fs_group"):
        harden(BARE, workloads={"fs_group": 0})


@pytest.mark.thorough
@pytest.mark.parametrize("fixture", FIXTURES, ids=by_id)
def test_fixtures_come_out_clean_and_to_harden_again_changes_nothing(fixture: Fixture) -> None:
    for manifest in fixture.manifests:
        given_before = copy.deepcopy(manifest)
        for workloads in (None, ALL_SETTINGS):
            once = harden(manifest, kubernetes=fixture.knowledge.kubernetes, workloads=workloads)
            assert manifest == given_before
            assert once.left == ()
            again = harden(once.manifest, kubernetes=fixture.knowledge.kubernetes, workloads=workloads)
            assert again.changes == ()
            assert again.manifest == once.manifest


@pytest.mark.parametrize("fixture", [one for one in OWN if not names_profile_wrong(one)], ids=by_id)
def test_it_does_what_the_fixes_of_the_controls_do(fixture: Fixture) -> None:
    """No second way: without settings, and where no older version is asked for more, both give the same."""
    controls = [control_of(control_id) for control_id in CONTROL_IDS]
    version = fixture.knowledge.kubernetes
    if version < KubeVersion(1, 23):
        return
    for manifest in fixture.manifests:
        by_controls = harden_by(manifest, controls, fixture.knowledge)
        assert harden(manifest, kubernetes=version, **profiles_of(fixture)).manifest == by_controls


@pytest.mark.parametrize("fixture", [one for one in OWN if "/pass/" in one.path.as_posix()], ids=by_id)
def test_explicit_safe_values_are_unchanged(fixture: Fixture) -> None:
    for manifest in fixture.manifests:
        for change in harden(manifest, kubernetes=fixture.knowledge.kubernetes).changes:
            applies = control_of(change.control).applies_to(fixture.knowledge.kubernetes)
            assert change.before is None or not applies, change.message


@pytest.mark.thorough
@pytest.mark.parametrize("version", VERSIONS)
def test_odd_shapes_never_raise_and_settle(version: str) -> None:
    tried = 0
    for changed in with_odd_values(pod(initContainers=[container("a")], securityContext={"sysctls": [{"name": "x"}]})):
        once = harden(changed, kubernetes=version, workloads=ALL_SETTINGS)
        again = harden(once.manifest, kubernetes=version, workloads=ALL_SETTINGS)
        assert again.changes == ()
        tried += 1
    assert tried > 0


WEB, FORMER = "k8s-hardening-web-0123456789", "k8s-hardening-web-ffffffffff"
PROVIDED: dict[str, Any] = {
    "apparmor_profiles": {"web": WEB, "db": "k8s-hardening-db-abcdef0123"},
    "apparmor_preinstalled": ("docker-default",),
}
CHOICE = {"apparmor": {"profile": "web", "containers": {"sidecar": "runtime-default", "proxy": "docker-default"}}}
APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
LABEL = f"apparmor.node-restriction.kubernetes.io/{WEB}"
EVERY_VERSION = [f"1.{minor}" for minor in range(18, 38)]


def localhost(name: str) -> dict[str, str]:
    return {"type": "Localhost", "localhostProfile": name}


def three(**changes: Any) -> dict[str, Any]:
    return pod(containers=[container(name) for name in ("app", "sidecar", "proxy")], **changes)


def confined(workload: dict[str, Any], version: str = "1.36", **changes: Any) -> Hardened:
    """A workload with the profiles of one setting."""
    return harden(workload, kubernetes=version, workloads=CHOICE, **{**PROVIDED, **changes})


def profiles_in(spec: dict[str, Any]) -> list[Any]:
    return [one["securityContext"].get("appArmorProfile") for one in spec["containers"]]


@pytest.mark.parametrize("kind", ["Pod", *KINDS_AROUND_A_POD])
@pytest.mark.parametrize("version", ["1.18", "1.29", "1.30", "1.37"])
def test_one_setting_is_an_annotation_or_a_field_by_version(kind: str, version: str) -> None:
    wrapped, prefix = (three(), "") if kind == "Pod" else wrap_pod(three(), kind)
    holder: Any = confined(wrapped, version).manifest
    for step in prefix.split(".") if prefix else ():
        holder = holder[step]
    annotations = {key: value for key, value in holder["metadata"].get("annotations", {}).items() if APPARMOR in key}
    if KubeVersion.parse(version) < KubeVersion(1, 30):
        assert annotations == {
            f"{APPARMOR}app": f"localhost/{WEB}",
            f"{APPARMOR}sidecar": "runtime/default",
            f"{APPARMOR}proxy": "localhost/docker-default",
        }
        assert profiles_in(holder["spec"]) == [None, None, None]
    else:
        assert annotations == {}
        assert profiles_in(holder["spec"]) == [localhost(WEB), {"type": "RuntimeDefault"}, localhost("docker-default")]
    assert "appArmorProfile" not in holder["spec"]["securityContext"]  # containers that others add get none


def test_the_items_of_a_list_and_a_bare_pod_spec_get_the_same() -> None:
    listed = {"apiVersion": "v1", "kind": "List", "items": [three(), {"kind": "Service", "apiVersion": "v1"}]}
    assert profiles_in(confined(listed).manifest["items"][0]["spec"])[0] == localhost(WEB)
    annotations = confined(three()["spec"], "1.29").annotations
    assert annotations[f"{APPARMOR}app"] == f"localhost/{WEB}"


@pytest.mark.parametrize("version", ["1.29", "1.30"])
@pytest.mark.parametrize("where", ["container", "pod", "annotation"])
def test_a_profile_that_a_workload_chose_stays(version: str, where: str) -> None:
    chosen = pod()
    if where == "container":
        chosen["spec"]["containers"] = [container(securityContext={**CONTEXT, "appArmorProfile": localhost("own")})]
    elif where == "pod":
        chosen["spec"]["securityContext"]["appArmorProfile"] = localhost("own")
    else:
        chosen["metadata"]["annotations"] = {f"{APPARMOR}app": "localhost/own"}
    made = confined(chosen, version, apparmor_preinstalled=("own", "docker-default"))
    is_field = version == "1.30"
    spec = made.manifest["spec"]
    assert made.manifest["metadata"].get("annotations", {}) == ({} if is_field else {f"{APPARMOR}app": "localhost/own"})
    (own,), of_pod = profiles_in(spec), spec["securityContext"].get("appArmorProfile")
    assert (own or of_pod) == (localhost("own") if is_field else None)
    assert made.left == ()


def test_an_ephemeral_container_and_an_init_container_get_it_too() -> None:
    spec = pod_spec(initContainers=[container("init")], ephemeralContainers=[container("debug")])
    made = confined({**pod(), "spec": spec}).manifest["spec"]
    for name in ("initContainers", "ephemeralContainers"):
        assert made[name][0]["securityContext"]["appArmorProfile"] == localhost(WEB)


def test_a_windows_pod_and_part_of_a_pod_get_none() -> None:
    assert "appArmorProfile" not in repr(confined(pod(os={"name": "windows"})).manifest)
    workflow = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "spec": {"script": {"image": "x"}}}
    assert "appArmorProfile" not in repr(confined(workflow).manifest)


@pytest.mark.parametrize("version", ["1.29", "1.36"])
@pytest.mark.parametrize("name", ["web", FORMER])
def test_a_profile_by_another_name_gets_that_of_the_kernel(version: str, name: str) -> None:
    chosen = pod()
    if version == "1.36":
        chosen["spec"]["containers"][0]["securityContext"]["appArmorProfile"] = localhost(name)
    else:
        chosen["metadata"]["annotations"] = {f"{APPARMOR}app": f"localhost/{name}"}
    made = harden(chosen, kubernetes=version, **PROVIDED)
    assert [change.control for change in made.changes] == ["apparmor-profile-provided"]
    assert WEB in made.changes[0].message
    assert made.left == ()
    assert harden(made.manifest, kubernetes=version, **PROVIDED).changes == ()
    unchanged = harden(chosen, kubernetes=version)  # nobody says which there are
    assert unchanged.changes == ()


def test_a_profile_that_nobody_provides_is_left_and_said() -> None:
    chosen = pod()
    chosen["spec"]["containers"][0]["securityContext"]["appArmorProfile"] = localhost("nginx")
    made = confined(chosen)
    assert made.changes == ()
    (text,) = made.left
    path = "spec.containers[0].securityContext.appArmorProfile.localhostProfile"
    names = f"docker-default, k8s-hardening-db-abcdef0123, {WEB}"
    assert text.startswith(f'[apparmor-profile-provided] {path} is "nginx"; the nodes have {names}; ')


def test_a_setting_that_nobody_provides_is_refused() -> None:
    with pytest.raises(
        ValueError, match="apparmor: nginx: no such profile is provided; there are: db, docker-default, web"
    ):
        harden(pod(), workloads={"apparmor": {"profile": "nginx"}}, **PROVIDED)
    made = harden(pod(), workloads={"apparmor": {"profile": "nginx"}})  # the kernel's name, for all that is known
    assert profiles_in(made.manifest["spec"]) == [localhost("nginx")]


REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def test_the_way_to_the_profile_goes_with_it_where_nodes_say_that_they_have_it() -> None:
    ored = [{"matchExpressions": [{"key": "zone", "operator": "In", "values": [zone]}]} for zone in "ab"]
    affinity = {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": ored}}}
    given = three(affinity=affinity, nodeSelector={"kubernetes.io/os": "linux"})
    made = confined(given, apparmor_labelled=True).manifest["spec"]
    assert made["affinity"] == affinity  # one more term there would be a way past the others
    assert made["nodeSelector"] == {"kubernetes.io/os": "linux", LABEL: "loaded"}
    assert confined(given).manifest["spec"]["nodeSelector"] == {"kubernetes.io/os": "linux"}


def test_the_labels_of_a_bare_pod_spec_in_snake_case_stay_labels() -> None:
    asked = {"match_expressions": [{"key": LABEL, "operator": "In", "values": ["loaded"]}]}
    spec = {**three()["spec"], "node_selector": {"example.com/a_b": "c"}}
    made = confined(spec, apparmor_labelled=True).manifest
    assert made["nodeSelector"] == {"example.com/a_b": "c", LABEL: "loaded"}
    assert "node_selector" not in made
    required = "required_during_scheduling_ignored_during_execution"
    spec = {**three()["spec"], "affinity": {"node_affinity": {required: {"node_selector_terms": [asked]}}}}
    assert "nodeSelector" not in confined(spec, apparmor_labelled=True).manifest


def test_a_container_that_is_exempt_keeps_what_it_chose() -> None:
    exemption = Exemption.model_validate(
        {
            "control": "apparmor",
            "namespace": "payments-api",
            "container": "sidecar",
            "reason": "It loads the profiles itself.",
            "owner": "platform-team",
            "expires": "2027-06-30",
        }
    )
    given = three()
    given["spec"]["containers"][1]["securityContext"]["appArmorProfile"] = {"type": "Unconfined"}
    made = confined(given, exemptions=[exemption])
    assert profiles_in(made.manifest["spec"])[:2] == [localhost(WEB), {"type": "Unconfined"}]


@pytest.mark.thorough
@pytest.mark.parametrize("version", EVERY_VERSION)
@pytest.mark.parametrize("labelled", [False, True])
def test_what_comes_out_satisfies_every_control_in_every_version(version: str, labelled: bool) -> None:
    known = {**PROVIDED, "apparmor_labelled": labelled, "apparmor_required": True, "kubernetes": version}
    knowledge = Knowledge.model_validate(known)
    given = [three()]
    for name, annotation in (("app", "localhost/web"), ("app", "unconfined"), ("gone", "runtime/default"), ("app", "")):
        given.append({**three(), "metadata": {**three()["metadata"], "annotations": {f"{APPARMOR}{name}": annotation}}})
    for profile in (localhost("web"), localhost(FORMER), {"type": "Unconfined"}, {"type": "RuntimeDefault"}):
        for base in copy.deepcopy(given[:5]):
            base["spec"]["securityContext"]["appArmorProfile"] = profile
            given.append(base)
            own = copy.deepcopy(base)
            own["spec"]["securityContext"].pop("appArmorProfile")
            own["spec"]["containers"][0]["securityContext"]["appArmorProfile"] = profile
            given.append(own)
    workload_controls = [one for one in CONTROLS if one.chapter == "workload" and one.id != "apparmor-required"]
    for one in given:
        made = confined(one, version, apparmor_labelled=labelled)
        assert [judged.finding.message for judged in judge(made.manifest, workload_controls, knowledge)] == []
        assert made.left == ()
        assert confined(made.manifest, version, apparmor_labelled=labelled).changes == ()


LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=3), st.just(UNKNOWN))
KEYS = st.sampled_from(
    ["apiVersion", "kind", "spec", "template", "metadata", "containers", "initContainers", "securityContext",
     "security_context", "capabilities", "drop", "add", "seccompProfile", "type", "items", "name", "annotations"]
)  # fmt: skip
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=30
)


@pytest.mark.thorough
@given(st.dictionaries(KEYS, TREES, max_size=6), st.sampled_from(VERSIONS))
@settings(max_examples=150, deadline=None)
def test_any_mapping_is_hardened_without_an_error(workload: dict[str, Any], version: str) -> None:
    once = harden(workload, kubernetes=version, workloads=ALL_SETTINGS)
    assert isinstance(once.manifest, dict)
    assert harden(workload, kubernetes=version, workloads=ALL_SETTINGS).changes == once.changes
