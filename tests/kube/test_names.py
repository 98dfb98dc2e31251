"""Names and labels are taken and refused as the API server takes and refuses them.

The tables are those of k8s.io/apimachinery v0.37.2, pkg/api/validate/content: dns_test.go and kube_test.go.
"""

# ruff: noqa: SIM905 - a table of short words is read faster without quotes

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8s_hardening.kube.names import (
    is_dns1123_label,
    is_dns1123_subdomain,
    is_label_key,
    is_label_value,
    suggest_dns1123_label,
)

LABELS = "a ab abc a1 a-1 a--1--2--b 0 01 012 1a 1-a 1--a--b--2".split()
NO_LABELS = [
    *"A ABC aBc A1 A-1 1-A - a- -a 1- -1 _ a_ _a a_b 1_ _1 1_2 . a. .a 1. .1".split(),
    "", " ", "a ", " a", "a b", "1 ", " 1", "1 2",
]  # fmt: skip
SUBDOMAINS = """
a.a ab.a abc.a a1.a a-1.a a--1--2--b.a a.1 ab.1 abc.1 a1.1 a-1.1 a--1--2--b.1 0.a 01.a 012.a 1a.a 1-a.a 0.1 01.1 012.1
1a.1 1-a.1 1--a--b--2.1 a.b.c.d.e aa.bb.cc.dd.ee 1.2.3.4.5 11.22.33.44.55
""".split()
NO_SUBDOMAINS = """
a..b 1..2 A.a aB.a ab.A A1.a a1.A A.1 aB.1 A1.1 1A.1 0.A 01.A 012.A 1A.a 1a.A A.B.C.D.E AA.BB.CC.DD.EE a.B.c.d.e
aa.bB.cc.dd.ee a@b a,b a_b a;b a:b a%b a?b a$b
""".split()
KEYS = [
    *"simple now-with-dashes 1-starts-with-num 1234 simple/simple now-with-dashes/simple".split(),
    *"now-with-dashes/now-with-dashes now.with.dots/simple now-with.dashes-and.dots/simple 1-num.2-num/3-num".split(),
    *"1234/5678 1.2.3.4/5678 Uppercase_Is_OK_123 example.com/Uppercase_Is_OK_123 requests.storage-foo".split(),
    "a" * 63,
    "a" * 253 + "/" + "b" * 63,
]
NO_KEYS = [
    *"nospecialchars%^=@ cantendwithadash- -cantstartwithadash- only/one/slash Example.com/abc example_com/abc".split(),
    *"example.com/ /simple".split(),
    "a" * 64,
    "a" * 254 + "/abc",
]
VALUES = [*"simple now-with-dashes 1-starts-with-num end-with-num-1 1234".split(), "a" * 63, ""]
NO_VALUES = [
    *"nospecialchars%^=@ Tama-nui-te-rā.is.Māori.sun \\backslashes\\are\\bad -starts-with-dash ends-with-dash-".split(),
    *".starts.with.dot ends.with.dot.".split(),
    "a" * 64,
]


@pytest.mark.parametrize("text", [*LABELS, "a" * 63])
def test_labels(text: str) -> None:
    assert is_dns1123_label(text)


@pytest.mark.parametrize("text", [*NO_LABELS, "a.b", "1.2", "a" * 64, "a\n", "ä"])
def test_no_labels(text: str) -> None:
    assert not is_dns1123_label(text)


@pytest.mark.parametrize("text", [*LABELS, *SUBDOMAINS, "a" * 253])
def test_subdomains(text: str) -> None:
    assert is_dns1123_subdomain(text)


@pytest.mark.parametrize("text", [*NO_LABELS, *NO_SUBDOMAINS, "a" * 254, "a.b\n"])
def test_no_subdomains(text: str) -> None:
    assert not is_dns1123_subdomain(text)


@pytest.mark.parametrize("text", KEYS)
def test_label_keys(text: str) -> None:
    assert is_label_key(text)


@pytest.mark.parametrize("text", [*NO_KEYS, "", "a\n"])
def test_no_label_keys(text: str) -> None:
    assert not is_label_key(text)


@pytest.mark.parametrize("text", VALUES)
def test_label_values(text: str) -> None:
    assert is_label_value(text)


@pytest.mark.parametrize("text", [*NO_VALUES, "a\n"])
def test_no_label_values(text: str) -> None:
    assert not is_label_value(text)


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [("Team_A", "team-a"), ("payments.db", "payments-db"), ("--x--", "x"), ("", "team-a"), ("ÄÖ", "team-a")],
)
def test_suggestions(text: str, suggestion: str) -> None:
    assert suggest_dns1123_label(text) == suggestion


@given(text=st.text(max_size=100))
def test_every_suggestion_is_a_label_and_a_label_suggests_itself(text: str) -> None:
    suggestion = suggest_dns1123_label(text)
    assert is_dns1123_label(suggestion)
    assert not is_dns1123_label(text) or suggestion == text
