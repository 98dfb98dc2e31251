"""`k8s-hardening apparmor verify`: what it says of manifests and of answers, in every format, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.builders import container, pod
from tests.cli.calling import call

WEB = "k8s-hardening-web-0123456789"
COMMAND = "kubectl exec -n payments-api app -c app -- cat /proc/1/attr/current"
TAG = "payments-api/pod/app/app"


def confined(profile: str = WEB, name: str = "app") -> dict[str, Any]:
    return container(name, securityContext={"appArmorProfile": {"type": "Localhost", "localhostProfile": profile}})


@pytest.fixture
def pods(tmp_path: Path) -> str:
    path = tmp_path / "pods.json"
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [pod(containers=[confined()])]}))
    return str(path)


def answers(text: str) -> str:
    return f"apparmor\t{TAG}\t0\t{text}\n"


def test_the_text_has_the_command_and_the_answer_that_is_right(pods: str) -> None:
    result = call("apparmor", "verify", pods)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "payments-api/pod/app container app",
        f"  {COMMAND}",
        f"  expected: {WEB} (enforce)",
        "",
        "Containers: 1 to ask, 0 cannot be asked, 0 name no profile.",
    ]


def test_json_is_for_programs(pods: str) -> None:
    data = json.loads(call("apparmor", "verify", "--format", "json", pods).stdout)
    assert data == {
        "checks": [
            {
                "namespace": "payments-api",
                "kind": "Pod",
                "name": "app",
                "container": "app",
                "command": COMMAND.split(),
                "expected": [f"{WEB} (enforce)"],
                "notes": [],
            }
        ],
        "withoutProfile": 0,
        "errors": [],
    }


def test_the_script_holds_the_commands_and_names_what_it_leaves_out(tmp_path: Path) -> None:
    path = tmp_path / "pod.yaml"
    path.write_text(yaml.safe_dump(pod(containers=[confined()], initContainers=[confined(name="init")])))
    result = call("apparmor", "verify", "--format", "sh", str(path))
    assert result.stdout.startswith("#!/bin/sh\n")
    assert f"ask {TAG} {COMMAND.removeprefix('kubectl exec ')}\n" in result.stdout
    assert "init container has ended" in result.stderr
    assert "/init" not in result.stdout


@pytest.mark.parametrize(
    ("answer", "verdict", "status"),
    [
        (f"{WEB} (enforce)", "ok", 0),
        (f"{WEB} (complain)", "complain", 1),
        ("unconfined", "unconfined", 1),
        ("docker-default (enforce)", "wrong-profile", 1),
        ("\x1b[31mhello", "unreadable", 1),
    ],
)
def test_answers_are_judged(pods: str, answer: str, verdict: str, status: int) -> None:
    result = call("apparmor", "verify", "--judge", "-", pods, stdin=answers(answer))
    assert result.exit_code == status
    assert result.stdout.startswith(f"{verdict}: payments-api/pod/app container app\n")
    assert "\x1b" not in result.stdout
    data = json.loads(
        call("apparmor", "verify", "--judge", "-", "--format", "json", pods, stdin=answers(answer)).stdout
    )
    assert (data["checks"][0]["verdict"], data["checks"][0]["answer"]) == (verdict, answer)


def test_a_missing_answer_is_no_good_one(pods: str, tmp_path: Path) -> None:
    empty = tmp_path / "answers"
    empty.write_text("something else\n")
    result = call("apparmor", "verify", "--judge", str(empty), pods)
    assert result.exit_code == 1
    assert "missing: payments-api/pod/app container app" in result.stdout
    assert f"ask it:   {COMMAND}" in result.stdout


def test_where_nothing_can_be_asked_nothing_is_right(tmp_path: Path) -> None:
    path = tmp_path / "pod.yaml"
    path.write_text(yaml.safe_dump(pod()))
    result = call("apparmor", "verify", "--judge", "-", str(path), stdin=answers("unconfined"))
    assert result.exit_code == 2
    assert "no container that can be asked" in result.stderr


def test_an_environment_gives_the_names(tmp_path: Path) -> None:
    path = tmp_path / "pod.yaml"
    path.write_text(yaml.safe_dump(pod(containers=[confined("web")])))
    result = call("apparmor", "verify", "--stack", "dev", str(path))
    assert "expected: k8s-hardening-web-" in result.stdout
    assert "expected: web (enforce)" in call("apparmor", "verify", str(path)).stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--judge", "-", "-"), "cannot be both"),
        (("--judge", "-", "--format", "sh", "x.yaml"), "no script"),
        (("no-such-file.yaml",), "cannot be read"),
        (("--judge", "no-such-file", "-"), "cannot be read"),
        (("--stack", "nowhere", "-"), "does not exist"),
    ],
)
def test_bad_input_ends_with_2_and_says_why(arguments: tuple[str, ...], said: str) -> None:
    result = call("apparmor", "verify", *arguments, stdin=yaml.safe_dump(pod()))
    assert result.exit_code == 2
    assert said in result.stderr


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xfe\x00", b"{]", b"a: [", b"kind: Pod", b"- 1\n- 2", b"kind: List\nitems: 3"]
)
def test_any_input_is_answered(data: bytes) -> None:
    for options in ((), ("--format", "json"), ("--format", "sh")):
        assert call("apparmor", "verify", *options, "-", stdin=data).exit_code in (0, 2)


def test_answers_that_cannot_be_read_are_all_that_is_told(pods: str) -> None:
    result = call("apparmor", "verify", "--judge", "no-such-file", pods)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr == "error: no-such-file: cannot be read: No such file or directory\n"
    data = json.loads(call("apparmor", "verify", "--judge", "no-such-file", "--format", "json", pods).stdout)
    assert [one["container"] for one in data["checks"] if "verdict" not in one] == ["app"]
    assert len(data["errors"]) == 1
