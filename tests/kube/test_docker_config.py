"""Credentials for image pulls: what a kubelet could not read, or would send to somebody else, is refused unseen."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from k8s_hardening.kube.docker_config import docker_config_problems

REGISTRIES = ["registry.example.com/platform", "docker.io"]
AUTH = base64.b64encode(b"robot:hunter2").decode()
GOOD = {"auth": AUTH}


def problems(document: Any, registries: list[str] | None = None) -> list[str]:
    text = document if isinstance(document, str) else json.dumps(document)
    return docker_config_problems(text, registries or REGISTRIES)


@pytest.mark.parametrize(
    "entry",
    [
        GOOD,
        {"auth": AUTH.rstrip("=")},
        {"username": "robot", "password": "hunter2", "email": "robot@example.com"},
        {"username": "robot", "password": "hunter2", "auth": AUTH},
    ],
)
def test_what_kubectl_and_docker_write_is_taken(entry: dict[str, str]) -> None:
    assert problems({"auths": {"registry.example.com": entry}}) == []


@pytest.mark.parametrize(
    "name",
    [
        "registry.example.com",
        "https://registry.example.com",
        "http://registry.example.com/v2/",
        "registry.example.com/platform",
        "registry.example.com/platform/team/",
        "https://index.docker.io/v1/",
        "index.docker.io",
        "docker.io",
        "docker.io/library",
    ],
)
def test_an_entry_is_for_an_allowed_registry_as_a_kubelet_reads_it(name: str) -> None:
    assert problems({"auths": {name: GOOD}}) == []


@pytest.mark.parametrize(
    "name",
    [
        "registry.example.com:5000",
        "registry.example.com/other",
        "registry.example.com/plat",
        "registry.example.com.evil.example",
        "*.example.com",
        "robot@registry.example.com",
        "Registry.example.com",
        "index.docker.io/library",
        "registry-1.docker.io",
        "quay.io",
        "",
    ],
)
def test_an_entry_for_anybody_else_is_refused(name: str) -> None:
    (found,) = problems({"auths": {name: GOOD}})
    assert found == (
        "entry number 1 of auths is for none of the registries docker.io, registry.example.com/platform; take it out"
    )


def test_an_entry_with_a_port_is_for_a_registry_with_that_port() -> None:
    assert problems({"auths": {"registry.example.com:5000": GOOD}}, ["registry.example.com:5000/team"]) == []


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({}, "has neither auth nor username and password"),
        ({"username": "robot"}, "has neither auth nor username and password"),
        ({"auth": "", "username": "robot", "password": ""}, "has neither auth nor username and password"),
        ({"auth": "robot:hunter2"}, "has an auth that is not base64 of user:password"),
        ({"auth": base64.b64encode(b"hunter2").decode()}, "has an auth that is not base64 of user:password"),
        ({"auth": base64.b64encode(b":hunter2").decode()}, "has an auth that is not base64 of user:password"),
        ({"auth": 7}, "has a field that is not a text"),
        ({**GOOD, "identitytoken": "hunter2"}, "has fields beside auth, email, password, username"),
        ({**GOOD, "Auth": "hunter2"}, "has fields beside auth, email, password, username"),
        ("hunter2", "is no mapping"),
        (None, "is no mapping"),
    ],
)
def test_an_entry_that_a_kubelet_cannot_use_is_refused(entry: Any, says: str) -> None:
    (found,) = problems({"auths": {"docker.io": GOOD, "registry.example.com": entry}})
    assert found.startswith(f"entry number 2 of auths {says}")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is no config.json with auths"),
        ("hunter2", "is no config.json with auths"),
        ("[]", "is no config.json with auths"),
        ('{"auths": NaN}', "is no config.json with auths"),
        ('{"Auths": {}}', "is no config.json with auths"),
        ("[" * 100_000, "is no config.json with auths"),
        ('{"auths": {}}', "has auths without an entry"),
        ('{"auths": ["hunter2"]}', "has auths without an entry"),
        # Go merges what stands twice, so the first of these would come along unseen.
        ('{"auths": {"quay.io": {}}, "auths": {"docker.io": {}}}', "names a key twice in one object"),
    ],
)
def test_another_document_is_refused(text: str, says: str) -> None:
    (found,) = problems(text)
    assert found.startswith(says)


def test_every_problem_shows_at_once_and_none_shows_a_value() -> None:
    document = {
        "auths": {"hunter2.example": {"auth": "hunter2", "identitytoken": "hunter2"}, "docker.io": "hunter2"},
        "credsStore": "hunter2",
    }
    found = problems(document)
    assert len(found) == 5
    assert not [one for one in found if "hunter2" in one]
