"""What the finding about AppArmor text says: the line, the culprit, and why it matters."""

from __future__ import annotations

import time

from k8s_hardening.controls.apparmor_profile_text import check
from k8s_hardening.kube.manifest import UNKNOWN
from k8s_hardening.model.knowledge import Knowledge


def found(text: object, name: str = "profiles", key: str = "deny-write") -> list[str]:
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {key: text}}
    return [finding.found for finding in check(manifest, Knowledge())]


def test_each_line_is_named_with_its_culprit() -> None:
    text = "profile deny\\_write flags=(attach\\_disconnected) {\n  file,\n  deny /\\*\\* w,\n}\n"
    (message,) = found(text)
    assert message == (
        "a profile with stray backslashes: "
        "line 1: deny\\_write stays in the name that the kernel knows; "
        "line 1: flags=(attach\\_disconnected) is refused by apparmor_parser; "
        "line 3: /\\*\\* matches only the character itself"
    )


def test_many_lines_are_counted_and_long_culprits_cut() -> None:
    (text,) = found("profile x {\n" + "  deny /\\*\\* w,\n" * 9 + "}\n")
    assert text.endswith("(and 6 more)")
    (text,) = found("profile x {\n  \\" + "é" * 500 + "\n}\n")
    assert len(text) < 200
    assert text.isascii()


def test_an_unknown_text_counts_when_it_is_named_after_apparmor() -> None:
    assert found(UNKNOWN, name="apparmor-profiles") == ["not known until apply"]
    assert found(UNKNOWN) == []


def test_long_lines_are_cheap() -> None:
    started = time.perf_counter()
    assert found("profile " + "x\\" * 300_000) == []
    assert found("profile x {\n" + "#" * 300_000 + "\\\n}\n") == []
    assert time.perf_counter() - started < 1
