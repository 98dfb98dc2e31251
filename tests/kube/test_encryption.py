"""Where an EncryptionConfiguration is found, and how hostile text is kept cheap."""

from __future__ import annotations

import base64
import time
from typing import Any

import pytest

from k8s_hardening.kube.encryption import covers_secrets, encryption_files, key_length
from k8s_hardening.kube.manifest import UNKNOWN
from k8s_hardening.kube.version import KubeVersion

TEXT = "kind: EncryptionConfiguration\napiVersion: apiserver.config.k8s.io/v1\nresources: []\n"
CONTENT = {"kind": "EncryptionConfiguration", "apiVersion": "apiserver.config.k8s.io/v1", "resources": []}


def config_map(data: Any, name: str = "settings") -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def found_in(manifest: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(file.path, file.content) for file in encryption_files(manifest)]


def test_the_object_itself_is_one() -> None:
    assert found_in(CONTENT) == [("", CONTENT)]


def test_texts_of_config_maps_and_secrets_are_read() -> None:
    assert found_in(config_map({"a.yaml": TEXT})) == [('data["a.yaml"]', CONTENT)]
    secret = {"apiVersion": "v1", "kind": "Secret", "data": {"a": base64.b64encode(TEXT.encode()).decode()}}
    assert found_in(secret) == [("data.a", CONTENT)]


def test_each_of_several_documents_has_its_own_path() -> None:
    assert [path for path, _ in found_in(config_map({"a": f"{TEXT}---\nkind: Other\n---\n{TEXT}"}))] == [
        "data.a[0]",
        "data.a[1]",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "about EncryptionConfiguration",
        "kind: EncryptionConfiguration\n\tbad",
        "- kind: EncryptionConfiguration",
        "kind: EncryptionConfiguration: [",
        "x: !!python/object:os.system {}\n" + TEXT,
    ],
)
def test_text_that_only_mentions_one_is_none(text: str) -> None:
    assert found_in(config_map({"a": text})) == []


def test_an_unknown_text_counts_when_it_is_named_after_encryption() -> None:
    assert found_in(config_map({"encryption.yaml": UNKNOWN})) == [('data["encryption.yaml"]', UNKNOWN)]
    assert found_in(config_map(UNKNOWN, "encryption-config")) == [("data", UNKNOWN)]
    assert found_in(config_map({"settings.yaml": UNKNOWN})) == []


@pytest.mark.parametrize(
    "bomb",
    [
        "k: &k [{secret: a}, {secret: b}]\np: &p [" + "*k, " * 2000 + "]\nresources: [" + "*p, " * 2000 + "]\n",
        "resources: &r [*r]\n",
        "resources: " + "[" * 5000 + "]" * 5000 + "\n",
        "# " + "x" * 40_000 + "\n",
    ],
    ids=["aliases", "cycle", "deep", "long"],
)
def test_a_hostile_text_is_cheap_and_never_read_as_empty(bomb: str) -> None:
    started = time.perf_counter()
    found = found_in(config_map({"a": "kind: EncryptionConfiguration\n" + bomb}))
    assert time.perf_counter() - started < 2
    assert all(content is None for _, content in found)


@pytest.mark.parametrize(
    ("secret", "length"),
    [
        (base64.b64encode(bytes(32)).decode(), 32),
        (base64.b64encode(bytes(16)).decode() + "\n", 16),
        ("", 0),
        ("not base64", None),
        ("YWJj!", None),
        (17, 0),
        (UNKNOWN, 0),
    ],
)
def test_a_key_has_the_length_that_the_server_sees(secret: Any, length: int | None) -> None:
    assert key_length(secret) == length


def test_wildcards_cover_secrets_only_where_servers_heed_them() -> None:
    assert covers_secrets(["configmaps", "secrets"], KubeVersion(1, 18))
    for wildcard in ("*.", "*.*"):
        assert covers_secrets([wildcard], KubeVersion(1, 27))
        assert not covers_secrets([wildcard], KubeVersion(1, 26))
    assert not covers_secrets(["*.apps"], KubeVersion(1, 30))
    assert not covers_secrets(UNKNOWN, KubeVersion(1, 30))
