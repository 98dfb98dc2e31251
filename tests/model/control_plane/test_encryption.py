"""What a baseline may say of encryption, and with which words the rest is refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from k8s_hardening.kube.version import NEWEST, OLDEST, KubeVersion
from k8s_hardening.model.control_plane.encryption import EncryptionSpec
from k8s_hardening.model.dialect import Dialect

KEY = {"secretbox": {"keys": [{"name": "key-1"}]}}
KMS = {"kms": {"name": "vault", "endpoint": "unix:///run/kms/vault.sock"}}


def group(*providers: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"resources": ["secrets"], "providers": list(providers or (KEY,)), **more}


def read(*groups: dict[str, Any], **more: Any) -> EncryptionSpec:
    return EncryptionSpec.model_validate({"groups": list(groups), **more})


def problems(spec: EncryptionSpec, version: str = "1.37", dialect: Dialect = Dialect.KUBEADM) -> list[tuple[Any, str]]:
    return [(loc, text) for loc, _, text in spec.problems(KubeVersion.parse(version), dialect)]


def test_left_out_it_encrypts_secrets_and_config_maps_in_every_version() -> None:
    [one] = EncryptionSpec().groups
    assert one.resources == ("secrets", "configmaps")
    assert [provider.kind for provider in one.providers] == ["secretbox"]
    assert not one.reads_plain_text_while_migrating
    for minor in range(OLDEST.minor, NEWEST.minor + 1):
        assert list(EncryptionSpec().problems(KubeVersion(1, minor), Dialect.KUBEADM)) == []


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"groups": []}, "is empty"),
        ({"groups": [group(resources=[])]}, "is empty"),
        ({"groups": [{"providers": []}]}, "is empty"),
        ({"groups": [group({"secretbox": {"keys": []}})]}, "is empty"),
        ({"groups": [group({})]}, "names not exactly one of kms, secretbox, aescbc, aesgcm"),
        ({"groups": [group({**KEY, **KMS})]}, "names not exactly one of"),
        ({"groups": [group(KEY, {"identity": {}})]}, "set reads_plain_text_while_migrating of the group"),
        ({"groups": [group({"identity": {}})]}, "which writes plain text"),
        ({"groups": [group({"aesgcm": {"keys": [{"name": "a"}]}})]}, "a nonce that repeats"),
        ({"groups": [group({"secretbox": {"keys": [{"name": "a:b"}]}})]}, "is not the name of a key"),
        ({"groups": [group({"secretbox": {"keys": [{"name": "$(id)"}]}})]}, "is not the name of a key"),
        ({"groups": [group({"secretbox": {"keys": [{"name": "a", "secret": "x"}]}})]}, "Extra inputs"),
        ({"groups": [group({"secretbox": {"keys": [{"name": "a", "node_file": "a"}]}})]}, "is not an absolute path"),
        ({"groups": [group({"secretbox": {"keys": [{"name": "a", "node_file": "/a/../b"}]}})]}, "not an absolute path"),
        (
            {"groups": [group({"secretbox": {"keys": [{"name": "a", "node_file": "/a/$(id)"}]}})]},
            "not an absolute path",
        ),
        ({"groups": [group({"secretbox": {"keys": [{"name": "a"}, {"name": "a"}]}})]}, 'the name "a" to two keys'),
        ({"groups": [group(KEY, KEY)]}, 'the name "key-1" to two keys'),
        (
            {"groups": [group(KEY), group({"aescbc": KEY["secretbox"]}, resources=["configmaps"])]},
            'uses the key "key-1" with secretbox and with aescbc',
        ),
        (
            {
                "groups": [
                    group(KEY),
                    group(
                        {"secretbox": {"keys": [{"name": "key-1", "node_file": "/etc/k/a"}]}}, resources=["configmaps"]
                    ),
                ]
            },
            'names two files for the key "key-1"',
        ),
        (
            {"groups": [group({"secretbox": {"keys": [{"name": n, "node_file": "/etc/k/a"} for n in ("a", "b")]}})]},
            'names one file for the keys "a" and "b"',
        ),
        ({"groups": [group(KMS), group(KMS, resources=["configmaps"])]}, 'the name "vault" to two keys'),
        ({"groups": [group(resources=["secret"])]}, "is no resource of the core group"),
        ({"groups": [group(resources=["Secrets"])]}, "has capital letters"),
        ({"groups": [group(resources=["*"])]}, "names no resource"),
        ({"groups": [group(resources=["widgets.*"])]}, "spans groups"),
        ({"groups": [group(resources=["serviceipallocations"])]}, "has no API"),
        ({"groups": [group(resources=["events.events.k8s.io"])]}, "is kept in the core group"),
        ({"groups": [group(resources=["ingresses.extensions"])]}, "is a group that is gone"),
        ({"groups": [group(resources=["deployments"])]}, "write the plural name with its group"),
        ({"groups": [group(resources=["secrets", "secrets"])]}, "names it twice"),
        ({"groups": [group(resources=["secrets", "*."])]}, "names it together with *., which includes it"),
        ({"groups": [group(resources=["*.*"]), group()]}, '"secrets" in groups[1], where "*.*" in groups[0]'),
        ({"groups": [group(), group()]}, '"secrets" in groups[1], where "secrets" in groups[0]'),
        ({"inline_keys_from_config": "a b"}, "is not a key of the configuration"),
        ({"groups": [group(KMS)], "inline_keys_from_config": "keys"}, "no provider has a key"),
        (
            {
                "groups": [group({"secretbox": {"keys": [{"name": "a", "node_file": "/etc/k/a"}]}})],
                "inline_keys_from_config": "keys",
            },
            "both inline_keys_from_config and a key with a node_file",
        ),
    ],
)
def test_what_no_server_should_get_is_refused(data: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        EncryptionSpec.model_validate(data)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        ("https://kms.example.com", "is not a unix socket"),
        ("unix:///run/../etc/x", "is not a unix socket"),
        ("unix://@abstract", "is not a unix socket"),
        ("unix:///run/kms.sock", "is not in a folder of its own"),
        ("unix:///var/run/kms.sock", "is not in a folder of its own"),
        ("unix:///kms.sock", "is not in a folder of its own"),
    ],
)
def test_a_plug_in_listens_on_a_socket_in_a_folder_of_its_own(endpoint: str, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        read(group({"kms": {"name": "vault", "endpoint": endpoint}}))


@pytest.mark.parametrize("timeout", ["0s", "3", "-1s", "3m", "three"])
def test_a_plug_in_has_some_time(timeout: str) -> None:
    with pytest.raises(ValidationError, match="is not a duration above zero"):
        read(group({"kms": {**KMS["kms"], "timeout": timeout}}))


@pytest.mark.parametrize(
    ("api_version", "version", "words"),
    [
        ("v2", "1.24", "is not on before 1.27"),
        ("v2", "1.26", "is not on before 1.27"),
        ("v2", "1.27", None),
        ("v2", "1.37", None),
        ("v1", "1.18", None),
        ("v1", "1.28", None),
        ("v1", "1.29", 'is switched off from 1.29 on; for example "v2"'),
        ("v1", "1.37", "is switched off from 1.29 on"),
    ],
)
def test_a_plug_in_speaks_what_the_servers_speak(api_version: str, version: str, words: str | None) -> None:
    found = problems(read(group({"kms": {**KMS["kms"], "api_version": api_version}})), version)
    if words is None:
        assert found == []
    else:
        [(loc, text)] = found
        assert loc == ("groups", 0, "providers", 0, "kms", "api_version")
        assert words in text


@pytest.mark.parametrize(
    ("name", "last_refused"), [("*.apps", "1.26"), ("*.*", "1.26"), ("widgets.example.com", "1.25")]
)
def test_names_wait_for_the_version_that_heeds_them(name: str, last_refused: str) -> None:
    spec = read(group(), group(resources=[name]))
    [(loc, text)] = problems(spec, last_refused)
    assert loc == ("groups", 1, "resources", 0)
    assert "encrypt nothing" in text
    first_allowed = KubeVersion(1, KubeVersion.parse(last_refused).minor + 1)
    assert problems(spec, str(first_allowed)) == []


def test_the_secrets_are_never_left_out() -> None:
    found = read(group(resources=["configmaps"])).problems(NEWEST, Dialect.KUBEADM)
    text = 'leaves out the Secrets; for example [{resources: ["secrets", "configmaps"]}]'
    assert list(found) == [(("groups",), [{"resources": ["configmaps"]}], text)]
    assert problems(read(group(resources=["*."]))) == []
    assert [loc for loc, _ in problems(read(group(resources=["*."])), "1.26")] == [
        ("groups", 0, "resources", 0),
        ("groups",),
    ]


def test_a_managed_control_plane_takes_no_configuration_but_its_absence() -> None:
    assert problems(EncryptionSpec(), dialect=Dialect.MANAGED) == []
    [(loc, text)] = problems(read(group()), dialect=Dialect.MANAGED)
    assert loc == ()
    assert "a managed control plane takes no EncryptionConfiguration" in text


def test_a_key_may_serve_several_groups_and_is_counted_once() -> None:
    spec = read(group(), group(resources=["configmaps"]))
    assert [key.name for key in spec.node_keys()] == ["key-1"]
