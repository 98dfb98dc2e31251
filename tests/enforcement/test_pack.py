"""The pack over its real process boundary: what the engine asks, and what it is told."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from pulumi_policy import proxy

from k8s_hardening.model.enforcement import RESOURCE_POLICIES, STACK_POLICIES
from tests.builders import container, pod
from tests.enforcement.pack_process import Pack, running_pack

POD = "kubernetes:core/v1:Pod"
MANDATORY, ADVISORY = 1, 0
UNKNOWN = proxy.UNKNOWN_BOOLEAN_VALUE
KNOWLEDGE: dict[str, Any] = {
    "kubernetes": "1.36",
    "registries": ["registry.example.com"],
    "digests_required": True,
    "tenants": [{"name": "payments", "namespaces": {"payments-api": "restricted"}, "subjects": []}],
}


def configuration(**changes: Any) -> dict[str, dict[str, Any]]:
    return {name: {"knowledge": KNOWLEDGE, **changes} for name in (*RESOURCE_POLICIES, *STACK_POLICIES)}


def privileged(value: Any = True) -> dict[str, Any]:
    made = container()
    made["securityContext"] = {**made["securityContext"], "privileged": value}
    return pod(containers=[made])


@pytest.fixture(scope="module")
def process() -> Iterator[Pack]:
    with running_pack() as running:
        yield running


@pytest.fixture
def pack(process: Pack) -> Pack:
    process.configure(configuration())
    return process


def texts(diagnostics: list[Any]) -> list[str]:
    return [one.message.partition("\n")[2].strip() or one.message for one in diagnostics]


def test_it_holds_a_few_policies_that_hold_all_controls(pack: Pack) -> None:
    info = pack.info()
    assert info.name == "k8s-hardening"
    assert [policy.name for policy in info.policies] == [*RESOURCE_POLICIES, *STACK_POLICIES]


def test_a_hardened_pod_passes(pack: Pack) -> None:
    assert pack.analyze(POD, pod()) == []


def test_a_violation_is_mandatory_and_names_control_requirement_culprit_and_fix(pack: Pack) -> None:
    (found,) = pack.analyze(POD, privileged())
    assert found.enforcementLevel == MANDATORY
    assert found.policyName == "hardening"
    (text,) = texts([found])
    assert text == (
        "[privileged] Containers must not run privileged. spec.containers[0].securityContext.privileged is true; "
        "set it to false and add the capabilities that the process needs"
    )


def test_the_level_of_a_control_comes_from_the_configuration_of_the_pack(pack: Pack) -> None:
    pack.configure(configuration(levels={"privileged": "advisory"}))
    (found,) = pack.analyze(POD, privileged())
    assert (found.enforcementLevel, found.policyName) == (ADVISORY, "hardening-advice")
    pack.configure(configuration(levels={"privileged": "disabled"}))
    assert pack.analyze(POD, privileged()) == []


def test_an_unknown_value_is_a_stated_advisory_verdict(pack: Pack) -> None:
    (found,) = pack.analyze(POD, privileged(UNKNOWN))
    assert found.enforcementLevel == ADVISORY
    assert texts([found])[0].startswith(
        "[privileged] Containers must not run privileged. Not decided before apply: "
        "spec.containers[0].securityContext.privileged is not known until apply; "
    )


def test_a_level_that_has_nothing_to_say_costs_no_second_decoding(pack: Pack) -> None:
    """The SDK decodes a request for each policy that applies."""
    response = pack.stub.Analyze(pack.request(POD, privileged()))
    assert [one.policy_name for one in response.not_applicable] == ["hardening-advice"]
    response = pack.stub.Analyze(pack.request(POD, privileged(UNKNOWN)))
    assert not response.not_applicable


EXEMPTION = {
    "control": "privileged",
    "namespace": "payments-api",
    "reason": "It loads a kernel module.",
    "owner": "platform-team",
    "expires": "2099-12-31",
}


def exempting(**changes: Any) -> dict[str, dict[str, Any]]:
    knowledge = {**KNOWLEDGE, "exemptions": [{**EXEMPTION, **changes}]}
    return {name: {"knowledge": knowledge} for name in configuration()}


def test_what_is_exempt_is_said_as_advice_and_only_about_its_own_resource(pack: Pack) -> None:
    pack.configure(exempting())
    (found,) = pack.analyze(POD, privileged())
    assert (found.enforcementLevel, found.policyName) == (ADVISORY, "hardening-advice")
    assert texts([found])[0].startswith(
        '[privileged] Exempt until 2099-12-31, owner "platform-team": Containers must not run privileged. spec.'
    )
    response = pack.stub.Analyze(pack.request(POD, pod()))
    assert [one.policy_name for one in response.not_applicable] == ["hardening-advice"]


def test_an_exemption_that_nobody_needs_is_advice_about_the_stack(pack: Pack) -> None:
    pack.configure(exempting(name="app"))
    (found,) = pack.analyze_stack([("pulumi:pulumi:Stack", {}), (POD, pod())])
    assert (found.enforcementLevel, found.policyName) == (ADVISORY, "hardening-stack-advice")
    assert texts([found])[0].startswith("[exemption-unneeded] ")


def test_advice_needs_no_mandatory_policy(pack: Pack) -> None:
    """A platform may switch that off with its own configuration of the engine."""
    assert pack.analyze(POD, pod()) == []
    pack.configure(configuration(levels={"privileged": "advisory"}), disabled=["hardening"])
    for _ in range(3):
        (found,) = pack.analyze(POD, privileged())
        assert (found.enforcementLevel, found.policyName) == (ADVISORY, "hardening-advice")
        assert pack.analyze(POD, pod()) == []


def test_advice_is_never_kept_for_another_resource(pack: Pack) -> None:
    pack.configure(configuration(levels={"privileged": "advisory"}), disabled=["hardening-advice"])
    assert pack.analyze(POD, privileged()) == []
    pack.configure(configuration(levels={"privileged": "advisory"}), disabled=["hardening"])
    settings = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "payments-api"}}
    assert pack.analyze("kubernetes:core/v1:ConfigMap", settings) == []


def test_an_unknown_value_blocks_when_unknowns_are_mandatory(pack: Pack) -> None:
    pack.configure(configuration(unknowns="mandatory"))
    (found,) = pack.analyze(POD, privileged(UNKNOWN))
    assert found.enforcementLevel == MANDATORY


@pytest.mark.parametrize("key", ["spec", "metadata"])
def test_an_unknown_object_hides_nothing(pack: Pack, key: str) -> None:
    found = pack.analyze(POD, {**pod(), key: UNKNOWN})
    assert found
    assert {one.enforcementLevel for one in found} == {ADVISORY}


def test_the_engine_is_never_left_to_say_that_a_policy_cannot_run(pack: Pack) -> None:
    """Its own advisory would be how a mandatory control passes."""

    def unknown_at_every_place(value: Any) -> Iterator[Any]:
        if isinstance(value, dict):
            for key, item in value.items():
                for changed in (UNKNOWN, *unknown_at_every_place(item)):
                    yield {**value, key: changed}
        elif isinstance(value, list):
            for index, item in enumerate(value):
                for changed in (UNKNOWN, *unknown_at_every_place(item)):
                    yield [*value[:index], changed, *value[index + 1 :]]

    tried = 0
    for properties in unknown_at_every_place(pod()):
        assert not [
            text for text in texts(pack.analyze(POD, properties)) if "can't run" in text or "not judged" in text
        ]
        tried += 1
    assert tried > 30


@pytest.mark.parametrize(
    "token",
    ["kubernetes:apps/v1:Deployment", "kubernetes:core/v1:ConfigMap", "kubernetes:example.com/v1:Pod"],
)
def test_a_token_that_says_something_else_than_the_properties_is_a_violation(pack: Pack, token: str) -> None:
    found = texts(pack.analyze(token, pod()))
    assert found
    assert all(text.startswith("[resource-type]") for text in found)


def test_a_masquerading_pod_is_judged_by_what_it_is(pack: Pack) -> None:
    found = texts(pack.analyze("kubernetes:cilium.io/v2:Foo", privileged()))
    assert any(text.startswith("[privileged]") for text in found)


def test_a_patch_is_judged_by_what_it_says_and_not_by_what_it_leaves_out(pack: Pack) -> None:
    patch = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "namespace": "payments-api"}}
    assert pack.analyze("kubernetes:core/v1:PodPatch", {**patch, "spec": {"containers": [{"name": "x"}]}}) == []
    spec = {"containers": [{"name": "x", "securityContext": {"privileged": True}}]}
    (text,) = texts(pack.analyze("kubernetes:core/v1:PodPatch", {**patch, "spec": spec}))
    assert text.startswith("[privileged]")


def test_a_helm_release_is_refused_since_nobody_sees_its_objects(pack: Pack) -> None:
    (text,) = texts(pack.analyze("kubernetes:helm.sh/v3:Release", {"chart": "nginx"}))
    assert text.startswith("[opaque-release]")


def test_other_packages_are_refused_until_the_platform_allows_them(pack: Pack) -> None:
    (text,) = texts(pack.analyze("command:local:Command", {"create": "kubectl apply -f x"}))
    assert text.startswith("[provider-package]")
    pack.configure(configuration(packages=["random"]))
    assert pack.analyze("random:index/randomPet:RandomPet", {}) == []
    assert pack.analyze("acme:index:WebApp", {}, provider=False) == []


@pytest.mark.parametrize("folder", ["out/dev", proxy.UNKNOWN_STRING_VALUE], ids=["known", "not known yet"])
def test_a_provider_that_renders_gets_no_values_of_secrets(pack: Pack, folder: str) -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "db", "namespace": "payments-api"},
        "data": {"password": "b2YtYS10ZXN0"},
    }
    rendering = {"kubeconfig": "", "renderYamlToDirectory": folder}
    (text,) = texts(pack.analyze("kubernetes:core/v1:Secret", secret, settings=rendering))
    assert text.startswith("[rendered-secret] No file that a provider renders holds the values of a Secret. data is")
    assert "b2YtYS10ZXN0" not in text
    assert pack.analyze("kubernetes:core/v1:Secret", secret, settings={"context": "prod"}) == []
    assert pack.analyze("kubernetes:core/v1:ConfigMap", {**secret, "kind": "ConfigMap"}, settings=rendering) == []


def test_a_number_is_judged_as_the_whole_number_that_it_is(pack: Pack) -> None:
    made = container(ports=[{"containerPort": 8080, "hostPort": 80}])
    (text,) = texts(pack.analyze(POD, pod(containers=[made])))
    assert "spec.containers[0].ports[0].hostPort is 80;" in text


def test_no_message_echoes_a_value_of_a_secret(pack: Pack) -> None:
    canary = "canary-8f2b"
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s", "namespace": "default"},
        "stringData": {"encryption.yaml": f"kind: EncryptionConfiguration\nkeys: [{{secret: {canary}}}]", "k": canary},
        "data": {"k": canary},
    }
    found = texts(pack.analyze("kubernetes:core/v1:Secret", secret))
    assert found
    assert not [text for text in found if canary in text]


def test_a_stack_rule_looks_at_all_resources_and_names_the_one_at_fault(pack: Pack) -> None:
    labels = {"k8s-hardening/tenant": "payments", "pod-security.kubernetes.io/enforce": "restricted"}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "payments-api", "labels": labels}}
    found = pack.analyze_stack([
        ("pulumi:pulumi:Stack", {}),
        (POD, pod()),
        ("kubernetes:core/v1:Namespace", namespace),
    ])  # fmt: skip
    controls = {text.partition("]")[0] for text in texts(found)}
    assert {"[namespace-deny-all", "[namespace-limits"} <= controls
    assert {one.urn.rpartition("::")[2] for one in found} == {"r2"}
    assert {one.enforcementLevel for one in found} == {MANDATORY}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"levels": {"privilegd": "advisory"}}, 'config.levels.privilegd: is not a control; for example "privileged"'),
        ({"level": {}}, 'config.level: is not a known key; did you mean "levels"?'),
        ({"unknowns": "disabled"}, 'config.unknowns: "disabled" is none of mandatory, advisory'),
        ({"knowledge": {"kubernetes": "1.99"}}, "is outside the supported versions"),
    ],
)
def test_an_unusable_configuration_blocks_and_says_why(pack: Pack, changes: dict[str, Any], says: str) -> None:
    pack.configure(configuration(**changes))
    found = pack.analyze("pulumi:pulumi:Stack", {}, provider=False)
    assert MANDATORY in {one.enforcementLevel for one in found}
    assert any(says in text for text in texts(found))


def test_without_configuration_it_says_what_it_cannot_judge(process: Pack) -> None:
    process.configure({})
    (found,) = process.analyze("pulumi:pulumi:Stack", {}, provider=False)
    assert found.enforcementLevel == ADVISORY
    assert "pass --policy-pack-config" in found.message


def test_a_changed_configuration_takes_effect_at_once(pack: Pack) -> None:
    assert pack.analyze(POD, pod()) == []
    changed = copy.deepcopy(configuration())
    for one in changed.values():
        one["knowledge"]["registries"] = ["other.example.com"]
    pack.configure(changed)
    (text,) = texts(pack.analyze(POD, pod()))
    assert text.startswith("[image-registry]")
