"""The evaluator of audit policies against the API server's own: the same refusals, and the same decision each time."""

from __future__ import annotations

import dataclasses
import json
import subprocess
from dataclasses import dataclass
from typing import Any

import pytest

from k8s_hardening.kube.api_requests import ApiRequest
from k8s_hardening.kube.audit import Level, decide, refusals
from k8s_hardening.kube.audit_catalogue import CATALOGUE
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.audit import AuditSpec
from k8s_hardening.plans.control_plane.audit_policy import audit_policy
from tests.cluster.audit_samples import Samples
from tests.cluster.binaries import NEWEST, OLDEST
from tests.cluster.options import built_check

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1800)]

POLICIES, REQUESTS = 3_000, 25


@dataclass(frozen=True)
class Upstream:
    """What the server's code said about policies and requests."""

    version: KubeVersion
    asked: list[tuple[dict[str, Any], list[ApiRequest]]]
    answers: list[dict[str, Any]]


@pytest.fixture(scope="module", params=[NEWEST, OLDEST])
def upstream(request: pytest.FixtureRequest) -> Upstream:
    program, version = built_check("check-audit", request.param), KubeVersion.parse(request.param)
    samples = Samples(seed=version.minor)
    asked = [(samples.policy(), [samples.request() for _ in range(REQUESTS)]) for _ in range(POLICIES)]
    emitted = audit_policy(AuditSpec(metadata_only=("vaultsecrets.example.com",)), version)
    asked.append((emitted, [probe.request for probe in CATALOGUE]))
    lines = (
        json.dumps({"policy": policy, "requests": [dataclasses.asdict(one) for one in requests]})
        for policy, requests in asked
    )
    done = subprocess.run([program], input="\n".join(lines), capture_output=True, text=True, check=True, timeout=300)
    return Upstream(version, asked, [json.loads(line) for line in done.stdout.splitlines()])


def test_the_same_policies_are_refused(upstream: Upstream) -> None:
    assert len(upstream.answers) == POLICIES + 1
    refused = 0
    for (policy, _), answer in zip(upstream.asked, upstream.answers, strict=True):
        found = list(refusals(policy, upstream.version))
        assert bool(found) is bool(answer["refused"]), f"{policy}: {found} here, {answer['refused']!r} upstream"
        refused += bool(found)
    assert POLICIES // 10 < refused < POLICIES * 9 // 10, "both kinds must be well represented"


def test_every_decision_is_the_same(upstream: Upstream) -> None:
    compared = 0
    for (policy, requests), answer in zip(upstream.asked, upstream.answers, strict=True):
        for request, expected in zip(requests, answer["decisions"] or [], strict=not answer["refused"]):
            found = decide(policy, request)
            assert (found.level, found.omitted) == (expected["level"], frozenset(expected["omitted"])), (
                f"{request} by {policy}"
            )
            compared += 1
    print(f"{compared} decisions of Kubernetes {upstream.version} compared")
    assert compared > POLICIES * REQUESTS // 10


def test_the_emitted_policy_is_taken_and_decides_as_it_should(upstream: Upstream) -> None:
    answer = upstream.answers[-1]
    assert answer["refused"] == ""
    for probe, decision in zip(CATALOGUE, answer["decisions"], strict=True):
        assert probe.least.rank <= Level(decision["level"]).rank <= probe.most.rank, probe.name
