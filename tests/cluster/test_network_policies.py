"""Network policies on real API servers: what this package emits is taken, and means the same when it comes back.

And the other way round: what `kube/reach` takes for refused is refused, and nothing else is.
"""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from k8s_hardening.cli.stack_files import stack_configuration, stacks_of
from k8s_hardening.controls.network_policy_valid import CONTROL as VALID
from k8s_hardening.controls.network_policy_valid import check as flaws_found
from k8s_hardening.kube.manifest import Manifest, kind_of, name_of, namespace_of
from k8s_hardening.kube.network_policies import is_network_policy
from k8s_hardening.kube.networks import STRICT_CIDRS_SINCE
from k8s_hardening.kube.reach import World
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.reading import ROOT, read_baseline
from k8s_hardening.plans.baseline import plan_baseline
from tests.cluster.binaries import NEWEST, Binaries
from tests.cluster.binaries import ROOT as CHECKOUT
from tests.cluster.cluster import Answer, Cluster, cluster
from tests.cluster.connections import Request, answers
from tests.cluster.definitions import create, install
from tests.controls.corpus import Fixture, fixtures
from tests.kube.reach.spoiled_policies import spoiled_policies
from tests.kube.reach.test_semantics import CASES
from tests.kube.reach.worlds import Object, small_worlds

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1800)]

RECIPES, PROJECT = CHECKOUT / "examples/network", CHECKOUT
ENVIRONMENTS = [
    *((RECIPES, stack) for stack in stacks_of(RECIPES)),
    *((PROJECT, stack) for stack in stacks_of(PROJECT)),
]
REFUSED = (400, 422)
TOLD = {"emitted": 0, "drawn": 0, "spoiled": 0, "spoiled and refused": 0}


