"""Drift as the event log of a refresh shows it, in the form that pulumi v3.200.0 writes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from k8s_hardening.engine.drift import Drift, Drifted, FieldChange, read_drift

SERVER = {"uid": "1", "resourceVersion": "7", "creationTimestamp": "2026-01-01T00:00:00Z", "managedFields": [{}]}


def policy(**changes: Any) -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "deny-all", "namespace": "shop-web", "labels": {"managed": "yes"}},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"], **changes},
    }


def kept(manifest: dict[str, Any]) -> dict[str, Any]:
    """As the server and the provider keep it."""
    return {
        **manifest,
        "metadata": {**manifest["metadata"], **SERVER},
        "__inputs": manifest,
        "__fieldManager": "pulumi-kubernetes-1",
        "status": {"seen": 1},
    }


def read(
    inputs: dict[str, Any],
    live: dict[str, Any] | None,
    applied: dict[str, Any] | None = None,
    *,
    typed: str | None = None,
    op: str = "same",
) -> Drift:
    """The drift of one object: what was asked for, what is there, and what the server made of it at first."""
    old = {"custom": True, "inputs": inputs, "outputs": applied or kept(inputs)}
    new = {} if live is None else {"custom": True, "outputs": live}
    kind = typed or f"kubernetes:{inputs['apiVersion']}:{inputs['kind']}"
    step = {"op": op, "type": kind, "urn": "urn:x", "old": old, "new": new}
    return read_drift([json.dumps({"resOutputsEvent": {"metadata": step}})])


def only(drift: Drift) -> Drifted:
    (found,) = drift.objects
    return found


def test_what_is_as_it_was_does_not_differ() -> None:
    later = kept(policy())
    later["metadata"] = {**later["metadata"], "resourceVersion": "8", "generation": 2}
    later["status"] = {"seen": 2}
    assert read(policy(), later) == Drift(1, ())


def test_what_is_no_object_of_the_cluster_is_not_compared() -> None:
    assert read(policy(), None, typed="k8s-hardening:index:Tenant").compared == 0
    assert read_drift(["", "[]", "{}", '{"resOutputsEvent": 1}', '{"resOutputsEvent": {"metadata": {"ty']).compared == 0


@pytest.mark.parametrize(
    ("live", "change"),
    [
        (policy(ingress=[{}]), FieldChange("spec.ingress", None, "[{}]")),
        (policy(policyTypes=[]), FieldChange("spec.policyTypes", '"Ingress"', None)),
        (policy(policyTypes=["Ingress", "Egress"]), FieldChange("spec.policyTypes", None, '"Egress"')),
        (policy(podSelector={"app": "x"}), FieldChange("spec.podSelector.app", None, '"x"')),
    ],
)
def test_each_difference_is_named(live: dict[str, Any], change: FieldChange) -> None:
    found = only(read(policy(), kept(live)))
    assert found.changes == (change,)
    assert not found.is_seen_by_engine
    assert (found.namespace, found.kind, found.name) == ("shop-web", "NetworkPolicy", "deny-all")


def test_defaults_of_the_server_are_none() -> None:
    defaulted = kept(policy(priority=0))
    assert read(policy(), defaulted, defaulted).objects == ()


def test_what_a_refresh_of_others_took_over_is_still_seen() -> None:
    widened = kept(policy(policyTypes=["Ingress", "Egress"]))
    assert only(read(policy(), widened, widened)).changes == (FieldChange("spec.policyTypes", None, '"Egress"'),)
    labelled = kept(policy())
    labelled["metadata"] = {**labelled["metadata"], "labels": {"managed": "yes", "more": "x"}}
    assert only(read(policy(), labelled, labelled)).changes == (FieldChange("metadata.labels.more", None, '"x"'),)


def test_what_nobody_asked_for_may_go_again() -> None:
    labelled = kept(policy(priority=0))
    labelled["metadata"] = {**labelled["metadata"], "labels": {"managed": "yes", "more": "x"}}
    assert read(policy(), kept(policy()), labelled).objects == ()
    bare = kept(policy())
    bare["metadata"] = {**bare["metadata"], "labels": {}}
    assert only(read(policy(), bare)).changes == (FieldChange("metadata.labels.managed", '"yes"', None),)


def test_notes_of_controllers_are_no_drift() -> None:
    noted = kept(policy())
    noted["metadata"] = {**noted["metadata"], "annotations": {"example.com/note": "x"}}
    assert read(policy(), noted).objects == ()
    own = policy()
    own["metadata"] = {**own["metadata"], "annotations": {"example.com/note": "y"}}
    changes = only(read(own, noted)).changes
    assert changes == (FieldChange('metadata.annotations["example.com/note"]', '"y"', '"x"'),)


def test_of_a_patch_only_its_own_fields_count() -> None:
    asked = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": "shop-web"}}
    asked["automountServiceAccountToken"] = False  # type: ignore[assignment]
    others = kept({**asked, "secrets": [{"name": "made-by-others"}]})
    patch = "kubernetes:core/v1:ServiceAccountPatch"
    assert read(asked, others, typed=patch).objects == ()
    revived = kept({**asked, "automountServiceAccountToken": True})
    assert only(read(asked, revived, typed=patch)).changes == (
        FieldChange("automountServiceAccountToken", "false", "true"),
    )


def test_no_value_of_a_secret_is_given() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "pull"}, "data": {"a": "[secret]"}}
    more = kept({**secret, "data": {"a": "[secret]", "b": "cGxhbnRlZA=="}})
    assert only(read(secret, more)).changes == (FieldChange("data.b", None, None),)
    # Both values are hidden in the log; the engine has compared them.
    assert only(read(secret, kept(secret), op="update")).changes == (FieldChange("data", None, None),)


def test_what_is_gone_is_made_by_the_next_update() -> None:
    drift = read(policy(), None, op="delete")
    assert only(drift).is_gone
    assert drift.is_all_gone
    assert (drift.replaced, drift.left) == ((), ())


def test_what_the_engine_does_not_see_is_made_anew_where_nothing_is_lost() -> None:
    unseen = read(policy(), kept(policy(ingress=[{}])))
    assert (unseen.replaced, unseen.left) == (("urn:x",), ())
    seen = read(policy(), kept(policy(policyTypes=["Egress"])), op="update")
    assert (seen.replaced, seen.left) == ((), ())
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop-web", "labels": {}}}
    labelled = kept(namespace)
    labelled["metadata"] = {**labelled["metadata"], "labels": {"more": "x"}}
    drift = read(namespace, labelled)
    assert drift.replaced == ()
    assert drift.left == drift.objects


def test_a_namespace_that_is_being_deleted_says_what_keeps_it() -> None:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop-web"}}
    leaving = kept(namespace)
    leaving["metadata"] = {**leaving["metadata"], "deletionTimestamp": "2026-01-02T00:00:00Z", "finalizers": ["a.b/c"]}
    leaving["status"] = {
        "conditions": [
            {"type": "NamespaceDeletionDiscoveryFailure", "status": "False", "message": "none"},
            {"type": "NamespaceFinalizersRemaining", "status": "True", "message": "x.y/hold in 1 resource instances"},
        ]
    }
    drift = read(namespace, leaving)
    found = only(drift)
    assert found.is_leaving
    assert found.holds == ("NamespaceFinalizersRemaining: x.y/hold in 1 resource instances", "finalizers: a.b/c")
    assert (drift.replaced, drift.left) == ((), ())
