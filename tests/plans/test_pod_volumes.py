"""Volumes for Secrets and tokens: files for their reader alone, and names that the server takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from k8s_hardening import secret_volume, token_volume, volume_mount
from k8s_hardening.controls.judging import judge
from k8s_hardening.controls.registry import CONTROLS
from k8s_hardening.kube.version import NEWEST, OLDEST
from k8s_hardening.model.knowledge import Knowledge
from k8s_hardening.model.problems import BadInputError
from tests.builders import container, pod


def test_files_of_a_secret_are_read_only_and_for_their_owner() -> None:
    assert secret_volume("db", "db-2") == {
        "name": "db",
        "secret": {"secretName": "db-2", "defaultMode": 0o400, "optional": False},
    }
    assert volume_mount("db", "/run/secrets/db") == {"name": "db", "mountPath": "/run/secrets/db", "readOnly": True}


def test_a_token_is_for_one_audience_and_ends() -> None:
    assert token_volume("vault-token", "vault")["projected"] == {
        "defaultMode": 0o400,
        "sources": [{"serviceAccountToken": {"audience": "vault", "expirationSeconds": 3600, "path": "token"}}],
    }


@pytest.mark.parametrize("version", [OLDEST, NEWEST], ids=str)
def test_a_pod_with_both_has_no_finding(version: Any) -> None:
    mounts = [volume_mount("db", "/run/secrets/db"), volume_mount("token", "/run/secrets/token")]
    volumes = [secret_volume("db", "db"), token_volume("token", "vault", 86_400)]
    made = pod(volumes=volumes, containers=[container(volumeMounts=mounts)])
    assert list(judge(made, CONTROLS, Knowledge(kubernetes=version))) == []


@pytest.mark.parametrize(
    ("make", "problems"),
    [
        (lambda: secret_volume("Db", "db"), ['name: "Db" is not a DNS-1123 label; for example "db"']),
        (lambda: volume_mount("db", "run"), ['path: "run" is not an absolute folder; for example "/run/secrets/db"']),
        (
            lambda: volume_mount("db", "/a/../b"),
            ['path: "/a/../b" is not an absolute folder; for example "/run/secrets/db"'],
        ),
        (
            lambda: token_volume("t", "", 599),
            [
                'audience: "" names nobody; for example "vault"',
                "expiry: 599 is not between 600 and 86400 seconds; for example 3600",
            ],
        ),
        (
            lambda: token_volume("t", "a", 86_401),
            ["expiry: 86401 is not between 600 and 86400 seconds; for example 3600"],
        ),
    ],
)
def test_what_the_server_or_a_control_would_refuse(make: Callable[[], Any], problems: list[str]) -> None:
    with pytest.raises(BadInputError) as caught:
        make()
    assert list(caught.value.problems) == problems
