"""Texts of ConfigMaps and Secrets, decoded, with their paths."""

from __future__ import annotations

import base64
from typing import Any

from k8s_hardening.kube.manifest import UNKNOWN
from k8s_hardening.kube.texts import CONFIG_MAP, is_named_like, texts_of


def texts(manifest: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(text.path, text.content) for text in texts_of(manifest)]


def test_each_field_is_decoded_in_its_own_way() -> None:
    encoded = base64.b64encode(b"hello \xff").decode()
    assert texts({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "x"}, "binaryData": {"b.bin": encoded}}) == [
        ("data.a", "x"),
        ('binaryData["b.bin"]', "hello �"),
    ]
    assert texts({"apiVersion": "v1", "kind": "Secret", "stringData": {"a": "x"}, "data": {"b": encoded}}) == [
        ("stringData.a", "x"),
        ("data.b", "hello �"),
    ]


def test_unknown_texts_and_unknown_maps_are_told() -> None:
    assert texts({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": UNKNOWN}}) == [("data.a", None)]
    assert texts({"apiVersion": "v1", "kind": "ConfigMap", "data": UNKNOWN}) == [("data", None)]


def test_other_kinds_shapes_and_broken_base64_give_nothing() -> None:
    assert texts({"apiVersion": "v1", "kind": "Service", "data": {"a": "x"}}) == []
    assert texts({"apiVersion": "example.com/v1", "kind": "Secret", "data": {"a": "eA=="}}) == []
    assert texts({"apiVersion": "v1", "kind": "ConfigMap", "data": ["x"], "binaryData": {"a": "?", "b": 1}}) == []
    assert list(texts_of({"apiVersion": "v1", "kind": "Secret", "stringData": {"a": "x"}}, CONFIG_MAP)) == []


def test_a_text_is_named_by_its_key_and_its_object() -> None:
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "App-Armor"}, "data": {"Profile": "x"}}
    (text,) = texts_of(manifest)
    assert is_named_like(manifest, text, ("armor",))
    assert is_named_like(manifest, text, ("profile",))
    assert not is_named_like(manifest, text, ("encrypt",))
