"""What is written reads back as the same object, to the clients of Kubernetes and to other parsers."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from k8s_hardening.kube.documents import Document, read_documents
from k8s_hardening.kube.yaml_text import _Dumper, as_yaml

KEY = r"[a-zA-Z0-9._/ -]{1,63}"
TRICKY = [
    "yes", "No", "on", "y", "n", "~", "null", "", "1", "0777", "0o17", "0x1F", "1e3", "1_000", "1:30", ".5", "+1", "-",
    "2026-11-24", "2026-11-24T10:00:00Z", "<<", "=", "*a", "&a", "!x", "- a", "a: b", "a #b", "#a", "@a", "`a`", "%a",
    "{a}", "[a]", "'a'", '"a"', "a\nb\n", "\n", "a\n\n", " a", "a ", "\ta", "a\tb", "a:", "---", "...", "NaN", ".nan",
    "\x1b", "\u2028", "\x85", "ü", "\U0001f600", "a\r\nb", "v1.36", "100m", "\ufeff", "/**", "true", "False", "a\n b\n",
]  # fmt: skip


def read_back(text: str) -> list[Any]:
    return [
        document.value if isinstance(document, Document) else document
        for document in read_documents(text.encode(), "x")
    ]


@pytest.mark.parametrize("text", TRICKY)
def test_a_tricky_text_stays_that_text_as_key_and_value(text: str) -> None:
    value = {"kind": text, f"k{text}": [text], "nested": {text: text}}
    written = as_yaml(value)
    assert read_back(written) == [value]
    assert list(yaml.safe_load_all(written)) == [value]


@settings(max_examples=200, deadline=None)
@given(value=st.dictionaries(st.text(st.characters(codec="utf-8")), st.text() | st.integers(-9, 9) | st.booleans()))
def test_any_object_is_read_back(value: dict[str, Any]) -> None:
    value = {"kind": "A", **{key: item for key, item in value.items() if not isinstance(item, str) or is_unicode(item)}}
    assert read_back(as_yaml(value)) == [value]


def is_unicode(text: str) -> bool:
    return not any(0xD800 <= ord(one) < 0xE000 for one in text)


class Plain(yaml.SafeDumper):
    """The dumper that is used where PyYAML has no libyaml."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


Plain.yaml_representers = {**Plain.yaml_representers, str: _Dumper.yaml_representers[str]}


@pytest.mark.thorough
@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(TRICKY),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.from_regex(KEY, fullmatch=True), inner),
    ).map(lambda inner: {"kind": "A", "spec": inner})
)
def test_with_and_without_libyaml_the_text_is_the_same(value: dict[str, Any]) -> None:
    assert as_yaml(value) == yaml.dump(value, Dumper=Plain, sort_keys=False, default_flow_style=False, width=2**20)


def test_the_text_is_readable() -> None:
    shared = {"app": "api"}
    written = as_yaml(
        {"kind": "A", "metadata": {"labels": shared}, "spec": {"labels": shared, "cpu": "2", "ports": [1]}}
    )
    assert written == (
        'kind: A\nmetadata:\n  labels:\n    app: api\nspec:\n  labels:\n    app: api\n  cpu: "2"\n  ports:\n  - 1\n'
    )


def test_several_lines_are_written_as_several_lines() -> None:
    assert as_yaml({"data": {"a.conf": "x = 1\ny = 2\n"}}) == "data:\n  a.conf: |\n    x = 1\n    y = 2\n"
