"""What a Secret may hold; tests/cluster/test_tenant_secrets.py asks real API servers the same."""

from __future__ import annotations

import pytest

from k8s_hardening.kube.secrets import LARGEST, key_problem, missing_keys, value_problems


@pytest.mark.parametrize("key", ["password", ".dockerconfigjson", "A_-.9", "a..b", "a" * 253])
def test_keys_that_can_be_names_of_files(key: str) -> None:
    assert key_problem(key) is None


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ("", "other characters"),
        ("a/b", "other characters"),
        ("pass word", "other characters"),
        ("ä", "other characters"),
        ("password\n", "other characters"),
        (".", "leads out of the folder"),
        ("..", "leads out of the folder"),
        ("..data", "leads out of the folder"),
        ("a" * 254, "254 characters"),
    ],
)
def test_other_keys(key: str, problem: str) -> None:
    assert problem in (key_problem(key) or "")


def test_types_ask_for_their_keys() -> None:
    assert missing_keys("kubernetes.io/tls", ["tls.crt"]) == [("tls.key",)]
    assert missing_keys("kubernetes.io/basic-auth", ["password"]) == []
    assert missing_keys("kubernetes.io/basic-auth", ["user"]) == [("username", "password")]
    assert missing_keys("Opaque", []) == missing_keys("example.com/own", []) == []


def test_bytes_count_and_not_characters() -> None:
    assert list(value_problems("Opaque", {"a": "x" * LARGEST})) == []
    assert list(value_problems("Opaque", {"a": "ä" * (LARGEST // 2), "b": "x"})) == [
        "holds 1048577 bytes, and a Secret takes 1048576 at most"
    ]


@pytest.mark.parametrize("text", ["no", "[]", "5", "", "[" * 100_000])
def test_what_must_be_json_is_looked_into_without_being_shown(text: str) -> None:
    (problem,) = value_problems("kubernetes.io/dockerconfigjson", {".dockerconfigjson": text})
    assert problem == (
        "has a .dockerconfigjson that is not a JSON object, and the type kubernetes.io/dockerconfigjson asks for one"
    )
    assert list(value_problems("kubernetes.io/ssh-auth", {"ssh-privatekey": ""}))
