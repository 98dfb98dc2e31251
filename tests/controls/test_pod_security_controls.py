"""The Pod Security controls on objects that no API server would take, and their fixes by Kubernetes version."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from k8s_hardening.controls.control import Profile
from k8s_hardening.controls.judging import harden, judge
from k8s_hardening.controls.registry import control_of, controls_of
from k8s_hardening.kube.manifest import UNKNOWN, as_map, is_changeable
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.knowledge import Knowledge
from tests.builders import container, pod

CONTROLS = controls_of(Profile.PSS_RESTRICTED)
VERSIONS = ("1.18", "1.37")
WRONG: tuple[Any, ...] = (None, "x", "", 0, 1.5, True, False, [], ["x"], [None], [{}], {}, {"x": {"y": []}}, UNKNOWN)
MENDABLE = tuple(control for control in CONTROLS if control.harden is not None)


def everything() -> dict[str, Any]:
    """A pod that sets every field which some Pod Security control reads, all of them well."""
    context = {
        "allowPrivilegeEscalation": False,
        "appArmorProfile": {"type": "RuntimeDefault"},
        "capabilities": {"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]},
        "privileged": False,
        "procMount": "Default",
        "runAsNonRoot": True,
        "runAsUser": 10001,
        "seLinuxOptions": {"type": "container_t", "user": "", "role": ""},
        "seccompProfile": {"type": "RuntimeDefault"},
        "windowsOptions": {"hostProcess": False},
    }
    of_pod = {key: context[key] for key in ("appArmorProfile", "runAsNonRoot", "runAsUser", "seLinuxOptions")}
    call = {"port": 8080, "host": ""}
    full = container(
        securityContext=context,
        ports=[{"containerPort": 8080, "hostPort": 0}],
        livenessProbe={"httpGet": dict(call)},
        readinessProbe={"tcpSocket": dict(call)},
        lifecycle={"preStop": {"httpGet": dict(call)}},
    )
    made = pod(
        os={"name": "linux"},
        hostUsers=True,
        hostNetwork=False,
        containers=[full],
        volumes=[{"name": "tmp", "emptyDir": {}}],
        securityContext={
            **of_pod,
            "seccompProfile": {"type": "RuntimeDefault"},
            "sysctls": [{"name": "net.ipv4.tcp_syncookies", "value": "1"}],
            "windowsOptions": {"hostProcess": False},
        },
    )
    made["metadata"]["annotations"] = {
        "seccomp.security.alpha.kubernetes.io/pod": "runtime/default",
        "container.seccomp.security.alpha.kubernetes.io/app": "runtime/default",
        "container.apparmor.security.beta.kubernetes.io/app": "runtime/default",
    }
    return made


def paths_of(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The way to every value inside, the value itself left out."""
    items: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from paths_of(item, (*path, key))


def put(manifest: dict[str, Any], path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(manifest)
    holder: Any = changed
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = copy.deepcopy(value)
    return changed


PATHS = tuple(path for path in paths_of(everything()) if path[0] in ("metadata", "spec"))
# Fixes write inside a container and inside the pod's securityContext; what lies above cannot be made up.
INSIDE = tuple(
    path
    for path in PATHS
    if path[:4] == ("spec", "containers", 0, "securityContext") or path[:2] == ("spec", "securityContext")
)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_base_of_these_tests_is_clean(version: str) -> None:
    assert not list(judge(everything(), CONTROLS, Knowledge.model_validate({"kubernetes": version})))


@pytest.mark.thorough
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("path", PATHS, ids=lambda path: ".".join(map(str, path)))
def test_whatever_stands_at_a_place_no_control_and_no_fix_crashes(path: tuple[str | int, ...], version: str) -> None:
    knowledge = Knowledge.model_validate({"kubernetes": version})
    for wrong in WRONG:
        changed = put(everything(), path, wrong)
        assert "(object)" not in {judged.finding.path for judged in judge(changed, CONTROLS, knowledge)}, wrong
        once = harden(changed, CONTROLS, knowledge)
        assert harden(once, CONTROLS, knowledge) == once


@pytest.mark.parametrize("path", INSIDE, ids=lambda path: ".".join(map(str, path)))
def test_a_fix_replaces_what_has_the_wrong_shape(path: tuple[str | int, ...]) -> None:
    knowledge = Knowledge.model_validate({"kubernetes": "1.36"})
    for wrong in WRONG:
        once = harden(put(everything(), path, wrong), CONTROLS, knowledge)
        assert not list(judge(once, MENDABLE, knowledge)), wrong


def test_fixes_leave_a_compliant_pod_as_it_is() -> None:
    for version in VERSIONS:
        assert harden(everything(), CONTROLS, Knowledge.model_validate({"kubernetes": version})) == everything()


def test_nothing_is_ever_written_to_what_an_unknown_mapping_reads_as() -> None:
    unknown = as_map(UNKNOWN)
    harden(pod(containers=UNKNOWN), CONTROLS, Knowledge())
    harden({**pod(), "spec": UNKNOWN}, CONTROLS, Knowledge())
    assert not list(unknown.items())
    assert not is_changeable(unknown)
    assert not is_changeable(as_map(None))
    with pytest.raises(TypeError, match="unknown mapping"):
        unknown["privileged"] = False


def test_a_fix_of_a_revision_counts_from_its_version_on() -> None:
    windows = pod(os={"name": "windows"}, containers=[container(securityContext={})])
    control = control_of("privilege-escalation")
    for version, demanded in ((KubeVersion(1, 24), True), (KubeVersion(1, 25), False)):
        mended = harden(windows, (control,), Knowledge(kubernetes=version))
        assert ("allowPrivilegeEscalation" in mended["spec"]["containers"][0]["securityContext"]) is demanded


def test_a_fix_that_no_revision_changes_stays_for_every_version() -> None:
    control = control_of("proc-mount-restricted")
    assert control.harden_for(KubeVersion(1, 37)) is control.harden
    assert control_of("volume-types").harden_for(KubeVersion(1, 37)) is None
