"""Pod Security Admission of a real API server, asked about every fixture pod of every version and level."""

from __future__ import annotations

import dataclasses
import json
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from k8s_hardening.controls import namespace_pod_security
from k8s_hardening.controls.judging import judge
from k8s_hardening.kube.pod_security import ENFORCE, ENFORCE_VERSION
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.admission import AdmissionSpec
from k8s_hardening.model.knowledge import Knowledge
from k8s_hardening.model.tenant import TenantInputs
from k8s_hardening.plans.control_plane.admission import plan_admission
from k8s_hardening.plans.tenant import plan_tenant
from tests.builders import pod
from tests.cluster.binaries import NEWEST, binaries
from tests.cluster.cluster import Answer, Cluster, cluster
from tests.cluster.connections import Request, answers
from tests.cluster.rights import grant
from tests.oracle.pod_security_fixtures import FIXTURES, NEWEST_MINOR, PROFILES, Fixture, pod_security_fixtures

pytestmark = pytest.mark.cluster

VERSIONS = [f"v1.{minor}" for minor in range(NEWEST_MINOR + 1)]
# From policy version 1.35 on, only a pod that is invalid can offend the check of procMount at the level baseline, says
# upstream (v0.37.2 test/fixtures_procMount.go): the server answers 422 before Pod Security is asked.
INVALID = {
    f"{level}/v1.{minor}/fail/procmount{number}.yaml"
    for level in PROFILES
    for minor in range(35, NEWEST_MINOR + 1)
    for number in range(2)
}
_SECONDS_UNTIL_SEEN = 10


def namespace_of(level: str, version: str) -> str:
    return f"{level}-{version.replace('.', '-')}"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """An API server with one namespace for each level and version, and the default service account in it."""
    with cluster(binaries(NEWEST), tmp_path_factory.mktemp("server")) as made:
        made.start_api_server(made.plain_flags())
        places = [(level, version) for level in PROFILES for version in VERSIONS]
        for requests in (
            [_namespace(namespace_of(level, version), level, version) for level, version in places],
            # Nobody else makes it, as no controller runs.
            [_account(namespace_of(level, version)) for level, version in places],
        ):
            assert Counter(answer.status for answer in answers(made, requests)) == {201: len(places)}
        yield made


