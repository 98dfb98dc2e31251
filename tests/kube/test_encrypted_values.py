"""Values of etcd tell their key; an export that is not whole, or not readable, is refused without being shown."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from k8s_hardening.kube.encrypted_values import PLAIN, UNKNOWN_KEY, BadDumpError, StorageKey, count_keys, key_of
from k8s_hardening.kube.encryption_resources import Resource

SECRETS = Resource("", "secrets")


@pytest.mark.parametrize(
    ("value", "key"),
    [
        (b"k8s:enc:aescbc:v1:key1:\x00\x01", StorageKey("aescbc", "key1")),
        (b"k8s:enc:aesgcm:v1:key1:\xff", StorageKey("aesgcm", "key1")),
        (b"k8s:enc:secretbox:v1:key-1:k8s:enc:aescbc:v1:no:", StorageKey("secretbox", "key-1")),
        (b"k8s:enc:kms:v1:vault:", StorageKey("kms v1", "vault")),
        (b"k8s:enc:kms:v2:vault:\x00", StorageKey("kms v2", "vault")),
        (b"k8s\x00\n\x0c\n\x02v1\x12\x06Secret", PLAIN),
        (b'{"kind":"Secret"}', PLAIN),
        (b"", PLAIN),
        (b"k8s:enc:rot13:v1:key1:", UNKNOWN_KEY),
        (b"k8s:enc:aescbc:v1:key1", UNKNOWN_KEY),
        (b"k8s:enc:aescbc:v2:key1:", UNKNOWN_KEY),
    ],
)
def test_a_value_tells_its_key(value: bytes, key: StorageKey) -> None:
    assert key_of(value) == key


def coded(text: bytes | str) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def dump(values: dict[str, bytes], **more: Any) -> bytes:
    kvs = [{"key": coded(key), "value": coded(value), "version": 1} for key, value in values.items()]
    return json.dumps({"header": {"revision": 5}, "kvs": kvs, "count": len(kvs), **more}).encode()


NAMESPACE = {"/registry/namespaces/default": b"k8s\x00"}
VALUES = {
    **NAMESPACE,
    "/registry/secrets/a/one": b"k8s:enc:secretbox:v1:old:\x00\x01",
    "/registry/secrets/a/two": b"k8s:enc:secretbox:v1:new:\x00\x01",
    "/registry/secrets/a/three": b"k8s\x00s3cr3t",
    "/registry/ranges/serviceips": b"k8s\x00",
}


def test_an_export_is_counted_by_resource_and_key() -> None:
    counts = count_keys(dump(VALUES))
    assert counts == {
        Resource("", "namespaces"): {PLAIN: 1},
        SECRETS: {StorageKey("secretbox", "old"): 1, StorageKey("secretbox", "new"): 1, PLAIN: 1},
    }
    lines = "\n".join(f"{key}\t{value[:25].decode(errors='replace')}" for key, value in VALUES.items())
    assert count_keys(f"{lines}\n\n".replace("\x00", "?").encode()) == counts


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "holds no object"),
        (b"{", "is not JSON"),
        (b"{}", "has no kvs"),
        (b'{"kvs": {}}', "has no kvs"),
        (b'{"kvs": [1]}', "without key and value"),
        (b'{"kvs": [{"key": "L3I="}]}', "without --keys-only"),
        (b'{"kvs": [{"key": "!", "value": "s3cr3"}]}', "is not base64"),
        (b"[" * 100_000, "line 1 is not a key"),
        (b"{" + b'"a":[' * 100_000, "is not JSON"),
        (dump(VALUES, more=True), "is not whole"),
        (dump(VALUES, count=100), "is not whole"),
        (dump({"/registry/secrets/a/b": b"s3cr3t"}), "holds no namespaces"),
        (b"/registry/secrets/a/one\n", "line 1 is not a key of etcd"),
        (b"\x00\xff s3cr3t", "line 1 is not a key of etcd"),
    ],
)
def test_an_export_that_would_hide_something_is_refused(text: bytes, words: str) -> None:
    with pytest.raises(BadDumpError, match=words) as caught:
        count_keys(text)
    assert "s3cr3" not in str(caught.value)


def test_a_key_is_named_for_people() -> None:
    assert [str(one) for one in (PLAIN, UNKNOWN_KEY, StorageKey("kms v2", "vault"))] == [
        "plain text",
        "unknown key",
        "kms v2 vault",
    ]
