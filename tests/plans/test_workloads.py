"""The helper that fills in security contexts: what it fills in, what it leaves, and what it says about both."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from k8s_hardening.controls.judging import harden as harden_by
from k8s_hardening.controls.registry import control_of
from k8s_hardening.kube.manifest import UNKNOWN
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.exemption import Exemption
from k8s_hardening.model.workloads import WorkloadsSpec
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
    hardened = harden(pod(), kubernetes="1.36", workloads=ALL_SETTINGS)
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
    assert harden(chosen, kubernetes="1.36", workloads=ALL_SETTINGS).changes == ()


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


@pytest.mark.parametrize("version", VERSIONS)
def test_odd_shapes_never_raise_and_settle(version: str) -> None:
    tried = 0
    for changed in with_odd_values(pod(initContainers=[container("a")], securityContext={"sysctls": [{"name": "x"}]})):
        once = harden(changed, kubernetes=version, workloads=ALL_SETTINGS)
        again = harden(once.manifest, kubernetes=version, workloads=ALL_SETTINGS)
        assert again.changes == ()
        tried += 1
    assert tried > 0


LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=3), st.just(UNKNOWN))
KEYS = st.sampled_from(
    ["apiVersion", "kind", "spec", "template", "metadata", "containers", "initContainers", "securityContext",
     "security_context", "capabilities", "drop", "add", "seccompProfile", "type", "items", "name", "annotations"]
)  # fmt: skip
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=30
)


@given(st.dictionaries(KEYS, TREES, max_size=6), st.sampled_from(VERSIONS))
@settings(max_examples=150, deadline=None)
def test_any_mapping_is_hardened_without_an_error(workload: dict[str, Any], version: str) -> None:
    once = harden(workload, kubernetes=version, workloads=ALL_SETTINGS)
    assert isinstance(once.manifest, dict)
    assert harden(workload, kubernetes=version, workloads=ALL_SETTINGS).changes == once.changes
