"""A raw manifest is judged as what the server makes of it: no default changes a verdict."""

from __future__ import annotations

import copy
from collections import Counter
from typing import Any

import pytest

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.knowledge import Knowledge
from tests.builders import container, pod
from tests.controls.corpus import KNOWLEDGE, Fixture, findings_of, fixtures
from tests.controls.server_defaults import DEFAULTS, Default

FIXTURES = [*fixtures("pass"), *fixtures("fail")]
# The port is not a second culprit: the server takes it from a field that has a finding already, and both go together.
IMPLIED = {("host-namespaces", "host-ports")}
# The server does itself what this one asks for, as long as it still does, and warns.
DONE_BY_SERVER = "apparmor-deprecated-annotation"


def verdict(manifests: list[dict[str, Any]], knowledge: Knowledge) -> set[tuple[str, int]]:
    """Which controls refuse which of some objects."""
    return {(control, index) for control, index, _ in findings_of(manifests, knowledge)}


def changed_by(default: Default, manifests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    filled = copy.deepcopy(manifests)
    for manifest in filled:
        default.fill(manifest)
    return filled


@pytest.mark.thorough
@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda fixture: fixture.id)
def test_a_fixture_is_judged_the_same_after_the_defaults(fixture: Fixture) -> None:
    raw = verdict(fixture.manifests, fixture.knowledge)
    filled = fixture.manifests
    for default in DEFAULTS:
        if default.applies_to(fixture.knowledge.kubernetes):
            filled = changed_by(default, filled)
    added = verdict(filled, fixture.knowledge) - raw
    implied = {(second, index) for first, second in IMPLIED for control, index in raw if control == first}
    assert added <= implied
    assert verdict(filled, fixture.knowledge) >= {
        (control, index) for control, index in raw if control != DONE_BY_SERVER
    }


@pytest.mark.parametrize("default", DEFAULTS, ids=lambda default: default.name)
def test_every_default_is_tried_on_something_it_changes(default: Default) -> None:
    assert default.source.startswith("k8s.io/")
    of_its_time = [one for one in FIXTURES if default.applies_to(one.knowledge.kubernetes)]
    assert any(changed_by(default, one.manifests) != one.manifests for one in (*of_its_time, *SAMPLES))


def sample(version: str, *manifests: dict[str, Any]) -> Fixture:
    facts = Knowledge.model_validate({**KNOWLEDGE, "kubernetes": version})
    return Fixture(path=FIXTURES[0].path, control_id="", manifests=list(manifests), knowledge=facts, expected=Counter())


def annotated(annotations: dict[str, str]) -> dict[str, Any]:
    """A pod that leaves seccomp and AppArmor to annotations."""
    context = {key: value for key, value in container()["securityContext"].items() if key != "seccompProfile"}
    made = pod(containers=[container(securityContext=context)], securityContext={"runAsNonRoot": True})
    made["metadata"]["annotations"] = annotations
    return made


def without_groups(manifest: dict[str, Any]) -> dict[str, Any]:
    """A binding that leaves the API groups of its role and its subjects to the server."""
    made = copy.deepcopy(manifest)
    for one in (made.get("roleRef"), *(made.get("subjects") or [])):
        if isinstance(one, dict) and one.get("apiGroup") == "rbac.authorization.k8s.io":
            del one["apiGroup"]
    return made


SECCOMP = "seccomp.security.alpha.kubernetes.io/pod"
APPARMOR = "container.apparmor.security.beta.kubernetes.io/app"
TOKEN = {"projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}}
PORTS = [{"containerPort": 8080}]
SAMPLES = (
    sample("1.36", pod(volumes=[{"name": "tmp"}, {"name": "null", "emptyDir": None}, {"name": "token", **TOKEN}])),
    sample("1.36", pod(hostNetwork=True, containers=[container(ports=PORTS)])),
    sample("1.36", pod(containers=[container(ports=PORTS, livenessProbe={"httpGet": {"port": 8080}})])),
    sample("1.36", pod(serviceAccount="web")),
    sample("1.36", pod(securityContext=None)),
    *(
        Fixture(
            one.path,
            one.control_id,
            [without_groups(manifest) for manifest in one.manifests],
            one.knowledge,
            one.expected,
        )
        for one in FIXTURES
        if any("roleRef" in manifest for manifest in one.manifests)
    ),
    *(sample(version, annotated({SECCOMP: "runtime/default"})) for version in ("1.19", "1.24", "1.26", "1.27")),
    *(sample(version, annotated({SECCOMP: "unconfined"})) for version in ("1.19", "1.24", "1.26", "1.27")),
    *(sample(version, annotated({APPARMOR: "unconfined"})) for version in ("1.29", "1.30", "1.37")),
    *(sample(version, annotated({APPARMOR: "runtime/default"})) for version in ("1.29", "1.30", "1.37")),
)


@pytest.mark.thorough
@pytest.mark.parametrize("one", SAMPLES, ids=[f"{index}" for index in range(len(SAMPLES))])
def test_a_sample_is_judged_the_same_after_the_defaults(one: Fixture) -> None:
    test_a_fixture_is_judged_the_same_after_the_defaults(one)
    assert not one.expected or verdict(one.manifests, one.knowledge) == {
        (one.control_id, index) for index, _ in one.expected
    }


@pytest.mark.parametrize(
    ("version", "refused"),
    [("1.18", True), ("1.19", True), ("1.26", True), ("1.27", False), ("1.37", False)],
)
def test_an_annotation_that_switches_seccomp_off_counts_while_the_server_reads_it(version: str, refused: bool) -> None:
    found = {control for control, _ in verdict([annotated({SECCOMP: "unconfined"})], sample(version).knowledge)}
    assert ("seccomp-unconfined" in found) is refused
    assert ("seccomp" in found) is (KubeVersion.parse(version) >= KubeVersion(1, 27))
