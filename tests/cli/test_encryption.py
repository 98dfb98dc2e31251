"""`encryption` reads facts from files: what is stored under which key, and which server runs which configuration."""

from __future__ import annotations

import base64
import hashlib
import json
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.calling import call

OLD = base64.b64encode(b"fixture-key-of-exactly-32-bytes!").decode()
NEW = base64.b64encode(b"another-key-of-exactly-32-bytes!").decode()
SECRETS_OF = {"old": OLD, "new": NEW}


def configuration(*names: str, **changes: str) -> dict[str, Any]:
    """Secrets and ConfigMaps by secretbox with some keys; `plain` stands for identity."""
    providers: list[dict[str, Any]] = [
        {"identity": {}} if name == "plain" else
        {"secretbox": {"keys": [{"name": name, "secret": {**SECRETS_OF, **changes}[name]}]}}
        for name in names
    ]  # fmt: skip
    return {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "EncryptionConfiguration",
        "resources": [{"resources": ["secrets", "configmaps"], "providers": providers}],
    }


class Cluster:
    """Files about a cluster, and calls about them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store(old=2)

    def write(self, name: str, content: Any) -> str:
        path = self.folder / name
        path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
        return str(path)

    def store(self, **counts: int) -> None:
        lines = ["/registry/namespaces/default k8s", "/registry/pods/a/b k8s"]
        for name, count in counts.items():
            value = "k8s" if name == "plain" else f"k8s:enc:secretbox:v1:{name}:"
            lines += [f"/registry/secrets/a/{name}-{number} {value}" for number in range(count)]
        self.write("etcd.txt", "\n".join(lines))

    def call(self, command: str, *configs: str, servers: dict[str, str], to: str | None = None) -> Any:
        arguments = ["encryption", command, "--etcd-dump", str(self.folder / "etcd.txt"), "--format", "json"]
        for config in configs:
            arguments += ["--config", config]
        for name, what in servers.items():
            arguments += ["--server-config", f"{name}={what}"]
        result = call(*arguments, *(("--to", to) if to else ()))
        assert OLD[:12] not in result.output
        assert NEW[:12] not in result.output
        return result


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return Cluster(tmp_path)


def sha256(path: str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def test_status_counts_objects_and_names_who_lags(cluster: Cluster) -> None:
    both = cluster.write("both.yaml", configuration("new", "old"))
    before = cluster.write("before.yaml", configuration("old", "new"))
    cluster.store(old=2, new=3, gone=1)
    servers = {"cp-1": both, "cp-2": f"sha256:{sha256(before)}", "cp-3": "0" * 64, "cp-4": "none"}
    result = cluster.call("status", both, before, servers=servers)
    assert result.exit_code == 1
    data = json.loads(result.stdout)
    assert [(one["resource"], one["key"], one["objects"], one["state"]) for one in data["objects"]] == [
        ("secrets", "secretbox gone", 1, "unreadable"),
        ("secrets", "secretbox new", 3, "writes"),
        ("secrets", "secretbox old", 2, "to be rewritten"),
    ]
    assert {one["name"]: one["state"].partition(":")[0] for one in data["servers"]} == {
        "cp-1": "current",
        "cp-2": "lagging",
        "cp-3": "unknown",
        "cp-4": "lagging",
    }


def test_status_is_content_when_all_is_encrypted_and_every_server_runs_the_same(cluster: Cluster) -> None:
    now = cluster.write("now.yaml", configuration("old"))
    result = cluster.call("status", now, servers={"cp-1": now, "cp-2": sha256(now)})
    assert result.exit_code == 0, result.output


def test_status_shows_lines_for_people(cluster: Cluster) -> None:
    now = cluster.write("now.yaml", configuration("old"))
    dump = str(cluster.folder / "etcd.txt")
    result = call("encryption", "status", "--etcd-dump", dump, "--config", now, "--server-config", f"cp-1={now}")
    assert [line.split() for line in result.stdout.splitlines()] == [
        ["secrets", "secretbox", "old", "2", "writes"],
        ["server", "cp-1", "current"],
    ]


@pytest.mark.parametrize("configs", [(), ("bare.yaml",)])
def test_secrets_in_plain_text_are_never_passed_over(cluster: Cluster, configs: tuple[str, ...]) -> None:
    cluster.store(plain=4)
    named = [cluster.write(name, configuration("plain", "old")) for name in configs]
    result = cluster.call("status", *named, servers={"cp-1": named[0] if named else "none"})
    assert result.exit_code == 1
    assert [one["state"] for one in json.loads(result.stdout)["objects"]] == ["plain text"]


def test_a_key_that_was_made_again_is_told_by_its_bytes(cluster: Cluster) -> None:
    first = cluster.write("first.yaml", configuration("old"))
    again = cluster.write("again.yaml", configuration("old", old=NEW))
    result = cluster.call("status", first, servers={"cp-1": first, "cp-2": again})
    states = {one["name"]: one["state"] for one in json.loads(result.stdout)["servers"]}
    assert states == {"cp-1": "current", "cp-2": "other bytes of secretbox old"}
    step = json.loads(cluster.call("next", first, servers={"cp-1": first, "cp-2": again}).stdout)["next"]
    assert step["step"] == "restore"


def test_a_server_tells_its_configuration_by_its_metrics(cluster: Cluster) -> None:
    now = cluster.write("now.yaml", configuration("old"))
    metric = (
        "# TYPE apiserver_encryption_config_controller_last_config_info gauge\n"
        "apiserver_encryption_config_controller_last_config_info"
        f'{{apiserver_id_hash="sha256:{"1" * 64}",hash="sha256:{sha256(now)}"}} 1\n'
    )
    result = cluster.call("status", now, servers={"cp-1": cluster.write("metrics.txt", metric)})
    assert [one["state"] for one in json.loads(result.stdout)["servers"]] == ["current"]


def test_next_leads_through_a_whole_rotation(cluster: Cluster) -> None:
    goal = cluster.write("goal.yaml", configuration("new"))
    old = cluster.write("old.yaml", configuration("old"))
    added = cluster.write("added.yaml", configuration("old", "new"))
    promoted = cluster.write("promoted.yaml", configuration("new", "old"))

    def following(current: str, *running: str) -> tuple[str, int, Any]:
        servers = {f"cp-{number}": one for number, one in enumerate(running, 1)}
        result = cluster.call("next", current, servers=servers, to=goal)
        data = json.loads(result.stdout)
        return data["next"]["step"], result.exit_code, data

    step, status, data = following(old, old, old)
    assert (step, status) == ("add", 1)
    assert data["next"]["configuration"] == ["configmaps, secrets: secretbox old, then secretbox new"]
    assert any("cannot read it yet" in one for one in data["refused"])
    step, status, data = following(added, added, old)
    assert (step, status) == ("catch-up", 1)
    assert "cp-2" in data["next"]["what"]
    assert following(added, added, added)[0] == "promote"
    step, status, data = following(promoted, promoted, promoted)
    assert (step, status) == ("rewrite", 1)
    assert data["next"]["commands"] == ["kubectl get secrets --all-namespaces -o json | kubectl replace -f -"]
    assert data["refused"] == [
        "2 of secrets are stored under secretbox old, which the configuration no longer reads",
    ]
    cluster.store(new=2)
    assert following(promoted, promoted, promoted)[:2] == ("drop", 0)
    assert following(goal, goal, goal)[:2] == ("done", 0)


def test_next_in_words_names_reasons_step_and_commands(cluster: Cluster) -> None:
    goal, old = cluster.write("goal.yaml", configuration("new")), cluster.write("old.yaml", configuration("old"))
    dump = str(cluster.folder / "etcd.txt")
    result = call(
        "encryption", "next", "--etcd-dump", dump, "--config", old, "--server-config", f"cp-1={old}", "--to", goal
    )
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0].startswith("not yet: ")
    assert "add: add secretbox new behind the keys that are there, on every server" in lines
    assert "  # configmaps, secrets: secretbox old, then secretbox new" in lines
    assert any("bootstrap.sh fill" in line for line in lines)


def test_what_the_script_shows_is_taken_for_the_file(cluster: Cluster) -> None:
    """No key has to leave its node: its hash tells as much."""
    true = cluster.write("true.yaml", configuration("old"))
    shown = configuration("old", old=f"sha256:{hashlib.sha256(OLD.encode()).hexdigest()}")
    copy = cluster.write("shown.yaml", f"# sha256:{sha256(true)}\n{yaml.safe_dump(shown)}")
    result = cluster.call("status", copy, servers={"cp-1": true, "cp-2": sha256(true), "cp-3": copy})
    assert {one["state"] for one in json.loads(result.stdout)["servers"]} == {"current"}


def test_the_export_may_come_through_a_pipe(cluster: Cluster) -> None:
    now = cluster.write("now.yaml", configuration("old"))
    text = (cluster.folder / "etcd.txt").read_text()
    arguments = ("--etcd-dump", "-", "--config", now, "--server-config", f"cp-1={now}")
    assert call("encryption", "status", *arguments, stdin=text).exit_code == 0


def test_every_problem_of_the_input_is_told_at_once(cluster: Cluster) -> None:
    broken = cluster.write("broken.yaml", f"kind: EncryptionConfiguration\nkeys: [secret: {OLD}\n")
    other = cluster.write("other.yaml", {"kind": "Secret", "data": {"a": OLD}})
    cluster.write("etcd.txt", f"/registry/secrets/a/b k8s {OLD}")
    result = cluster.call("status", broken, other, servers={"cp-1": "/does/not/exist", "cp-2": "", "": "x"})
    assert result.exit_code == 2
    for words in ("broken.yaml: line", "other.yaml: is no Enc", "/does/not/exist: cannot", '"cp-2=" is not', '"=x" is'):
        assert words in result.stderr
    assert "holds no namespaces" in result.stderr


def test_a_server_is_named_once(cluster: Cluster) -> None:
    arguments = ["--server-config", "cp-1=none", "--server-config", "cp-1=none"]
    result = call("encryption", "status", "--etcd-dump", str(cluster.folder / "etcd.txt"), *arguments)
    assert (result.exit_code, "names a server twice" in result.stderr) == (2, True)


def test_the_form_before_1_13_is_translated_and_not_shown(cluster: Cluster) -> None:
    content = {**configuration("old", "plain"), "apiVersion": "v1", "kind": "EncryptionConfig"}
    source, out = cluster.write("old.yaml", content), cluster.folder / "new.yaml"
    result = call("encryption", "translate", source, "--out", str(out))
    assert result.exit_code == 0
    assert yaml.safe_load(out.read_text()) == configuration("old", "plain")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert "--encryption-provider-config in place of --experimental-encryption-provider-config" in result.stdout
    assert OLD[:12] not in result.output
    again = call("encryption", "translate", source, "--out", str(out))
    assert (again.exit_code, "cannot be written: File exists" in again.stderr) == (2, True)


@pytest.mark.parametrize(
    ("content", "words"),
    [(configuration("old"), "is in its present form already"), ({"kind": "Pod"}, "is no EncryptionConfiguration")],
)
def test_what_is_not_of_the_old_form_is_not_translated(cluster: Cluster, content: Any, words: str) -> None:
    out = cluster.folder / "new.yaml"
    result = call("encryption", "translate", cluster.write("a.yaml", content), "--out", str(out))
    assert result.exit_code == 2
    assert words in result.stderr
    assert not out.exists()


@pytest.mark.parametrize("command", ["status", "next", "translate"])
def test_each_command_shows_an_example(command: str) -> None:
    shown = call("encryption", command, "--help")
    assert shown.exit_code == 0
    assert "Example" in shown.stdout
    assert f"k8s-hardening encryption {command}" in shown.stdout
    assert "\\b" not in shown.stdout
