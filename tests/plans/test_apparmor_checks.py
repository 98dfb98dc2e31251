"""Asking containers for their AppArmor profile: which command for which container, and what an answer is worth."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from k8s_hardening.plans.apparmor_checks import (
    RUNTIME_PROFILES,
    Check,
    Expectations,
    Verdict,
    answers_of,
    checks_of,
    judged,
    script,
)
from tests.builders import KINDS_AROUND_A_POD, container, pod, wrap_pod
from tests.controls.test_odd_shapes import with_odd_values

WEB = "k8s-hardening-web-0123456789"
FORMER = "k8s-hardening-web-ffffffffff"
PREFIX = "container.apparmor.security.beta.kubernetes.io/"


def localhost(name: str) -> dict[str, Any]:
    return {"appArmorProfile": {"type": "Localhost", "localhostProfile": name}}


def confined(name: str = "app", profile: str = WEB, **changes: Any) -> dict[str, Any]:
    return container(name, securityContext=localhost(profile), **changes)


def only(manifest: dict[str, Any], known: Expectations | None = None) -> Check:
    (check,), _ = checks_of([manifest], known or Expectations())
    return check


def test_a_pod_is_asked_by_its_name() -> None:
    check = only(pod(containers=[confined()]))
    assert " ".join(check.command) == "kubectl exec -n payments-api app -c app -- cat /proc/1/attr/current"
    assert check.expected == (f"{WEB} (enforce)",)
    assert check.notes == ()


def test_a_namespace_that_a_manifest_leaves_out_is_left_to_kubectl() -> None:
    made = pod(containers=[confined()])
    del made["metadata"]["namespace"]
    assert " ".join(only(made).command) == "kubectl exec app -c app -- cat /proc/1/attr/current"


@pytest.mark.parametrize("kind", KINDS_AROUND_A_POD)
def test_a_workload_is_asked_by_what_kubectl_knows(kind: str) -> None:
    check = only(wrap_pod(pod(containers=[confined()]), kind)[0])
    if kind in ("CronJob", "PodTemplate", "Rollout"):
        assert check.command == ()
        assert "pods have names of their own" in check.notes[0]
    else:
        assert check.command[4] == f"{kind.lower()}/app"
        assert "asks one of its pods" in check.notes[0]


def test_the_runtimes_default_has_the_names_of_the_runtimes() -> None:
    made = pod(containers=[container(securityContext={"appArmorProfile": {"type": "RuntimeDefault"}})])
    assert only(made).expected == tuple(f"{name} (enforce)" for name in RUNTIME_PROFILES)
    own = Expectations(runtime_defaults=("crio-default-1.20.0",))
    assert only(made, own).expected == ("crio-default-1.20.0 (enforce)",)


def test_the_annotation_and_the_pods_field_count_as_the_kubelet_takes_them() -> None:
    made = pod(containers=[confined(), container("second"), container("third")])
    made["spec"]["securityContext"].update(localhost("of-the-pod"))
    made["metadata"]["annotations"] = {f"{PREFIX}{name}": f"localhost/{name}-annotated" for name in ("app", "second")}
    checks, _ = checks_of([made], Expectations())
    assert [check.expected[0] for check in checks] == [
        f"{WEB} (enforce)",
        "second-annotated (enforce)",
        "of-the-pod (enforce)",
    ]


def test_a_container_without_a_profile_is_counted() -> None:
    unconfined = container("open", securityContext={"appArmorProfile": {"type": "Unconfined"}})
    checks, without = checks_of([pod(containers=[container(), unconfined, confined("b")])], Expectations())
    assert [check.container for check in checks] == ["b"]
    assert without == 2


@pytest.mark.parametrize("field", ["shareProcessNamespace", "hostPID"])
def test_where_process_1_is_another_one_the_reader_is_asked(field: str) -> None:
    check = only(pod(containers=[confined()], **{field: True}))
    assert check.command[-1] == "/proc/self/attr/current"
    assert field in check.notes[0]
    assert only(pod(containers=[confined()], **{field: False})).command[-1] == "/proc/1/attr/current"


def test_what_has_ended_cannot_be_asked() -> None:
    init = only(pod(containers=[container()], initContainers=[confined("init")]))
    assert init.command == ()
    assert "init container" in init.notes[0]
    sidecar = only(pod(containers=[container()], initContainers=[confined("proxy", restartPolicy="Always")]))
    assert sidecar.command
    over = only({**pod(containers=[confined()]), "status": {"phase": "Succeeded"}})
    assert over.command == ()


@pytest.mark.parametrize("name", ["-rf", "a b", "$(id)", "a;b", "A", "", "a/b", "a\nb", "x" * 300])
def test_a_name_that_no_server_takes_never_reaches_a_shell(name: str) -> None:
    places: list[tuple[str | int, ...]] = [("metadata", "name"), ("metadata", "namespace")]
    for steps in (*places, ("spec", "containers", 0, "name")):
        made = pod(containers=[confined()])
        holder: Any = made
        for step in steps[:-1]:
            holder = holder[step]
        holder[steps[-1]] = name
        check = only(made)
        if name or steps[-1] != "namespace":
            assert check.command == ()
            assert script([check]) == script([])


def test_an_environment_knows_its_own_names() -> None:
    known = Expectations(profiles={"web": WEB})
    friendly = only(pod(containers=[confined(profile="web")]), known)
    assert friendly.expected == (f"{WEB} (enforce)",)
    assert WEB in friendly.notes[0]
    former = only(pod(containers=[confined(profile=FORMER)]), known)
    assert former.expected == (f"{FORMER} (enforce)",)
    assert "former text" in former.notes[0]
    complaining = Expectations(profiles={"web": WEB}, complaining=frozenset({WEB}))
    assert only(pod(containers=[confined()]), complaining).expected == (f"{WEB} (complain)",)


@pytest.mark.parametrize(
    ("status", "answer", "verdict"),
    [
        ("0", f"{WEB} (enforce)", Verdict.OK),
        ("0", f"{WEB} (enforce) \0", Verdict.OK),
        ("0", f"{WEB} (kill)", Verdict.OK),
        ("0", f"{WEB} (complain)", Verdict.COMPLAIN),
        ("0", f"{WEB} (unconfined)", Verdict.UNCONFINED),
        ("0", "unconfined", Verdict.UNCONFINED),
        ("0", f"{FORMER} (enforce)", Verdict.WRONG_PROFILE),
        ("0", f"{FORMER} (complain)", Verdict.WRONG_PROFILE),
        ("0", f"docker-default//&{WEB} (enforce)", Verdict.WRONG_PROFILE),
        ("0", "cri-containerd.apparmor.d (enforce)", Verdict.WRONG_PROFILE),
        ("0", WEB, Verdict.UNREADABLE),
        ("0", "", Verdict.UNREADABLE),
        ("0", "system_u:system_r:container_t:s0", Verdict.UNREADABLE),
        ("1", f"{WEB} (enforce)", Verdict.UNREADABLE),
        ("127", "", Verdict.UNREADABLE),
        ("x", f"{WEB} (enforce)", Verdict.UNREADABLE),
    ],
)
def test_an_answer_is_judged(status: str, answer: str, verdict: Verdict) -> None:
    check = only(pod(containers=[confined()]))
    answers = answers_of(f"noise\napparmor\t{check.tag}\t{status}\t{answer}\n")
    assert judged(check, answers) == (verdict, answer)


def test_no_answer_is_none_and_of_two_the_wrong_one_counts() -> None:
    check = only(pod(containers=[confined()]))
    good, bad = (f"apparmor\t{check.tag}\t0\t{text}\n" for text in (f"{WEB} (enforce)", "unconfined"))
    assert judged(check, answers_of("")) == (Verdict.MISSING, "")
    assert judged(check, answers_of(good.replace("payments-api", "other")))[0] is Verdict.MISSING
    for text in (good + bad, bad + good):
        assert judged(check, answers_of(text))[0] is Verdict.UNCONFINED


KUBECTL = """#!/bin/sh
case "$*" in
*"-c app "*) cat "$DATA" ;;
*) echo "error: no such container" >&2; exit 1 ;;
esac
"""


def test_the_script_asks_all_and_its_lines_can_be_judged(tmp_path: Path) -> None:
    fake = tmp_path / "kubectl"
    fake.write_text(KUBECTL)
    fake.chmod(0o755)
    answer = tmp_path / "answer"
    answer.write_bytes(f"{WEB} (enforce)\n\0".encode())
    checks, _ = checks_of([pod(containers=[confined(), confined("gone")])], Expectations())
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "DATA": str(answer)}

    def run() -> str:
        done = subprocess.run(
            ["/bin/sh", "-c", script(checks)], env=environment, capture_output=True, text=True, check=True, timeout=60
        )
        assert "no such container" in done.stderr
        return done.stdout

    app, gone = (judged(check, answers_of(run()))[0] for check in checks)
    assert (app, gone) == (Verdict.OK, Verdict.UNREADABLE)
    # A container may print what it likes; it cannot answer for another one.
    answer.write_text(f"x\napparmor\t{checks[1].tag}\t0\t{WEB} (enforce)\n")
    found = answers_of(run())
    assert judged(checks[0], found)[0] is not Verdict.OK
    assert judged(checks[1], found)[0] is Verdict.UNREADABLE


def test_odd_shapes_never_raise() -> None:
    tried = 0
    for changed in with_odd_values(pod(containers=[confined()], initContainers=[confined("a")])):
        for check in checks_of([changed], Expectations(profiles={"web": WEB}))[0]:
            assert check.tag
        tried += 1
    assert tried > 0


@given(st.text(), st.text())
@settings(max_examples=200, deadline=None)
def test_any_output_is_judged(text: str, answer: str) -> None:
    check = only(pod(containers=[confined()]))
    for one in (text, f"apparmor\t{check.tag}\t0\t{answer}"):
        verdict, _ = judged(check, answers_of(one))
        assert verdict in Verdict
        assert verdict is not Verdict.OK or WEB in one
