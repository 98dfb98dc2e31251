"""The control of EncryptionConfigurations beyond its fixtures: cheap on large objects, told in words that help."""

from __future__ import annotations

import time
from typing import Any

import pytest

from k8s_hardening.controls.encryption_configuration import check
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.knowledge import Knowledge

KMS = {"kms": {"apiVersion": "v2", "name": "vault", "endpoint": "unix:///run/kms/socket.sock"}}


def found(*entries: dict[str, Any], minor: int = 36, **more: Any) -> list[tuple[str, str]]:
    manifest = {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "EncryptionConfiguration", "resources": [*entries]}
    return [(one.path, one.message) for one in check({**manifest, **more}, Knowledge(kubernetes=KubeVersion(1, minor)))]


def test_many_names_are_judged_in_no_time() -> None:
    names = ["secrets", *(f"widgets.g{number}.example.com" for number in range(2_000))]
    entries = [{"resources": names, "providers": [KMS]}, {"resources": names, "providers": [KMS]}]
    started = time.process_time()
    assert len(found(*entries)) == len(names) + 2  # each of the second entry, and the plug-in's name twice
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["secrets", "Widgets.example.com"], "has capital letters"),
        (["secrets", "configmap"], "is no resource of the core group"),
        (["*.", "secrets"], "included in a wildcard of the same entry"),
    ],
)
def test_the_order_of_names_in_an_entry_does_not_matter(names: list[str], words: str) -> None:
    forwards = found({"resources": names, "providers": [KMS]})
    backwards = found({"resources": names[::-1], "providers": [KMS]})
    assert len(forwards) == len(backwards) == 1
    assert words in forwards[0][1]
    assert words in backwards[0][1]


def test_the_old_form_comes_with_its_translation() -> None:
    [(path, message)] = found({"resources": ["secrets"], "providers": [KMS]}, kind="EncryptionConfig", apiVersion="v1")
    assert path == "kind"
    assert "apiVersion apiserver.config.k8s.io/v1 and kind EncryptionConfiguration" in message
    assert "k8s-hardening encryption translate" in message


def test_a_placeholder_is_no_key_and_what_only_looks_like_one_is() -> None:
    def of(secret: str) -> list[tuple[str, str]]:
        keys = [{"name": "key-1", "secret": secret}]
        return found({"resources": ["secrets"], "providers": [{"secretbox": {"keys": keys}}]})

    assert of("@key-1@") == []
    for secret in ("@key-1", "@key-1@x", "@@", "@KEY@", "@key-1@\n"):
        assert len(of(secret)) == 1, secret


@pytest.mark.parametrize("minor", [18, 25, 26, 27, 37])
def test_custom_resources_count_from_1_26_on(minor: int) -> None:
    kms = {"kms": {key: value for key, value in KMS["kms"].items() if key != "apiVersion" or minor >= 27}}
    names = [path for path, _ in found({"resources": ["secrets", "widgets.example.com"], "providers": [kms]},
                                       minor=minor)]  # fmt: skip
    assert names == ([] if minor >= 26 else ["resources[0].resources[1]"])
