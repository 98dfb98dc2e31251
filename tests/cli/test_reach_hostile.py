"""`reach` on files that nobody means well with: an answer or a refusal in words, soon."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.calling import call
from tests.kube.reach.worlds import Object, by, pod, policy

WEB, DB = pod("shop/web", {"app": "web"}), pod("shop/db", {"app": "db"})
PAIR = ("--from", "shop/web", "--to", "shop/db", "--port", "80")
SECONDS = 30


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


def reaching(*blocks: Object) -> Object:
    """A policy that lets everybody out to some networks only."""
    return policy("shop/p", policyTypes=["Egress"], egress=[{"to": [{"ipBlock": one} for one in blocks]}])


def expressions(count: int) -> list[Object]:
    return [{"key": f"k{number}", "operator": "NotIn", "values": [f"v{number}"]} for number in range(count)]


NUMBERS = [str(number) for number in range(10_000)]
LARGE: dict[str, list[Object]] = {
    "10,000 conditions of one selector": [
        policy("shop/p", podSelector={"matchExpressions": expressions(10_000)}, policyTypes=["Egress"])
    ],
    "10,000 values of one condition": [
        policy(
            "shop/p",
            podSelector={"matchExpressions": [{"key": "app", "operator": "In", "values": ["web", *NUMBERS]}]},
            policyTypes=["Egress"],
        )
    ],
    "10,000 peers with a selector each": [
        policy(
            "shop/p", egress=[{"to": [{"podSelector": by(app=f"a{n}")} for n in range(10_000)]}], policyTypes=["Egress"]
        )
    ],
    "20,000 networks": [reaching(*({"cidr": f"10.{n >> 8 & 255}.{n & 255}.{n >> 16 << 7}/25"} for n in range(20_000)))],
    "20,000 exceptions of one network": [
        reaching({"cidr": "10.0.0.0/8", "except": [f"10.{n >> 8 & 255}.{n & 255}.0/24" for n in range(20_000)]})
    ],
    "networks inside each other": [
        reaching(*({"cidr": f"2001:db8::/{n}", "except": [f"2001:db8::/{n + 1}"]} for n in range(32, 127)))
    ],
    "20,000 ports": [
        policy("shop/p", policyTypes=["Egress"], egress=[{"ports": [{"port": n} for n in range(1, 40_001, 2)]}])
    ],
    "5,000 rules": [
        policy(
            "shop/p",
            policyTypes=["Egress"],
            egress=[{"ports": [{"port": n}], "to": [{"podSelector": by(app=f"a{n}")}]} for n in range(1, 5_001)],
        )
    ],
}


@pytest.mark.thorough
@pytest.mark.timeout(120)
@pytest.mark.parametrize("case", LARGE)
def test_large_policies_are_answered_about(case: str) -> None:
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": [WEB, DB, *LARGE[case]]})
    for options in (PAIR, ("--format", "json"), ()):
        before = time.process_time()
        result = call("reach", "-", *options, stdin=text)
        assert result.exit_code in (0, 1), result.stderr[:500]
        assert time.process_time() - before < SECONDS


BROKEN: dict[str, tuple[str, str]] = {
    "no YAML": ("a: [", "is not YAML"),
    "binary": ("\x00\x01", "holds a control character"),
    "a key twice": (
        yaml.safe_dump(policy("shop/p", podSelector={})) + "kind: NetworkPolicy\n",
        "kind",
    ),
    "nested too deep": (f"kind: NetworkPolicy\nspec: {nested(100_000)}\n", ""),
    "aliases that explode": (
        "a: &a [x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(12)),
        "",
    ),
    "a foreign tag": ("kind: !!python/object/apply:os.system [id]\n", ""),
    "a port that is a list": (yaml.safe_dump(policy("shop/p", ingress=[{"ports": [{"port": [80]}]}])), "port"),
    "a selector that is a text": (
        yaml.safe_dump(policy("shop/p", podSelector="web")),
        "spec.podSelector is not a selector",
    ),
    "an exception outside": (
        yaml.safe_dump(reaching({"cidr": "10.0.0.0/8", "except": ["11.0.0.0/16"]})),
        "spec.egress[0].to[0].ipBlock.except[0] is not a smaller network inside cidr",
    ),
    "a network in another form": (
        yaml.safe_dump(reaching({"cidr": "10.0.0.1/8"})),
        "spec.egress[0].to[0].ipBlock.cidr is not the plain form of 10.0.0.0/8",
    ),
    "a name of no object": (yaml.safe_dump(policy("shop/Deny_All")), "metadata.name is no name of an object"),
}


@pytest.mark.timeout(120)
@pytest.mark.parametrize("case", BROKEN)
def test_what_is_broken_is_named_and_the_rest_is_answered(case: str, tmp_path: Path) -> None:
    text, said = BROKEN[case]
    (tmp_path / "broken.yaml").write_text(text)
    (tmp_path / "good.yaml").write_text(yaml.safe_dump_all([WEB, DB, policy("shop/deny-all", policyTypes=["Egress"])]))
    result = call("reach", str(tmp_path), *PAIR)
    assert result.exit_code == 2, result.stdout
    assert result.stdout.startswith("shop/web -> shop/db TCP/80: denied")
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert len(result.stderr) < 2000


def test_a_network_in_another_form_counts_where_servers_take_it() -> None:
    rule = policy("shop/p", policyTypes=["Egress"], egress=[{"to": [{"ipBlock": {"cidr": "10.0.0.1/8"}}]}])
    text = yaml.safe_dump_all([WEB, DB, rule])
    asked: Any = ("--from", "shop/web", "--to", "10.1.1.1", "--port", "80")
    assert call("reach", "-", *asked, "--kubernetes", "1.35", stdin=text).exit_code == 0
    assert call("reach", "-", *asked, "--kubernetes", "1.36", stdin=text).exit_code == 2


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "there is no namespace"),
        ("/", "there is no namespace"),
        ("shop/", ""),
        ("shop/web/", "there is no pod or workload"),
        ("shop/app=", ""),
        ("shop/=x", "is no list of labels"),
        ("shop/a=b,,", "is no list of labels"),
        ("10.0.0.1/8", "there is no namespace 10.0.0.1"),
        ("999.1.1.1", "there is no namespace"),
        ("fe80::1%eth0", ""),
        ("x" * 100_000, "has 100000 characters, which is no name of a pod"),
        ("shop/" + "y" * 100_000, "has 100005 characters"),
        ("shop/\x1b[2J", "there is no pod or workload"),
    ],
)
def test_any_name_is_answered_or_refused_in_words(name: str, said: str) -> None:
    before = time.process_time()
    result = call("reach", "-", "--from", name, "--to", "shop/db", stdin=yaml.safe_dump_all([WEB, DB]))
    assert time.process_time() - before < SECONDS
    assert result.exit_code == (2 if said else 0), result.stdout + result.stderr[:300]
    assert said in result.stderr
    assert "\x1b" not in result.stderr
    assert len(result.stderr) < 1000


def test_no_files_is_an_error(tmp_path: Path) -> None:
    result = call("reach", str(tmp_path))
    assert result.exit_code == 2
    assert str(tmp_path) in result.stderr
