"""The emitted admission policies on a real API server: well typed, and of one mind with the judge, case by case."""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from k8s_hardening.kube.admission_policies import KIND
from k8s_hardening.kube.cel import inlined
from k8s_hardening.kube.manifest import kind_of, name_of
from k8s_hardening.model.enforcement import Level
from k8s_hardening.model.knowledge import Knowledge
from k8s_hardening.plans.admission_policies import plan_admission_policies
from tests.builders import DIGEST, container, pod, wrap_pod
from tests.cluster.binaries import NEWEST, binaries
from tests.cluster.cluster import Answer, cluster
from tests.cluster.policing import MERGE, Policed, refusal_of, until
from tests.cluster.policy_cases import ADMITTING, Case, corpus, facts, image_cases, inputs, namespaces_of
from tests.controls.corpus import KNOWLEDGE

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1800)]

CORPUS = corpus()
PROFILES = {f"profile-{index}": f"k8s-hardening-profile-{index}-0123456789" for index in range(50)}
# What gives policies of their own to a tenant, or further expressions.
GIVEN = {"delegation": True, "namespace_prefix": "more-", "parent": "whole", "auditors": ["group:auditors"]}
UNPINNED = "registry.example.com/app:latest"


@pytest.fixture(scope="module")
def policed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Policed]:
    with cluster(binaries(NEWEST), tmp_path_factory.mktemp("policed")) as made:
        made.start_api_server(made.plain_flags())
        made.start_controller_manager()
        ready = Policed(made)
        ready.make_namespaces(namespaces_of(CORPUS))
        yield ready


def known(**changes: Any) -> Knowledge:
    return Knowledge.model_validate(facts(**changes))


def policies(knowledge: Knowledge) -> tuple[dict[str, Any], ...]:
    return plan_admission_policies(inputs(knowledge))


def test_the_server_finds_no_fault_with_the_types(policed: Policed) -> None:
    profiles = {"apparmor_profiles": PROFILES, "apparmor_required": True}
    tenants = [{**one, "admins": one["subjects"], **GIVEN} for one in KNOWLEDGE["tenants"]]
    made = policies(known(**profiles, digests_required=True, platform=["group:platform"], tenants=tenants))
    names = [name_of(one) for one in made if kind_of(one) == KIND]
    for control in ADMITTING:
        assert any(name.startswith(f"k8s-hardening-{control.id}-") for name in names)
    checked = 0
    for variant in (made, tuple(map(with_variables_written_out, made))):
        policed.apply(variant)
        for name in names:
            assert policed.warnings(name) == [], name
            checked += 1
    print(f"{checked} policies type-checked")


def with_variables_written_out(manifest: dict[str, Any]) -> dict[str, Any]:
    """The server looks at no type that comes by a variable (seen in 1.37.2), so it is shown the policy without any."""
    changed = copy.deepcopy(manifest)
    variables = {one["name"]: one["expression"] for one in changed["spec"].pop("variables", ())}
    for validation in changed["spec"].get("validations", ()):
        validation["expression"] = inlined(validation["expression"], variables)
    return changed


@pytest.mark.parametrize(
    "expression",
    [
        "object.spec.volumez.size() == 0",
        "!has(variables.pod.volumez)",
        "variables.pod.containers.all(c, c.imag != '')",
        "variables.pod.volumes.all(v, v.name > 0)",
    ],
)
def test_a_policy_with_a_wrong_type_would_be_noticed(policed: Policed, expression: str) -> None:
    policy, binding = copy.deepcopy(policies(known())[:2])
    for one in (policy, binding):
        one["metadata"]["name"] = "k8s-hardening-mistyped"
    binding["spec"]["policyName"] = "k8s-hardening-mistyped"
    policy["spec"]["variables"] = [{"name": "pod", "expression": "object.spec"}]
    policy["spec"]["validations"] = [{"expression": expression}]
    policed.apply((with_variables_written_out(policy), binding))
    (warning,) = policed.warnings("k8s-hardening-mistyped")
    assert "undefined field" in warning["warning"] or "no matching overload" in warning["warning"]


