"""A whole rotation of encryption keys on a real API server: nothing is lost or unreadable at any step."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from k8s_hardening.kube.encrypted_values import count_keys
from k8s_hardening.model.control_plane.encryption import EncryptionSpec
from k8s_hardening.plans.control_plane.encryption_state import EncryptionState, state_of_spec
from k8s_hardening.plans.control_plane.rotation import RotationFacts, Server, StepKind, next_step, validate_transition
from tests.cluster.binaries import NEWEST, OLDEST, binaries
from tests.cluster.emitted import EmittedControlPlane, booted, emitted

pytestmark = pytest.mark.cluster

SECRETS = 12


def encryption(kind: str, *keys: str) -> dict[str, Any]:
    """An encryption at rest with the keys of one provider; the first writes."""
    provider: dict[str, Any] = {"keys": [{"name": key} for key in keys]}
    if kind == "aesgcm":
        provider["rotation_is_automated"] = True
    return {"groups": [{"resources": ["secrets"], "providers": [{kind: provider}]}]}


def state(spec: dict[str, Any]) -> EncryptionState:
    return state_of_spec(EncryptionSpec.model_validate(spec))


def dump(plane: EmittedControlPlane) -> bytes:
    """All of etcd as `etcdctl get /registry --prefix -w json` prints it."""
    found = plane.cluster.range("/registry/", everything_below=True)
    pairs = [
        {"key": base64.b64encode(key.encode()).decode(), "value": base64.b64encode(value).decode()}
        for key, value in found.items()
    ]
    return json.dumps({"kvs": pairs, "count": len(pairs)}).encode()


def all_readable(plane: EmittedControlPlane) -> bool:
    """Whether the server gives back every Secret as it was."""
    values = set()
    for index in range(SECRETS):
        read = plane.cluster.request("GET", f"/api/v1/namespaces/default/secrets/rotated-{index}")
        if read.status != 200:
            return False
        values.add(base64.b64decode(read.body["data"]["value"]).decode())
    return values == {f"value-{index}" for index in range(SECRETS)}


def prefixes(plane: EmittedControlPlane, kind: str) -> set[str]:
    """Names of the keys under which the Secrets lie."""
    start = f"k8s:enc:{kind}:v1:".encode()
    found = plane.cluster.range("/registry/secrets/default/", everything_below=True)
    assert all(value.startswith(start) for value in found.values())
    return {value[len(start) :].split(b":", 1)[0].decode() for value in found.values()}


def apply(plane: EmittedControlPlane, spec: dict[str, Any], *, new_key: str | None = None) -> None:
    plane.write(emitted(plane.cluster.binaries.version, {"encryption": spec}))
    if new_key is not None:
        plane.bootstrap("make", new_key)
    plane.bootstrap("fill")
    plane.restart_api_server()


def rewrite(plane: EmittedControlPlane) -> None:
    """What `kubectl get secrets -A -o json | kubectl replace -f -` does."""
    for one in plane.cluster.request("GET", "/api/v1/secrets").body["items"]:
        path = f"/api/v1/namespaces/{one['metadata']['namespace']}/secrets/{one['metadata']['name']}"
        answer = plane.cluster.request("PUT", path, {"apiVersion": "v1", "kind": "Secret", **one})
        assert answer.status == 200, answer.body


@pytest.mark.parametrize(
    ("minor", "kind"), [(NEWEST, "secretbox"), (NEWEST, "aescbc"), (NEWEST, "aesgcm"), (OLDEST, "secretbox")]
)
def test_a_rotation_loses_nothing_and_every_step_is_the_one_that_was_advised(
    minor: str, kind: str, tmp_path: Path
) -> None:
    first, both = encryption(kind, "key-1"), encryption(kind, "key-1", "key-2")
    promoted, last = encryption(kind, "key-2", "key-1"), encryption(kind, "key-2")
    with booted(binaries(minor), tmp_path, {"encryption": first}) as plane:
        for index in range(SECRETS):
            body = {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": f"rotated-{index}", "namespace": "default"},
                "data": {"value": base64.b64encode(f"value-{index}".encode()).decode()},
            }
            assert plane.cluster.request("POST", "/api/v1/namespaces/default/secrets", body).status == 201

        def facts(running: dict[str, Any]) -> RotationFacts:
            return RotationFacts(stored=count_keys(dump(plane)), servers=(Server("one", state(running)),))

        def advised(current: dict[str, Any]) -> StepKind:
            return next_step(state(current), facts(current), state(last)).kind

        assert prefixes(plane, kind) == {"key-1"}
        assert advised(first) is StepKind.ADD
        # What would lose Secrets is refused while the facts are so.
        assert validate_transition(state(first), state(last), facts(first))
        assert not validate_transition(state(first), state(both), facts(first))

        apply(plane, both, new_key="key-2")
        assert all_readable(plane)
        assert advised(both) is StepKind.PROMOTE
        assert not validate_transition(state(both), state(promoted), facts(both))
        assert validate_transition(state(both), state(promoted), facts(first)), "a server lags behind"

        apply(plane, promoted)
        assert all_readable(plane)
        assert advised(promoted) is StepKind.REWRITE
        assert validate_transition(state(promoted), state(last), facts(promoted)), "key-1 is still needed"

        rewrite(plane)
        assert all_readable(plane)
        assert prefixes(plane, kind) == {"key-2"}
        assert advised(promoted) is StepKind.DROP
        assert not validate_transition(state(promoted), state(last), facts(promoted))

        apply(plane, last)
        assert all_readable(plane)
