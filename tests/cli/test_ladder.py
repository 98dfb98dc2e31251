"""`ladder`: the level that each namespace could take, and what stands in the way of the next."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.builders import KINDS_AROUND_A_POD, container, pod, wrap_pod
from tests.cli.calling import call
from tests.cli.stack_world import PASSPHRASE, World, make_world

CANARY = "canary-4711"
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270"}


def named(name: str, namespace: str, manifest: dict[str, Any]) -> dict[str, Any]:
    return {**copy.deepcopy(manifest), "metadata": {"name": name, "namespace": namespace}}


def rooted() -> dict[str, Any]:
    """A pod that only restricted rejects."""
    made = pod()
    for security in (made["spec"]["securityContext"], made["spec"]["containers"][0]["securityContext"]):
        del security["runAsNonRoot"]
    return made


def on_the_host() -> dict[str, Any]:
    """A pod that baseline rejects, too."""
    return pod(hostNetwork=True)


def namespace(name: str, level: str) -> dict[str, Any]:
    labels = {"pod-security.kubernetes.io/enforce": level}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


STACK = [
    namespace("clean", "baseline"),
    named("a", "clean", pod()),
    namespace("mixed", "restricted"),
    named("good", "mixed", pod()),
    named("rooted", "mixed", rooted()),
    named("agent", "host", on_the_host()),
    named("rooted", "host", rooted()),
]


def ladder(*arguments: str, objects: list[dict[str, Any]] | None = None) -> tuple[int, dict[str, Any]]:
    stdin = None if objects is None else yaml.safe_dump_all(objects)
    result = call("ladder", "--format", "json", *arguments, stdin=stdin)
    found = json.loads(result.stdout)
    assert isinstance(found, dict)
    return result.exit_code, found


def levels(found: dict[str, Any]) -> dict[str, tuple[str | None, str]]:
    return {one["namespace"]: (one["enforced"], one["possible"]) for one in found["namespaces"]}


def obstacles(found: dict[str, Any]) -> dict[str, list[str]]:
    return {
        f"{rung['namespace']}/{one['name']}": [each["control"] for each in one["obstacles"]]
        for rung in found["namespaces"]
        for one in rung["workloads"]
    }


def test_a_namespace_can_take_what_admits_all_of_its_workloads() -> None:
    status, found = ladder("-", objects=STACK)
    assert status == 1
    assert levels(found) == {
        "clean": ("baseline", "restricted"),
        "mixed": ("restricted", "baseline"),
        "host": (None, "privileged"),
    }
    assert obstacles(found) == {
        "clean/a": [],
        "mixed/good": [],
        "mixed/rooted": ["run-as-non-root"],
        "host/agent": ["host-namespaces"],
        "host/rooted": ["run-as-non-root"],
    }


def test_a_lower_rung_asks_only_for_its_own() -> None:
    status, found = ladder("--to", "baseline", "-", objects=STACK)
    assert status == 1
    assert levels(found) == {
        "clean": ("baseline", "baseline"),
        "mixed": ("restricted", "baseline"),
        "host": (None, "privileged"),
    }
    assert obstacles(found)["host/rooted"] == []
    assert ladder("--to", "baseline", "-", objects=STACK[:5])[0] == 0


def test_the_version_of_the_standards_is_the_one_asked_for() -> None:
    probing = pod(containers=[container(livenessProbe={"httpGet": {"port": 80, "host": "example.com"}})])
    for version, possible in (("1.33", "restricted"), ("1.34", "privileged")):
        _, found = ladder("--kubernetes", version, "-", objects=[probing])
        assert (found["kubernetes"], levels(found)["payments-api"][1]) == (version, possible)


@pytest.mark.parametrize("kind", KINDS_AROUND_A_POD)
def test_every_kind_that_carries_a_pod_is_on_the_ladder(kind: str) -> None:
    wrapped, path = wrap_pod(rooted(), kind)
    status, found = ladder("-", objects=[wrapped])
    (workload,) = found["namespaces"][0]["workloads"]
    assert (status, workload["kind"], workload["possible"]) == (1, kind, "baseline")
    assert workload["obstacles"][0]["path"].startswith(f"{path}.spec.")


def test_people_are_shown_what_stands_in_the_way() -> None:
    result = call("ladder", "-", stdin=yaml.safe_dump_all(STACK))
    shown = result.stdout
    assert result.exit_code == 1
    assert "clean can take restricted; its label says baseline\n" in shown
    assert "mixed can take baseline; its label says restricted, which rejects some of it\n" in shown
    assert "  kept from restricted by 1 of 2 workloads\n  Pod rooted  <stdin>:" in shown
    assert "host can take only privileged\n" in shown
    assert "    baseline   [host-namespaces] spec.hostNetwork is true; remove it or set it to false\n" in shown
    assert shown.endswith(
        "5 workloads in 3 namespaces judged by the Pod Security Standards v1.37: 1 can take restricted, "
        "1 can take baseline, 1 can take only privileged\n"
    )


def test_a_ladder_without_workloads_is_free() -> None:
    result = call("ladder", "-", stdin=yaml.safe_dump(namespace("clean", "baseline")))
    assert result.exit_code == 0
    assert "0 workloads in 0 namespaces" in result.stdout


def test_what_cannot_be_read_gives_status_2_and_the_rest_is_judged(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("a: [\n")
    (tmp_path / "good.yaml").write_text(yaml.safe_dump(rooted()))
    status, found = ladder(str(tmp_path))
    assert (status, len(found["errors"]), obstacles(found)) == (2, 1, {"payments-api/app": ["run-as-non-root"]})


def resource(inputs: dict[str, Any], kind: str = "core/v1:Pod", **changes: Any) -> dict[str, Any]:
    name = inputs.get("metadata", {}).get("name", "chart")
    urn = f"urn:pulumi:prod::team::kubernetes:{kind}::{name}"
    return {"urn": urn, "custom": True, "type": f"kubernetes:{kind}", "inputs": inputs, **changes}


def exported(*resources: dict[str, Any]) -> str:
    stack = {"urn": "urn:pulumi:prod::team::pulumi:pulumi:Stack::s", "type": "pulumi:pulumi:Stack"}
    return json.dumps({"version": 3, "deployment": {"resources": [stack, *resources]}})


def test_a_state_is_judged_by_the_inputs_of_its_resources(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text(
        exported(resource(rooted()), resource(namespace("payments-api", "restricted"), "core/v1:Namespace"))
    )
    status, found = ladder("--state", str(path))
    (rung,) = found["namespaces"]
    assert (status, rung["enforced"], rung["possible"]) == (1, "restricted", "baseline")
    assert rung["workloads"][0]["source"] == "urn:pulumi:prod::team::kubernetes:core/v1:Pod::app"


@pytest.mark.parametrize("beside", [{"ciphertext": f"v1:{CANARY}"}, {"plaintext": f'"{CANARY}"'}])
def test_a_secret_of_a_state_is_in_the_way_and_never_shown(tmp_path: Path, beside: dict[str, str]) -> None:
    hidden = pod()
    hidden["spec"]["containers"][0]["securityContext"]["privileged"] = {**SECRET, **beside}
    path = tmp_path / "state.json"
    path.write_text(exported(resource(hidden)))
    for form in ("json", "text"):
        result = call("ladder", "--state", str(path), "--format", form)
        assert result.exit_code == 1
        assert CANARY not in result.output
        assert "a secret of the state" in result.stdout


def test_a_patch_is_not_blamed_for_what_it_leaves_out_and_what_is_replaced_is_gone() -> None:
    partial = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "x"}}
    partial["spec"] = {"template": {"spec": {"containers": [{"name": "app", "image": "app"}]}}}
    gone = resource(on_the_host(), delete=True)
    result = call("ladder", "--state", "-", stdin=exported(resource(partial, "apps/v1:DeploymentPatch"), gone))
    assert result.exit_code == 0, result.stdout


def test_what_a_helm_release_made_is_said_to_be_unseen() -> None:
    release = resource({"chart": "nginx"}, "helm.sh/v3:Release")
    result = call("ladder", "--state", "-", stdin=exported(release))
    assert (result.exit_code, "is a Helm release, whose objects no state holds" in result.stderr) == (0, True)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"deployment": []}', "[" * 100_000])
def test_what_is_no_export_is_refused(text: str) -> None:
    result = call("ladder", "--state", "-", stdin=text)
    assert result.exit_code == 2
    assert "it must be what `pulumi stack export` prints" in result.stderr


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    result = call("ladder", "--state", str(tmp_path / "none.json"))
    assert (result.exit_code, "none.json: cannot be read" in result.stderr) == (2, True)


@pytest.mark.parametrize("arguments", [(), ("--state", "-", "x.yaml"), ("--state", "-", "--stack", "dev")])
def test_one_source_is_given(arguments: tuple[str, ...]) -> None:
    result = call("ladder", *arguments)
    assert (result.exit_code, "give one of PATH, --state and --stack" in result.stderr) == (2, True)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    made = make_world(tmp_path, monkeypatch)
    monkeypatch.setenv(*PASSPHRASE)
    return made


def test_the_state_of_a_stack_is_asked_of_the_engine_and_nothing_is_made(world: World) -> None:
    world.fakes.say("state", exported(resource(rooted())))
    status, found = ladder("--stack", "prod")
    assert (status, obstacles(found)) == (1, {"payments-api/app": ["run-as-non-root"]})
    assert [one.partition(" --")[0] for one in world.fakes.calls if one.startswith("stack")] == ["stack export"]
    assert world.runs == []


def test_a_stack_that_the_engine_does_not_know_is_bad_input(world: World) -> None:
    world.fakes.say("export-error", "error: no stack named 'prod' found\n")
    result = call("ladder", "--stack", "prod")
    assert (result.exit_code, "no stack named" in result.stderr) == (2, True), result.stderr
