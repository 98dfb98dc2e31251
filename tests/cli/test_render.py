"""An environment becomes files: complete, in order, the same each time, and nothing on bad input."""

from __future__ import annotations

import json
import stat
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from k8s_hardening.cli.render import rendered
from k8s_hardening.kube.documents import read_one
from k8s_hardening.model.reading import ROOT, read_baseline
from k8s_hardening.plans.baseline import plan_baseline
from k8s_hardening.plans.plan import HostFile, Plan
from tests.cli.calling import call

BASELINE: dict[str, Any] = {
    "environment": "dev",
    "kubernetes": "1.36",
    "dialect": "kubeadm",
    "cni": {"name": "calico", "version": "3.32"},
    "target": {"render": "out/dev"},
    "images": {"registries": ["registry.example.com/platform"]},
    "tenants": [
        {
            "name": f"team-{number}",
            "admins": [f"group:team-{number}-admins"],
            "namespaces": [{"name": f"team-{number}-{part}"} for part in ("api", "db", "web")],
        }
        for number in range(5)
    ],
    "apparmor": {"profiles": [{"name": "web", "denied": ["/root/**"]}]},
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    write(folder, BASELINE)
    return folder


def write(project: Path, baseline: Any) -> None:
    (project / "Pulumi.dev.yaml").write_text(yaml.safe_dump({"config": {ROOT: baseline}}))


def render(project: Path, out: Path, *more: str) -> Any:
    return call("render", "--stack", "dev", "--project", str(project), "--out", str(out), *more)


def files_of(out: Path) -> dict[str, bytes]:
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def test_the_files_are_the_plan(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = render(project, out)
    assert result.exit_code == 0, result.stderr
    plan = plan_baseline(read_baseline(BASELINE))
    manifests = sorted((out / "manifests").iterdir())
    assert [read_one(path.read_bytes(), path.name) for path in manifests] == list(plan.manifests)
    assert manifests[0].name == "001-namespace-team-0-api.yaml"
    assert {path.name.split("-", 1)[1] for path in manifests} >= {
        "namespace-team-4-web.yaml",
        "networkpolicy-team-0-db-deny-all.yaml",
        "rolebinding-team-0-api-tenant-admin.yaml",
    }
    for file in plan.host_files:
        path = out / "host" / file.path.lstrip("/")
        assert path.read_text() == file.text
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert plan.host_files
    assert result.stdout == ""
    summary = f"dev: wrote {len(plan.manifests)} manifests and {len(plan.host_files)} host files to {out}\n"
    steps = f"dev: {len(plan.notes.advice)} steps left to you, see {out}/notes.md\n"
    assert result.stderr == summary + steps


CREDENTIALS = {**BASELINE, "images": {**BASELINE["images"], "pull_secret_config": "registryPullSecret"}}


def test_credentials_are_left_out_and_the_notes_say_how_to_make_them(project: Path, tmp_path: Path) -> None:
    write(project, CREDENTIALS)
    out = tmp_path / "out"
    assert render(project, out).exit_code == 0
    assert not list(out.rglob("*secret*"))
    assert "pulumi config get k8s-hardening:registryPullSecret | kubectl create" in (out / "notes.md").read_text()
    account = read_one(next(out.glob("manifests/*-serviceaccount-team-0-api-default.yaml")).read_bytes(), "account")
    assert account["imagePullSecrets"] == [{"name": "registry-pull"}]


def test_credentials_that_stand_readable_in_the_file_are_refused_unseen(project: Path, tmp_path: Path) -> None:
    config = {ROOT: CREDENTIALS, "k8s-hardening:registryPullSecret": '{"auths": {"x": {"auth": "hunter2"}}}'}
    (project / "Pulumi.dev.yaml").write_text(yaml.safe_dump({"config": config}))
    result = render(project, tmp_path / "out")
    assert result.exit_code == 2
    assert "k8s-hardening:registryPullSecret: [secret] stands there as plain text" in result.stderr
    assert "hunter2" not in result.output
    assert not (tmp_path / "out").exists()


def test_notes_say_what_is_left_to_the_operator(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    render(project, out)
    notes = (out / "notes.md").read_text()
    plan = plan_baseline(read_baseline(BASELINE))
    assert notes.startswith("## Left to you\n\n- ")
    assert all(f"- {text}\n" in notes for text in (*plan.notes.advice, *plan.notes.owned_by_provider))
    assert "Not expressible" not in notes


def test_what_a_dialect_cannot_express_is_said_aloud(project: Path, tmp_path: Path) -> None:
    write(project, {**BASELINE, "dialect": "talos"})
    out = tmp_path / "out"
    result = render(project, out)
    assert f"cannot be expressed in this dialect, see {out}/notes.md\n" in result.stderr
    assert "## Not expressible in this dialect\n\n- Talos " in (out / "notes.md").read_text()


def test_the_same_input_gives_the_same_bytes(project: Path, tmp_path: Path) -> None:
    render(project, tmp_path / "one")
    write(project, dict(reversed(BASELINE.items())) | {"tenants": BASELINE["tenants"][::-1]})
    render(project, tmp_path / "two")
    assert files_of(tmp_path / "one") == files_of(tmp_path / "two")
    assert len(files_of(tmp_path / "one")) > 50


def test_the_summary_may_be_json(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    summary = json.loads(render(project, out, "--format", "json").stdout)
    assert summary["out"] == str(out)
    assert sorted(set(files_of(out)) - {".k8s-hardening-render"}) == summary["files"]


def test_every_problem_is_shown_and_nothing_is_written(project: Path, tmp_path: Path) -> None:
    write(project, BASELINE | {"kubernetes": 1.36, "dialekt": "k3s"})
    result = render(project, tmp_path / "out")
    assert result.exit_code == 2
    assert f"error: {ROOT}.kubernetes: 1.36 is a YAML number" in result.stderr
    assert f"error: {ROOT}.dialekt: is not a known key" in result.stderr
    assert not (tmp_path / "out").exists()


def test_rights_of_an_emergency_that_is_over_are_not_written(project: Path, tmp_path: Path) -> None:
    emergency = {
        "name": "outage",
        "tenant": "team-1",
        "subjects": ["user:bob@example.com"],
        "reason": "The database does not start.",
        "owner": "platform-team",
        "expires": "2020-01-15",
    }
    write(project, BASELINE | {"break_glass": [emergency]})
    result = render(project, tmp_path / "out")
    assert result.exit_code == 2
    assert (
        f"error: {ROOT}.break_glass[0].expires: 2020-01-15 is over, and platform-team answers for it" in result.stderr
    )
    assert not (tmp_path / "out").exists()
    write(project, BASELINE | {"break_glass": [{**emergency, "expires": "2999-01-15"}]})
    assert render(project, tmp_path / "out").exit_code == 0
    assert (
        "Break-glass outage: user:bob@example.com may do everything in tenant team-1"
        in (tmp_path / "out/notes.md").read_text()
    )


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("config:\n  a: 1\n  a: 2\n", 'Pulumi.dev.yaml: line 3: key "a" stands twice'),
        ("config: [\n", "Pulumi.dev.yaml: line 2: is not YAML"),
        ("config:\n  other: 1\n", f"{ROOT}: is missing or empty"),
        ("", f"{ROOT}: is missing or empty"),
        (f"config:\n  {ROOT}:\n    secure: AAABAHN1cGVyc2VjcmV0\n", "secret"),
    ],
)
def test_a_bad_configuration_file_is_explained(project: Path, tmp_path: Path, text: str, part: str) -> None:
    (project / "Pulumi.dev.yaml").write_text(text)
    result = render(project, tmp_path / "out")
    assert result.exit_code == 2
    assert part in result.stderr
    assert "AAABAHN1cGVyc2VjcmV0" not in result.output


@pytest.mark.parametrize("stack", ["prod", "../dev", "", "dev/../dev"])
def test_a_stack_that_does_not_exist_is_refused(project: Path, tmp_path: Path, stack: str) -> None:
    result = call("render", "--stack", stack, "--project", str(project), "--out", str(tmp_path / "out"))
    assert result.exit_code == 2
    assert not (tmp_path / "out").exists()


def test_a_foreign_folder_is_refused(project: Path) -> None:
    result = render(project, project)
    assert result.exit_code == 2
    assert "was not made by k8s-hardening render" in result.stderr
    assert (project / "Pulumi.dev.yaml").exists()


def test_rendering_takes_less_than_a_second(project: Path, tmp_path: Path) -> None:
    render(project, tmp_path / "out")
    before = time.process_time()
    assert render(project, tmp_path / "out").exit_code == 0
    assert time.process_time() - before < 1


@pytest.mark.parametrize("field", ["data", "stringData"])
def test_the_data_of_a_secret_is_never_written(field: str) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, field: {"a": "b"}}
    for manifest in (secret, {"apiVersion": "v1", "kind": "List", "items": [secret]}):
        with pytest.raises(ValueError, match="holds the data of a Secret"):
            list(rendered(Plan((manifest,), ())))


@pytest.mark.parametrize("path", ["etc/x", "/etc/../x", "/", "//x", "/etc/", "/etc/./x"])
def test_a_host_file_cannot_leave_its_folder(path: str) -> None:
    with pytest.raises(ValueError, match="is not absolute and plain"):
        list(rendered(Plan((), (HostFile(path, ""),))))


def test_a_file_name_holds_only_plain_characters_and_is_short() -> None:
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "a:b/ü" + "c" * 300},
    }
    [(name, _)] = rendered(Plan((role,), ()))
    assert name.startswith("manifests/001-clusterrole-a-b-ccc")
    assert len(name) < 230