def test_the_server_and_the_judge_agree_about_the_corpus(policed: Policed) -> None:
    told: Counter[str] = Counter()
    for knowledge, cases in CORPUS.values():
        policed.apply(policies(knowledge))
        for case in cases:
            told[agreement(policed, case)] += 1
    print(f"corpus: {dict(told)} under {len(CORPUS)} sets of facts")
    assert told["allowed"] >= 190
    assert told["denied"] >= 300


def test_the_server_and_the_judge_agree_about_images(policed: Policed) -> None:
    told: Counter[str] = Counter()
    for registries in (["registry.example.com"], ["docker.io", "localhost/app"], ["docker.io/library", "a.b/a"]):
        knowledge = known(registries=registries)
        policed.apply(policies(knowledge))
        for case in image_cases(knowledge):
            told[agreement(policed, case)] += 1
    print(f"images: {dict(told)}")
    assert told["allowed"] >= 25
    assert told["denied"] >= 800


def agreement(policed: Policed, case: Case) -> str:
    """What the server said; it must be what the judge says."""
    answer = policed.create(case.path, case.manifest)
    message = refusal_of(answer)
    if message is None and answer.status not in (201, 409):  # 409: let in, and the name is taken
        # The server's own validation comes first: of an object that is none, no policy is asked.
        assert answer.status in (400, 422), (case.id, answer.body)
        return "no object"
    if message is None:
        assert not case.refused_by, f"{case.id}: the server allows what {sorted(case.refused_by)} refuse"
        return "allowed"
    named = re.search(r"\[([a-z0-9-]+)\] ", message)
    assert named, message
    assert named[1] in case.refused_by, f"{case.id}: {message}; the judge says {sorted(case.refused_by)}"
    assert answer.body["reason"] == "Invalid"
    return "denied"


def test_the_largest_pods_stay_within_what_expressions_may_cost(policed: Policed) -> None:
    policed.apply(policies(known(digests_required=True, apparmor_required=True, apparmor_profiles=PROFILES)))
    image = f"registry.example.com/{'/'.join(['team'] * 30)}/app@{DIGEST}"
    confined = {"type": "Localhost", "localhostProfile": max(PROFILES.values())}
    large = pod(containers=[container(f"c{index}", image=image) for index in range(300)])
    large["spec"]["securityContext"]["appArmorProfile"] = confined
    answer = policed.create("/api/v1/namespaces/payments-api/pods", large)
    assert answer.status == 201, answer.body
    large["spec"]["containers"][-1]["image"] = "registry.example.org/app:1.2"
    assert refusal_of(policed.create("/api/v1/namespaces/payments-api/pods", large)) is not None


EXEMPT = {
    "control": "image-pinned",
    "namespace": "shop-web",
    "reason": "Its image is built anew each night.",
    "owner": "shop-team",
    "expires": "2027-06-30",
}
DEPLOYMENTS = "/apis/apps/v1/namespaces/shop-web/deployments"
PODS = "/api/v1/namespaces/shop-web/pods"


def unpinned(name: str, *containers: str) -> dict[str, Any]:
    """A pod of the shop whose containers ask for whatever is the latest image."""
    made = pod(containers=[container(one, image=UNPINNED) for one in containers or ("app",)])
    return {**made, "metadata": {"name": name, "namespace": "shop-web"}}


def deployment(name: str) -> dict[str, Any]:
    made, _ = wrap_pod(unpinned(name), "Deployment")
    made["spec"]["selector"] = {"matchLabels": {"app": name}}
    made["spec"]["template"]["metadata"] = {"labels": {"app": name}}
    return made


