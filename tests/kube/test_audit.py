from __future__ import annotations

from typing import Any

import pytest

from k8s_hardening.kube.api_requests import ApiRequest, api_request
from k8s_hardening.kube.audit import Level, Stage, decide, refusals
from k8s_hardening.kube.manifest import UNKNOWN
from k8s_hardening.kube.version import KubeVersion

NEW = KubeVersion(1, 37)
POD = "/api/v1/namespaces/shop/pods/app"


def policy(*rules: Any, **fields: Any) -> dict[str, Any]:
    return {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": list(rules), **fields}


def get(url: str = POD, user: str = "alice", groups: tuple[str, ...] = ("team",), method: str = "GET") -> ApiRequest:
    return api_request(method, url, user, groups)


def is_matched(rule: dict[str, Any], request: ApiRequest) -> bool:
    return decide(policy({"level": "Metadata", **rule}), request).rule == 0


@pytest.mark.parametrize(
    ("rule", "matches"),
    [
        ({}, True),
        ({"users": ["alice", "bob"]}, True),
        ({"users": ["bob"]}, False),
        ({"users": []}, True),
        ({"userGroups": ["other", "team"]}, True),
        ({"userGroups": ["other"]}, False),
        ({"verbs": ["get"]}, True),
        ({"verbs": ["list"]}, False),
        ({"verbs": ["*"]}, False),
        ({"namespaces": ["shop"]}, True),
        ({"namespaces": ["", "other"]}, False),
        ({"resources": [{"group": "", "resources": ["pods"]}]}, True),
        ({"resources": [{"resources": ["pods"]}]}, True),
        ({"resources": [{"group": ""}]}, True),
        ({"resources": [{"group": "apps"}]}, False),
        ({"resources": [{"group": "apps"}, {"group": "", "resources": ["pods"]}]}, True),
        ({"resources": [{"group": "*", "resources": ["pods"]}]}, True),
        ({"resources": [{"group": "", "resources": ["*"]}]}, True),
        ({"resources": [{"group": "", "resources": ["pods/*"]}]}, True),
        ({"resources": [{"group": "", "resources": ["pods/log"]}]}, False),
        ({"resources": [{"group": "", "resources": ["pod"]}]}, False),
        ({"resources": [{"group": "", "resources": ["pods"], "resourceNames": ["app"]}]}, True),
        ({"resources": [{"group": "", "resources": ["pods"], "resourceNames": ["db"]}]}, False),
        ({"namespaces": ["shop"], "resources": [{"group": "apps"}]}, False),
        ({"nonResourceURLs": ["*"]}, False),
        ({"users": ["alice"], "verbs": ["list"]}, False),
        ({"users": [None]}, False),
        ({"resources": [None]}, True),
        ({"resources": [{"group": None, "resources": ["pods", None]}]}, True),
    ],
)
def test_a_rule_matches_a_request_for_a_resource_when_each_of_its_fields_does(
    rule: dict[str, Any], matches: bool
) -> None:
    assert is_matched(rule, get()) is matches


@pytest.mark.parametrize(
    ("resources", "matches"),
    [
        (["pods"], False),
        (["pods/log"], True),
        (["pods/*"], True),
        (["*/log"], True),
        (["*/exec"], False),
        (["*"], True),
        (["services/*"], False),
    ],
)
def test_a_subresource_is_named_with_its_resource_or_a_star(resources: list[str], matches: bool) -> None:
    assert is_matched({"resources": [{"group": "", "resources": resources}]}, get(f"{POD}/log")) is matches


def test_a_cluster_wide_object_is_in_the_empty_namespace() -> None:
    nodes = get("/api/v1/nodes/one")
    assert is_matched({"namespaces": [""]}, nodes)
    assert not is_matched({"namespaces": ["shop"]}, nodes)


@pytest.mark.parametrize(
    ("url", "matches"),
    [("*", True), ("/metrics", True), ("/metrics*", True), ("/me*", True), ("/*", True), ("/metrics/*", False)],
)
def test_a_url_is_named_in_full_or_by_its_start(url: str, matches: bool) -> None:
    assert is_matched({"nonResourceURLs": [url]}, get("/metrics")) is matches


def test_rules_about_resources_do_not_match_urls() -> None:
    assert not is_matched({"resources": [{"group": ""}]}, get("/metrics"))
    assert not is_matched({"namespaces": [""]}, get("/metrics"))
    assert is_matched({"verbs": ["get"]}, get("/metrics"))


def test_the_first_rule_that_matches_decides() -> None:
    decision = decide(policy({"level": "None", "users": ["bob"]}, {"level": "Request"}, {"level": "Metadata"}), get())
    assert (decision.level, decision.rule) == (Level.REQUEST, 1)


def test_without_a_match_nothing_is_logged() -> None:
    decision = decide(policy({"level": "Metadata", "users": ["bob"]}, omitStages=["Panic"]), get())
    assert (decision.level, decision.rule) == (Level.NONE, None)
    assert decision.omitted == {Stage.PANIC}


def test_stages_are_omitted_by_the_policy_and_by_the_rule_together() -> None:
    rule = {"level": "Metadata", "omitStages": ["ResponseStarted"]}
    assert decide(policy(rule, omitStages=["Panic"]), get()).omitted == {Stage.PANIC, Stage.RESPONSE_STARTED}


def test_levels_are_ordered() -> None:
    assert sorted(Level, key=lambda level: level.rank) == ["None", "Metadata", "Request", "RequestResponse"]


GOOD = {"level": "Metadata", "resources": [{"group": "apps", "resources": ["deployments"]}]}


@pytest.mark.parametrize(
    ("broken", "path"),
    [
        (policy(), "rules"),
        (policy(rules=None), "rules"),
        (policy(rules=UNKNOWN), "rules"),
        (policy(None), "rules[0]"),
        (policy(UNKNOWN), "rules[0]"),
        (policy({}), "rules[0].level"),
        (policy({"level": "metadata"}), "rules[0].level"),
        (policy({"level": ["None"]}), "rules[0].level"),
        (policy(GOOD, {**GOOD, "level": UNKNOWN}), "rules[1].level"),
        (policy({**GOOD, "users": "alice"}), "rules[0].users"),
        (policy({**GOOD, "verbs": [1]}), "rules[0].verbs[0]"),
        (policy({**GOOD, "namespaces": [UNKNOWN]}), "rules[0].namespaces[0]"),
        (policy({**GOOD, "omitStages": ["Sent"]}), "rules[0].omitStages[0]"),
        (policy({**GOOD, "omitStages": {}}), "rules[0].omitStages"),
        (policy(GOOD, omitStages=["RequestReceived", UNKNOWN]), "omitStages[1]"),
        (policy({**GOOD, "resources": {}}), "rules[0].resources"),
        (policy({**GOOD, "resources": ["pods"]}), "rules[0].resources[0]"),
        (policy({**GOOD, "resources": [{"group": "apps/v1"}]}), "rules[0].resources[0].group"),
        (policy({**GOOD, "resources": [{"group": 1}]}), "rules[0].resources[0].group"),
        (policy({**GOOD, "resources": [{"group": "apps", "resources": "*"}]}), "rules[0].resources[0].resources"),
        (policy({**GOOD, "resources": [{"resourceNames": ["db"]}]}), "rules[0].resources[0].resourceNames"),
        (policy({"level": "None", "nonResourceURLs": ["healthz"]}), "rules[0].nonResourceURLs[0]"),
        (policy({"level": "None", "nonResourceURLs": [None]}), "rules[0].nonResourceURLs[0]"),
        (policy({"level": "None", "nonResourceURLs": ["/a", "/*/b"]}), "rules[0].nonResourceURLs[1]"),
        (policy({**GOOD, "nonResourceURLs": ["/a"]}), "rules[0].nonResourceURLs"),
        (policy({"level": "None", "namespaces": ["a"], "nonResourceURLs": ["*"]}), "rules[0].nonResourceURLs"),
        ({**policy(GOOD), "apiVersion": "audit.k8s.io/v2"}, "apiVersion"),
    ],
)
def test_what_no_server_starts_with_is_refused_once(broken: dict[str, Any], path: str) -> None:
    assert [refusal.path for refusal in refusals(broken, NEW)] == [path]


@pytest.mark.parametrize("version", ["v1alpha1", "v1beta1"])
def test_old_api_versions_are_read_until_1_23(version: str) -> None:
    old = {**policy(GOOD), "apiVersion": f"audit.k8s.io/{version}"}
    assert not list(refusals(old, KubeVersion(1, 23)))
    assert [refusal.path for refusal in refusals(old, KubeVersion(1, 24))] == ["apiVersion"]


def test_every_group_at_once_is_read_from_1_36() -> None:
    every = policy({"level": "Metadata", "resources": [{"group": "*", "resources": ["secrets"]}]})
    assert [refusal.path for refusal in refusals(every, KubeVersion(1, 35))] == ["rules[0].resources[0].group"]
    assert not list(refusals(every, KubeVersion(1, 36)))


@pytest.mark.parametrize("minor", [18, 23, 24, 37])
def test_a_good_policy_is_not_refused(minor: int) -> None:
    good = policy(GOOD, {"level": "None", "nonResourceURLs": ["*", "/healthz*"]}, {"level": "RequestResponse"})
    assert not list(refusals(good, KubeVersion(1, minor)))
