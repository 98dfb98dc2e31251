"""The transform that hardens workloads: who declares it, what it does to what the engine hands it, what it says."""

from __future__ import annotations

import copy
from typing import Any, cast

import pulumi
import pytest
from pulumi.output import UNKNOWN, Unknown
from pulumi.runtime import rpc

from k8s_hardening import HardenedBaseline, Tenant, WorkloadsArgs, harden_workloads
from k8s_hardening.plans.apparmor_loader import plan_apparmor_loader
from tests.builders import container, pod_spec, wrap_pod
from tests.plans.apparmor_loading import LOADER, loader_inputs
from tests.plans.environments import environment_data
from tests.resources.monitor import record
from tests.resources.test_tenant import args

BARE = {"containers": [{"name": "app", "image": "x"}]}
CONTEXT = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": True}


def deployment(spec: dict[str, Any] | None = None) -> dict[str, Any]:
    metadata = {"name": "app", "namespace": "payments-api"}
    return wrap_pod({"metadata": metadata, "spec": copy.deepcopy(spec or BARE)}, "Deployment")[0]


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    monkeypatch.setattr(pulumi, "info", lambda text, *_: found.append(("info", text)))
    monkeypatch.setattr(pulumi, "warn", lambda text, *_: found.append(("warn", text)))
    return found


def run(transform: pulumi.ResourceTransform, props: dict[str, Any], *, custom: bool = True) -> dict[str, Any] | None:
    """What the engine gets back for a resource; None leaves it alone."""
    asked = pulumi.ResourceTransformArgs(
        custom=custom, type_="kubernetes:apps/v1:Deployment", name="app", props=props, opts=pulumi.ResourceOptions()
    )
    result = transform(asked)
    assert result is None or isinstance(result, pulumi.ResourceTransformResult)
    return None if result is None else cast("dict[str, Any]", result.props)


def hardened(props: dict[str, Any], workloads: WorkloadsArgs | None = None) -> dict[str, Any]:
    found = run(harden_workloads("1.36", workloads), props)
    assert found is not None
    return found


def test_a_workload_is_filled_up_and_each_change_is_said(said: list[tuple[str, str]]) -> None:
    spec = hardened(deployment(), {"fs_group": 10001})["spec"]["template"]["spec"]
    assert spec["containers"][0]["securityContext"] == CONTEXT
    assert spec["securityContext"]["fsGroup"] == 10001
    ((level, text),) = said
    assert level == "info"
    assert (
        "app: spec.template.spec.securityContext.runAsNonRoot was absent and is true now [run-as-non-root]"
        in text.splitlines()
    )
    assert len(text.splitlines()) == 6


def test_a_workload_that_chose_well_is_sent_as_it_is(said: list[tuple[str, str]]) -> None:
    chosen = deployment(pod_spec())
    assert hardened(chosen) == chosen
    assert said == []


@pytest.mark.parametrize(
    "props",
    [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"spec": "x"}},
        {"containers": [{"name": "app"}]},
        {"kind": "Deployment"},
        {},
    ],
    ids=["no pods", "no kind", "no group", "empty"],
)
def test_what_carries_no_pods_is_left_alone(props: dict[str, Any]) -> None:
    assert run(harden_workloads("1.36"), props) in (None, props)


def test_a_component_is_left_alone() -> None:
    assert run(harden_workloads("1.36"), deployment(), custom=False) is None


def test_what_is_not_known_yet_stays_unknown_where_it_is_no_security_field(said: list[tuple[str, str]]) -> None:
    spec = {"containers": [{"name": "app", "image": UNKNOWN, "securityContext": {"readOnlyRootFilesystem": UNKNOWN}}]}
    made = hardened(deployment(spec))["spec"]["template"]["spec"]["containers"][0]
    assert isinstance(made["image"], Unknown)
    assert made["securityContext"] == CONTEXT
    assert "readOnlyRootFilesystem was not known until apply and is true now" in said[0][1]


def test_what_cannot_be_mended_is_a_warning(said: list[tuple[str, str]]) -> None:
    hardened(deployment({"containers": [UNKNOWN]}))
    assert any(level == "warn" and "app: [privileged] spec.template.spec.containers[0]" in text for level, text in said)


def test_a_specification_with_a_secret_in_it_stays_secret() -> None:
    props = deployment()
    spec = hardened({**props, "spec": rpc.wrap_rpc_secret(props["spec"])})["spec"]
    assert rpc.is_rpc_secret(spec)
    assert rpc.unwrap_rpc_secret(spec)["template"]["spec"]["containers"][0]["securityContext"] == CONTEXT


def test_a_specification_that_comes_later_is_hardened_then() -> None:
    found: list[Any] = []

    def program() -> None:
        props = deployment()
        hardened({**props, "spec": pulumi.Output.secret(props["spec"])})["spec"].apply(found.append)

    record(program)
    assert found[0]["template"]["spec"]["containers"][0]["securityContext"] == CONTEXT


def declared(program: Any) -> dict[str, tuple[pulumi.ResourceTransform, ...]]:
    """The transforms that each resource of a program declares."""
    return {resource.name: resource.transforms for resource in record(program).resources if resource.transforms}