def pods_of(policed: Policed, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = policed.cluster.request("GET", f"{PODS}?labelSelector=app%3D{name}").body["items"]
    return found


def test_an_exempt_workload_gets_its_pods_and_nobody_else_does(policed: Policed) -> None:
    policed.apply(policies(known(exemptions=[{**EXEMPT, "kind": "Deployment", "name": "nightly"}])))
    assert policed.send("POST", DEPLOYMENTS, deployment("nightly")).status == 201
    until(lambda: pods_of(policed, "nightly"), "the pod of the exempt deployment")
    for refused in (
        policed.send("POST", DEPLOYMENTS, deployment("daily")),
        policed.send("POST", PODS, unpinned("nightly")),
        policed.send("POST", PODS, unpinned("nightly-1234567890-abcde")),
        policed.send("POST", DEPLOYMENTS.replace("deployments", "statefulsets"), _stateful("nightly")),
    ):
        assert "[image-pinned]" in str(refusal_of(refused)), refused.body
    assert policed.send("DELETE", f"{DEPLOYMENTS}/nightly").status == 200


def _stateful(name: str) -> dict[str, Any]:
    made = {**deployment(name), "kind": "StatefulSet"}
    return {**made, "spec": {**made["spec"], "serviceName": name}}


def test_an_exempt_container_is_exempt_alone(policed: Policed) -> None:
    policed.apply(policies(known(exemptions=[{**EXEMPT, "kind": "Pod", "name": "nightly", "container": "agent"}])))
    assert policed.create(PODS, unpinned("nightly", "agent")).status == 201
    for one in (unpinned("nightly", "agent", "app"), unpinned("nightly", "app"), unpinned("daily", "agent")):
        assert "[image-pinned]" in str(refusal_of(policed.create(PODS, one)))


def test_what_was_there_before_can_still_be_changed_elsewhere(policed: Policed) -> None:
    policed.apply(())
    assert policed.send("POST", DEPLOYMENTS, deployment("old")).status == 201
    until(lambda: pods_of(policed, "old"), "the pod of a deployment from before")
    policed.apply(policies(known()))
    here = f"{DEPLOYMENTS}/old"
    assert policed.send("PATCH", here, {"spec": {"replicas": 0}}, MERGE).status == 200
    until(lambda: not [one for one in pods_of(policed, "old") if not _is_going(one)], "the end of its pods")
    template = {"spec": {"template": {"metadata": {"labels": {"app": "old", "more": "yes"}}}}}
    assert "[image-pinned]" in str(refusal_of(policed.send("PATCH", here, template, MERGE)))
    assert policed.send("DELETE", here).status == 200


def _is_going(one: dict[str, Any]) -> bool:
    return "deletionTimestamp" in one["metadata"]


TENANT, LEVEL = "k8s-hardening/tenant", "pod-security.kubernetes.io/enforce"


def test_only_the_platform_changes_the_labels_that_decide(policed: Policed) -> None:
    policed.apply(policies(known(platform=["group:platform"])))
    here = "/api/v1/namespaces/payments-db"

    def label(changes: dict[str, str | None]) -> Answer:
        return policed.send("PATCH", f"{here}?dryRun=All", {"metadata": {"labels": changes}}, MERGE)

    for key in (TENANT, LEVEL, f"{LEVEL}-version"):
        assert "[namespace-owner]" in str(refusal_of(label({key: "v1.37" if "version" in key else "baseline"})))
    assert label({"example.com/cost-centre": "cc-1"}).status == 200
    known_now = policed.cluster.request("GET", here).body
    known_now["metadata"]["labels"] |= {TENANT: "payments", LEVEL: "restricted"}
    assert policed.cluster.request("PUT", here, known_now).status == 200
    for key, value in ((TENANT, None), (LEVEL, None), (TENANT, "shop"), (LEVEL, "privileged")):
        assert "[namespace-owner]" in str(refusal_of(label({key: value})))
    assert label({TENANT: "payments"}).status == 200

    policed.apply(policies(known(platform=["serviceaccount:delivery/deployer"])))
    assert label({LEVEL: "baseline"}).status == 200


def test_an_advisory_control_warns_and_lets_in(policed: Policed) -> None:
    facts_with_levels = inputs(known()).model_copy(update={"levels": {"image-pinned": Level.ADVISORY}})
    policed.apply(plan_admission_policies(facts_with_levels))
    answer = policed.create(PODS, unpinned("app"))
    assert answer.status == 201
    assert any("[image-pinned]" in warning for warning in answer.warnings)
