"""What a team might try to get a bad object past the pack."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator
from typing import Any

import pytest
from pulumi_policy import proxy

from k8s_hardening.kube.manifest import kind_of
from tests.builders import container, pod, wrap_pod
from tests.controls.corpus import fixtures
from tests.enforcement.pack_process import Pack, running_pack
from tests.enforcement.test_pack import MANDATORY, POD, configuration, privileged, texts

NAMESPACE = "kubernetes:core/v1:Namespace"
TOKENS = {
    "Namespace": NAMESPACE,
    "NetworkPolicy": "kubernetes:networking.k8s.io/v1:NetworkPolicy",
    "ResourceQuota": "kubernetes:core/v1:ResourceQuota",
    "LimitRange": "kubernetes:core/v1:LimitRange",
}
CLOSED = next(f for f in fixtures("pass") if f.id == "namespace-deny-all/pass/one-policy.yaml").manifests
BARE = {"name": "app", "image": container()["image"]}


@pytest.fixture(scope="module")
def process() -> Iterator[Pack]:
    with running_pack() as running:
        yield running


@pytest.fixture
def pack(process: Pack) -> Pack:
    process.configure(configuration())
    return process


def controls(diagnostics: list[Any]) -> set[str]:
    assert {one.enforcementLevel for one in diagnostics} <= {MANDATORY}
    return {text.partition("]")[0].strip("[") for text in texts(diagnostics)}


def test_a_patch_that_would_make_the_pod_is_blamed_for_what_it_leaves_out(pack: Pack) -> None:
    deployment, _ = wrap_pod(pod(containers=[BARE]), "Deployment")
    as_patch = controls(pack.analyze("kubernetes:apps/v1:DeploymentPatch", deployment))
    assert as_patch == controls(pack.analyze("kubernetes:apps/v1:Deployment", deployment))
    assert {"privilege-escalation", "capabilities", "resource-requirements"} <= as_patch


def test_a_patch_that_would_make_the_namespace_is_blamed_for_what_it_leaves_out(pack: Pack) -> None:
    bare = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "payments-api"}}
    assert controls(pack.analyze(f"{NAMESPACE}Patch", bare)) == {"namespace-owner", "namespace-pod-security"}
    assert controls(pack.analyze_stack([(f"{NAMESPACE}Patch", bare)])) == {"namespace-deny-all", "namespace-limits"}


def test_what_is_only_called_a_patch_is_judged_as_a_whole(pack: Pack) -> None:
    made = pod(containers=[{"name": "app"}])
    assert "capabilities" in controls(pack.analyze("kubernetes:yaml.example.com/v1:ThingPatch", made))
    assert "resource-type" in controls(pack.analyze("kubernetes:yaml.example.com/v1:ThingPatch", made))


def test_a_guard_rail_in_another_cluster_closes_nothing(pack: Pack) -> None:
    stack = [(TOKENS[kind_of(one)], one) for one in CLOSED]
    here, elsewhere = "urn:pulumi:test::team::pulumi:providers:kubernetes::a", "urn:b"
    assert pack.analyze_stack(stack, providers=[here] * len(stack)) == []
    providers = [here if token == NAMESPACE else elsewhere for token, _ in stack]
    assert controls(pack.analyze_stack(stack, providers=providers)) == {"namespace-deny-all", "namespace-limits"}


@pytest.mark.parametrize("name", [proxy.UNKNOWN_STRING_VALUE, proxy.UNKNOWN_BOOLEAN_VALUE])
def test_a_text_that_looks_like_an_unknown_value_passes_no_update(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for key, value in {"PULUMI_PROJECT": "team", "PULUMI_STACK": "test", "PULUMI_DRY_RUN": "false"}.items():
        monkeypatch.setenv(key, value)
    namespace = copy.deepcopy(CLOSED[0])
    namespace["metadata"]["name"] = name
    with running_pack() as running:
        running.configure(configuration())
        assert "namespace-owner" in controls(running.analyze(NAMESPACE, namespace))
        assert "namespace-deny-all" in controls(running.analyze_stack([(NAMESPACE, namespace)]))


def test_no_key_of_the_sdk_hides_what_stands_beside_it(pack: Pack) -> None:
    for key in ("__target", "__class__", "__getitem__", "__provider"):
        made = privileged()
        made["spec"] = {key: {}, **made["spec"], "securityContext": {key: [], **made["spec"]["securityContext"]}}
        assert controls(pack.analyze(POD, {**made, key: {}})) == {"privileged"}


def nested(depth: int) -> dict[str, Any]:
    """Mappings in mappings, beside a key that the SDK answers with the whole mapping."""
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"__target": "x", "a": value}
    return value


@pytest.mark.parametrize(
    "changes",
    [
        {"securityContext": {**pod()["spec"]["securityContext"], "a": nested(20)}},
        {"containers": [container(f"c{index}", env=[{"name": "A", "value": "x" * 100}] * 20) for index in range(100)]},
        {"volumes": [{"name": f"v{index}", "emptyDir": {}} for index in range(2000)]},
    ],
    ids=["nested", "containers", "volumes"],
)
def test_size_and_depth_cost_little(pack: Pack, changes: dict[str, Any]) -> None:
    manifest, _ = wrap_pod(pod(**changes), "Deployment")
    custom, _ = wrap_pod(pod(**changes), "Rollout")
    for token, made in (
        ("kubernetes:apps/v1:Deployment", manifest),
        ("kubernetes:argoproj.io/v1alpha1:Rollout", custom),
    ):
        started = time.perf_counter()
        assert not [text for text in texts(pack.analyze(token, made)) if "not judged" in text]
        assert time.perf_counter() - started < 5
