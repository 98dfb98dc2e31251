from __future__ import annotations

import base64
from typing import Any

import pytest

from k8s_hardening.kube.embedded import ConfigurationKind, EmbeddedFile, embedded_files
from k8s_hardening.kube.manifest import UNKNOWN

POLICY = ConfigurationKind("audit.k8s.io", "Policy", ("audit",))
TEXT = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: []\n"
CONTENT = {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": []}


def found(manifest: dict[str, Any]) -> list[EmbeddedFile]:
    return list(embedded_files(manifest, POLICY))


def config_map(name: str = "settings", **data: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def test_an_object_of_the_kind_is_the_file() -> None:
    [file] = found(CONTENT)
    assert (file.path, file.content, file.at("rules")) == ("", CONTENT, "rules")
    assert not found({**CONTENT, "apiVersion": "kyverno.io/v1"})
    assert not found({**CONTENT, "kind": "Event"})


def test_a_text_that_is_one_is_found_under_its_key() -> None:
    [file] = found(config_map(policy=TEXT, other="kind: Policy of audit.k8s.io"))
    assert (file.path, file.content, file.at("rules[0]")) == ("data.policy", CONTENT, "data.policy.rules[0]")


def test_several_in_one_text_are_counted() -> None:
    text = f"{TEXT}---\napiVersion: v1\nkind: List\n---\n{TEXT}"
    assert [file.path for file in found(config_map(policy=text))] == ["data.policy[0]", "data.policy[1]"]


def test_a_text_in_base64_is_read() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "data": {"p": base64.b64encode(TEXT.encode()).decode()}}
    assert [file.content for file in found(secret)] == [CONTENT]


@pytest.mark.parametrize(
    "text", ["{audit.k8s.io Policy", "audit.k8s.io: Policy", "- audit.k8s.io\n- Policy", "a: !!Policy audit.k8s.io"]
)
def test_what_no_server_could_read_is_no_file(text: str) -> None:
    assert not found(config_map(policy=text))


def test_a_text_that_is_not_known_counts_when_its_name_says_so() -> None:
    assert [file.content for file in found(config_map("audit", policy=UNKNOWN))] == [UNKNOWN]
    assert [file.content for file in found(config_map(audit_policy=UNKNOWN))] == [UNKNOWN]
    assert not found(config_map(policy=UNKNOWN))


def test_what_would_take_long_to_judge_is_not_read() -> None:
    assert [file.content for file in found(config_map(policy=TEXT + "#" * 70_000))] == [None]
    many = {**CONTENT, "rules": [{"level": "None"}] * 6_000}
    assert [file.content for file in found(many)] == [None]
    aliases = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdef", "bcdefg", strict=True)
    )
    assert [file.content for file in found(config_map(policy=TEXT + aliases))] == [None]


def test_a_file_that_holds_itself_is_not_read() -> None:
    assert [file.content for file in found(config_map(policy=TEXT.replace("[]", "&r [*r]")))] == [None]