def _namespace(name: str, level: str, version: str) -> Request:
    metadata = {"name": name, "labels": {ENFORCE: level, ENFORCE_VERSION: version}}
    return Request("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})


def _account(namespace: str) -> Request:
    body = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
    return Request("POST", f"/api/v1/namespaces/{namespace}/serviceaccounts", body)


def asking(namespace: str, one: dict[str, Any]) -> Request:
    """What the server would say to a pod in a namespace; the pod is not kept.

    Some pods of the test data have names that no server takes; upstream names all of them test, too (v0.37.2
    test/run.go, createPod).
    """
    moved = {**one, "metadata": {**one["metadata"], "name": "test", "namespace": namespace}}
    return Request("POST", f"/api/v1/namespaces/{namespace}/pods?dryRun=All", moved)


def admits(answer: Answer) -> bool:
    """Whether Pod Security admits a pod; anything else than its own yes or no proves nothing and fails the test."""
    if answer.status == 201:
        return True
    message = answer.body["message"]
    assert (answer.status, "violates PodSecurity" in message) == (403, True), f"{answer.status}: {message}"
    return False


def would_admit_stored(server: Cluster, one: Fixture, namespace: str) -> bool:
    """Whether Pod Security would admit a pod that the server takes from nobody, since its fields exclude each other.

    Validation comes before Pod Security, but a namespace that gets a stricter level is told about each pod that is
    already there and violates it. So the pod is put into etcd, past the server.
    """
    metadata = {"name": "test", "namespace": namespace, "uid": str(uuid.uuid4())}
    server.put(f"/registry/pods/{namespace}/test", json.dumps({**one.pod, "metadata": metadata}))
    labels = {"metadata": {"labels": {ENFORCE: one.level, ENFORCE_VERSION: one.version}}}
    path = f"/api/v1/namespaces/{namespace}"
    deadline = time.monotonic() + _SECONDS_UNTIL_SEEN
    while server.request("GET", f"{path}/pods?resourceVersion=0").body["items"] == []:
        assert time.monotonic() < deadline, f"the server does not see the pod in {namespace}"
    while True:
        request = Request("PATCH", f"{path}?dryRun=All", labels, "application/merge-patch+json")
        (answer,) = answers(server, [request])
        assert answer.status == 200, answer.body
        if answer.warnings:
            assert all("existing pods in namespace" in text or "test: " in text for text in answer.warnings)
            return False
        if time.monotonic() > deadline:
            return True


@pytest.fixture(scope="module")
def fixtures() -> Sequence[Fixture]:
    return list(pod_security_fixtures())


def test_the_server_and_the_controls_agree_on_every_fixture_pod(server: Cluster, fixtures: Sequence[Fixture]) -> None:
    start = time.monotonic()
    asked = [asking(namespace_of(one.level, one.version), one.pod) for one in fixtures]
    first = answers(server, asked)
    invalid = [one for one, answer in zip(fixtures, first, strict=True) if answer.status == 422]
    assert {str(one.path) for one in invalid} == INVALID
    stored = {one.path: f"stored-{number}" for number, one in enumerate(invalid)}
    made = answers(server, [_namespace(name, "privileged", "latest") for name in stored.values()])
    assert {answer.status for answer in made} == {201}
    said = [
        would_admit_stored(server, one, stored[one.path]) if one.path in stored else admits(answer)
        for one, answer in zip(fixtures, first, strict=True)
    ]
    seconds = time.monotonic() - start

    other = [
        f"{one.path}: the server {'admits' if admitted else 'refuses'} it, found here: {one.found or 'nothing'}"
        for one, admitted in zip(fixtures, said, strict=True)
        if admitted is bool(one.found)
    ]
    assert not other, "\n".join(other)
    compared = Counter((one.level, one.version) for one in fixtures)
    for level in PROFILES:
        print(f"{level}: {', '.join(f'{version} {compared[level, version]}' for version in VERSIONS)}")
    print(
        f"{len(said)} pods compared with a real API server {server.binaries.version} in {seconds:.0f} s: "
        f"{sum(said)} admitted and {len(said) - sum(said)} refused by both; {len(invalid)} of them stored in etcd first"
    )
    assert len(said) == FIXTURES
    assert compared.keys() == {(level, version) for level in PROFILES for version in VERSIONS}


def test_the_policy_latest_asks_less_than_one_that_was_pinned_earlier(server: Cluster) -> None:
    in_user_namespace = pod(hostUsers=False)
    spec = in_user_namespace["spec"]
    for security in (spec["securityContext"], spec["containers"][0]["securityContext"]):
        del security["runAsNonRoot"]
    made = answers(server, [_namespace("latest", "restricted", "latest"), _account("latest")])
    assert {answer.status for answer in made} == {201}

    names = [namespace_of("restricted", "v1.34"), namespace_of("restricted", "v1.35"), "latest"]
    said = answers(server, [asking(name, in_user_namespace) for name in names])
    assert [admits(answer) for answer in said] == [False, True, True]

    found = [is_found(server, name) for name in (*names, namespace_of("restricted", "v1.37"))]
    assert found == [False, False, True, False]


def is_found(server: Cluster, name: str) -> bool:
    """Whether the controls find the labels of a namespace as the server has it."""
    knowledge = Knowledge.model_validate({"kubernetes": server.binaries.version})
    namespace = server.request("GET", f"/api/v1/namespaces/{name}").body
    return bool(list(judge({**namespace, "kind": "Namespace"}, [namespace_pod_security.CONTROL], knowledge)))


REASON = "It does not work without."
EXEMPT = {
    "exempt_namespaces": {"exempt-place": REASON},
    "exempt_users": {"system:serviceaccount:exempt-accounts:driver": REASON},
    "exempt_runtime_classes": {"sandbox": REASON},
}


@pytest.fixture
def configured(tmp_path: Path) -> Iterator[Cluster]:
    """An API server with the emitted configuration of Pod Security, and places for pods."""
    spec = AdmissionSpec.model_validate({"pod_security": EXEMPT})
    with cluster(binaries(NEWEST), tmp_path) as made:
        part = plan_admission(spec, KubeVersion.parse(made.binaries.version))
        (file,) = [one.file for one in part.settings if one.flag == "admission-control-config-file" and one.file]
        path = tmp_path / "admission.yaml"
        path.write_text(file.text)
        made.start_api_server([*made.plain_flags(), f"--admission-control-config-file={path}"])
        bare = [{"metadata": {"name": name}} for name in ("plain", "exempt-place", "exempt-accounts")]
        runtime = {"metadata": {"name": "sandbox"}, "handler": "sandbox"}
        requests = [
            *(Request("POST", "/api/v1/namespaces", one) for one in bare),
            *(_account(one["metadata"]["name"]) for one in bare),
            Request("POST", "/apis/node.k8s.io/v1/runtimeclasses", runtime),
        ]
        assert {answer.status for answer in answers(made, requests)} == {201}
        grant(
            made,
            "pods",
            {"apiGroups": [""], "resources": ["pods"], "verbs": ["create"]},
            kind="User",
            name="system:serviceaccount:exempt-accounts:driver",
        )
        yield made


def test_the_emitted_default_holds_for_all_but_those_who_are_exempt(configured: Cluster) -> None:
    on_the_host = pod(hostNetwork=True)
    sandboxed = pod(hostNetwork=True, runtimeClassName="sandbox")
    asked = [asking("plain", pod()), asking("plain", on_the_host), asking("plain", sandboxed)]
    asked.append(asking("exempt-place", on_the_host))
    asked.append(
        dataclasses.replace(
            asking("plain", on_the_host), headers={"Impersonate-User": "system:serviceaccount:exempt-accounts:driver"}
        )
    )
    assert [admits(answer) for answer in answers(configured, asked)] == [True, False, True, True, True]


def test_the_server_admits_what_is_exempt_by_the_label_that_is_emitted(server: Cluster) -> None:
    rooted, on_the_host = pod(), pod(hostNetwork=True)
    for security in (rooted["spec"]["securityContext"], rooted["spec"]["containers"][0]["securityContext"]):
        del security["runAsNonRoot"]
    admitted = {}
    for control, name in ((None, "none"), ("run-as-non-root", "some"), ("host-namespaces", "all")):
        exempt = {"control": control, "namespace": name, "reason": REASON, "owner": "me", "expires": "2099-01-01"}
        tenant = {
            "name": "team",
            "kubernetes": server.binaries.version,
            "admins": ["group:admins"],
            "namespaces": [{"name": name}],
        }
        planned = plan_tenant(TenantInputs.model_validate({**tenant, "exemptions": [exempt] if control else []}))
        (namespace,) = [one for one in planned if one["kind"] == "Namespace"]
        made = answers(server, [Request("POST", "/api/v1/namespaces", namespace), _account(name)])
        assert {answer.status for answer in made} == {201}
        asked = [asking(name, one) for one in (pod(), rooted, on_the_host)]
        admitted[name] = [admits(answer) for answer in answers(server, asked)]
    assert admitted == {"none": [True, False, False], "some": [True, True, False], "all": [True, True, True]}