@pytest.fixture(scope="module")
def server(servers: Binaries, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """An ordinary API server; the newest one knows the kinds of plug-ins as well."""
    with cluster(servers, tmp_path_factory.mktemp("policies")) as made:
        made.start_api_server(made.plain_flags())
        if servers.version == NEWEST:
            install(made)
        yield made


def version_of(server: Cluster) -> KubeVersion:
    return KubeVersion.parse(server.binaries.version)


def is_current(manifest: Manifest) -> bool:
    """Whether an object is a NetworkPolicy of the version that every server has."""
    return is_network_policy(manifest) and manifest["apiVersion"] == "networking.k8s.io/v1"


def dry(server: Cluster, policies: Sequence[Object]) -> list[Answer]:
    """What a server says to policies that it does not keep; their namespaces are made for good."""
    for name in sorted({namespace_of(one) for one in policies}):
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        assert server.request("POST", "/api/v1/namespaces", body).status in (201, 409)
    return answers(
        server,
        [
            Request(
                "POST",
                f"/apis/networking.k8s.io/v1/namespaces/{namespace_of(one)}/networkpolicies"
                "?dryRun=All&fieldValidation=Strict",
                one,
            )
            for one in policies
        ],
    )


def meaning(objects: Iterable[Object], version: KubeVersion) -> tuple[Any, ...]:
    """What policies come to, without the objects that they were read from."""
    world = World.of(objects, version)
    assert world.flaws == ()
    return tuple(dataclasses.replace(one, manifest={}) for one in world.policies)


def hold_alike(server: Cluster, policies: Sequence[Object]) -> int:
    """Send policies, and hold what comes back against them."""
    answered = dry(server, policies)
    for sent, answer in zip(policies, answered, strict=True):
        assert answer.status == 201, (sent, answer.body)
        assert answer.warnings == (), sent
    returned = [answer.body for answer in answered]
    assert meaning(returned, version_of(server)) == meaning(policies, version_of(server))
    return len(policies)


def planned(project: Path, stack: str, version: KubeVersion) -> tuple[Manifest, ...]:
    """The plan of an environment as it would be on another version of Kubernetes."""
    raw = stack_configuration(project, stack)[ROOT]
    # Of the control plane, on which no policy depends, not everything is there in each version.
    raw = {key: value for key, value in raw.items() if key != "control_plane"}
    return plan_baseline(read_baseline({**raw, "kubernetes": str(version)})).manifests


@pytest.mark.parametrize(("project", "stack"), ENVIRONMENTS, ids=[stack for _, stack in ENVIRONMENTS])
def test_every_policy_of_an_environment_is_taken_and_means_the_same(server: Cluster, project: Path, stack: str) -> None:
    manifests = planned(project, stack, version_of(server))
    policies = [one for one in manifests if is_network_policy(one)]
    assert policies
    TOLD["emitted"] += hold_alike(server, policies)
    others = [one for one in manifests if kind_of(one).endswith("NetworkPolicy") and not is_network_policy(one)]
    for one in others if server.binaries.version == NEWEST else ():
        answer = create(server, one, dry_run=True)
        assert answer.status == 201, answer.body
        TOLD["emitted"] += 1


@pytest.mark.parametrize("case", CASES)
def test_every_case_of_the_documentation_is_a_policy(server: Cluster, case: str) -> None:
    TOLD["drawn"] += hold_alike(server, list(CASES[case].policies))


@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(objects=small_worlds())
def test_random_worlds_come_back_with_their_meaning(server: Cluster, objects: list[Object]) -> None:
    policies = [one for one in objects if is_network_policy(one)]
    TOLD["drawn"] += hold_alike(server, policies)


OF_POLICIES = [one for verdict in ("pass", "fail") for one in fixtures(verdict)
               if any(is_current(manifest) for manifest in one.manifests)]  # fmt: skip
# The server takes these and passes over a part of them.
IGNORED = {"egress-ignored", "end-port-before-1.22"}


@pytest.mark.parametrize(
    "fixture",
    OF_POLICIES,
    ids=[f"{one.control_id}-{one.path.stem}" for one in OF_POLICIES],
)
def test_fixtures_are_refused_where_the_control_says_so(server: Cluster, fixture: Fixture) -> None:
    version = version_of(server)
    knowledge = fixture.knowledge.model_copy(update={"kubernetes": version})
    policies = [one for one in fixture.manifests if is_current(one)]
    for policy, answer in zip(policies, dry(server, policies), strict=True):
        found = [*flaws_found(policy, knowledge)]
        is_ignored = fixture.control_id == VALID.id and fixture.path.stem in IGNORED
        assert (answer.status in REFUSED) == bool(found and not is_ignored), (
            name_of(policy),
            answer.body,
            found,
        )
        assert bool(World.of([policy], version).flaws) == (answer.status in REFUSED), answer.body


def is_kept_unreadable(policy: Object, paths: list[str], version: KubeVersion) -> bool:
    """Whether an old server keeps what plug-ins cannot read: odd values of a selector, IPv4 dressed as IPv6."""
    return (version < KubeVersion(1, 26) and all(".values[" in one for one in paths)) or (
        version < STRICT_CIDRS_SINCE and "::ffff:" in json.dumps(policy)
    )


@settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(policy=spoiled_policies())
def test_exactly_what_counts_as_refused_is_refused(server: Cluster, policy: Object) -> None:
    (answer,) = dry(server, [copy.deepcopy(policy)])
    flaws = World.of([policy], version_of(server)).flaws
    assert answer.status in (201, *REFUSED), answer.body
    kept = is_kept_unreadable(policy, [one.path for one in flaws], version_of(server))
    is_refused = answer.status in REFUSED
    assert bool(flaws) == is_refused or kept, (policy, list(map(str, flaws)), answer.body.get("message"))
    TOLD["spoiled"] += 1
    TOLD["spoiled and refused"] += is_refused


def test_the_number_of_policies_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\npolicies created with dry-run=server: {TOLD}")
    assert TOLD["emitted"] > 240
    assert TOLD["drawn"] > 400
    assert TOLD["spoiled and refused"] > 300