def test_a_tenant_hardens_what_lies_below_it_only_when_asked() -> None:
    assert declared(lambda: Tenant("pay", args())) == {}
    found = declared(lambda: Tenant("pay", args(harden_workloads=True, workloads={"fs_group": 7})))
    assert list(found) == ["pay"]  # the engine runs it on all that lies below
    (transform,) = found["pay"]
    made = run(transform, deployment())
    assert made is not None
    assert made["spec"]["template"]["spec"]["securityContext"]["fsGroup"] == 7


def test_a_tenant_keeps_the_transforms_of_its_program() -> None:
    def own(asked: pulumi.ResourceTransformArgs) -> None:
        return None

    options = pulumi.ResourceOptions(transforms=[own])
    found = declared(lambda: Tenant("pay", args(harden_workloads=True), options))
    assert len(found["pay"]) == 2
    assert own in found["pay"]


def test_a_whole_environment_knows_its_exemptions() -> None:
    exemption = {
        "control": "read-only-root-filesystem",
        "namespace": "payments-api",
        "container": "agent",
        "reason": "The agent keeps its state there.",
        "owner": "platform-team",
        "expires": "2027-06-30",
    }
    environment = {**environment_data("1.36"), "harden_workloads": True, "exemptions": [exemption]}
    (transform,) = declared(lambda: HardenedBaseline("all", cast("Any", environment)))["all"]
    spec = {"containers": [container("agent", securityContext=None), container("app", securityContext=None)]}
    made = run(transform, deployment(spec))
    assert made is not None
    agent, app = made["spec"]["template"]["spec"]["containers"]
    assert "readOnlyRootFilesystem" not in agent["securityContext"]
    assert app["securityContext"]["readOnlyRootFilesystem"] is True


def test_a_whole_environment_leaves_its_own_loader_as_it_is() -> None:
    environment = {
        **environment_data("1.36"),
        "apparmor": {"profiles": [{"name": "web"}], "loader": LOADER},
        "harden_workloads": True,
        "workloads": {"fs_group": 10001},
    }
    (transform,) = declared(lambda: HardenedBaseline("all", cast("Any", environment)))["all"]
    planned = plan_apparmor_loader(loader_inputs("1.36", profiles=[{"name": "web"}]))
    (loader,) = (one for one in planned if one["kind"] == "DaemonSet")
    assert run(transform, loader) is None
    made = run(transform, {**loader, "metadata": {**loader["metadata"], "name": "another"}})
    assert made is not None
    assert made["spec"]["template"]["spec"]["securityContext"]["fsGroup"] == 10001


WEB = "k8s-hardening-web-0123456789"
APPARMOR = "container.apparmor.security.beta.kubernetes.io/app"


def test_profiles_of_another_stack_are_named_as_it_hands_them_over() -> None:
    transform = harden_workloads(
        "1.36", {"apparmor": {"profile": "web"}}, apparmor_profiles={"web": WEB}, apparmor_labelled=True
    )
    made = run(transform, deployment())
    assert made is not None
    spec = made["spec"]["template"]["spec"]
    wanted = {"type": "Localhost", "localhostProfile": WEB}
    assert spec["containers"][0]["securityContext"]["appArmorProfile"] == wanted
    assert spec["nodeSelector"] == {f"apparmor.node-restriction.kubernetes.io/{WEB}": "loaded"}


def test_a_whole_environment_knows_its_profiles() -> None:
    apparmor = {"profiles": [{"name": "web"}]}
    environment = {
        **environment_data("1.36"),
        "apparmor": apparmor,
        "harden_workloads": True,
        "workloads": {"apparmor": {"profile": "web"}},
    }
    (transform,) = declared(lambda: HardenedBaseline("all", cast("Any", environment)))["all"]
    made = run(transform, deployment())
    assert made is not None
    profile = made["spec"]["template"]["spec"]["containers"][0]["securityContext"]["appArmorProfile"]
    assert profile["localhostProfile"].startswith("k8s-hardening-web-")


def test_a_pod_whose_specification_comes_later_gets_its_annotations_then() -> None:
    found: list[Any] = []

    def program() -> None:
        metadata = {"name": "app", "annotations": {"example.com/a": "b"}}
        props = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": pulumi.Output.secret(BARE)}
        made = run(harden_workloads("1.29", {"apparmor": {"profile": "runtime-default"}}), props)
        assert made is not None
        assert made["metadata"]["name"] == "app"  # known at preview
        made["metadata"]["annotations"].apply(found.append)

    record(program)
    assert found == [{"example.com/a": "b", APPARMOR: "runtime/default"}]


def test_mistakes_are_shown_in_the_words_of_the_house() -> None:
    with pytest.raises(pulumi.RunError, match=r"workloads\.fs_group: 0 is not between 1 and"):
        harden_workloads("1.36", {"fs_group": 0})
    with pytest.raises(pulumi.RunError, match="kubernetes: "):
        harden_workloads("newest")
    with pytest.raises(pulumi.RunError, match=r"workloads\.apparmor: nginx: no such profile is provided"):
        harden_workloads("1.36", {"apparmor": {"profile": "nginx"}}, apparmor_profiles={"web": WEB})
