"""Secrets of tenants with the real engine and a target of files: values are nowhere, unless a render was asked."""

from __future__ import annotations

import base64
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

from k8s_hardening.engine.workspace import Workspace
from tests.e2e.checkout import Checkout, Ran, pulumi
from tests.e2e.planted import ROTATED, SECRET, forms_of, leaks_in, planted, said_in

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

NAME, PASSPHRASE = "PULUMI_CONFIG_PASSPHRASE", "of-a-test"
GIVEN = {NAME: PASSPHRASE}


def declare(project: Checkout, secret: dict[str, Any]) -> None:
    """Let the development environment have one Secret, and tell the pack."""
    path = project.folder / "Pulumi.dev.yaml"
    document = yaml.safe_load(path.read_text())
    baseline = document["config"]["k8s-hardening:baseline"]
    # One tenant alone, since each of the many runs takes its time with every object.
    home = {"name": "payments-api", "service_accounts": [{"name": "api", "token": {"audience": "vault"}}]}
    people = {"admins": ["group:payments-admins"]}
    baseline["tenants"] = [{"name": "payments", **people, "namespaces": [home], "secrets": [secret]}]
    baseline.pop("apparmor", None)
    if not any("secure" in value for value in document["config"].values() if isinstance(value, dict)):
        document.pop("encryptionsalt", None)  # of the empty passphrase, which guards nothing
    path.write_text(yaml.safe_dump(document))
    assert project.run("pack-config").status == 0


def keep(workspace: Workspace, key: str, value: str) -> None:
    done = pulumi(workspace, "config", "set", "--secret", f"k8s-hardening:{key}", told=value)
    assert done.returncode == 0, done.stderr


def render(project: Checkout, out: str, *more: str, **environment: str) -> Ran:
    return project.run("render", "--stack", "dev", "--out", out, *more, **environment)


def test_values_are_nowhere_until_a_render_is_asked_for_them(
    project: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, PASSPHRASE)
    declare(project, SECRET)
    workspace = project.workspace("dev", renders=True)
    workspace.ensure_stack()
    values = {key: planted(key) for key in ("dbPassword", "dbPasswordNext")}
    for key, value in values.items():
        keep(workspace, key, value)
    forms = forms_of(values.values())

    log = project.folder / "events.ndjson"
    direct = pulumi(workspace, "preview", "--diff", "--event-log", str(log))
    assert direct.returncode == 0, direct.stdout + direct.stderr
    ran = [project.preview("--", "--diff", **GIVEN), project.up("--", "--diff", **GIVEN), render(project, "out/a")]
    declare(project, ROTATED)
    ran += [project.up("--", "--diff", **GIVEN), render(project, "out/a")]
    assert [one.status for one in ran] == [0] * 5, "".join(one.log for one in ran)
    # An update that a finding stops: the program weakens an account that the judge asks to be inert.
    project.edit("__main__.py", 'pulumi.export("environment"', f'{LEAKY}\n    pulumi.export("environment"')
    stopped = project.up("--", "--diff", **GIVEN)
    assert stopped.status == 1
    assert {"rendered-secret"} == {control for control, _ in stopped.controls}
    gone = pulumi(workspace, "destroy", "--yes", "--diff")
    assert gone.returncode == 0, gone.stdout + gone.stderr

    role = next((project.folder / "out/a/manifests").glob("*-role-payments-api-read-secret-db.yaml"))
    assert yaml.safe_load(role.read_text())["rules"][0]["resourceNames"] == ["db-1", "db-2"]
    assert not [one for one in project.folder.rglob("*.yaml") if "kind: Secret\n" in one.read_text()]
    notes = (project.folder / "out/a/notes.md").read_text()
    assert "payments-api/db-1, payments-api/db-2 are in none of them" in notes
    assert pulumi(workspace, "config", "get", "k8s-hardening:dbPassword").stdout.strip() == values["dbPassword"]
    kept = {part for path in (project.folder / ".work/state").rglob("*") for part in path.parts}
    assert {"backups", "history", "stacks"} <= kept, "the engine keeps its past elsewhere"
    assert leaks_in(project.folder, forms) == []
    said = "".join(one.output + one.log for one in (*ran, stopped)) + direct.stdout + direct.stderr
    assert said_in(said + gone.stdout + gone.stderr, forms) == []


# A Secret of the program's own, for the provider that writes files.
LEAKY = """import pulumi_kubernetes as kubernetes
    kubernetes.core.v1.Secret(
        "leaky",
        metadata={"name": "leaky", "namespace": "payments-api"},
        string_data={"password": config.require_secret("dbPassword")},
        opts=pulumi.ResourceOptions(provider=provider),
    )"""


def test_a_render_with_secrets_gives_files_that_only_their_owner_reads(
    project: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, PASSPHRASE)
    declare(project, ROTATED)
    workspace = project.workspace("dev", renders=True)
    workspace.ensure_stack()
    values = {key: planted(key) for key in ("dbPassword", "dbPasswordNext")}
    keep(workspace, "dbPassword", values["dbPassword"])
    forms = forms_of(values.values())

    missing = render(project, "out/with", "--with-secrets", **GIVEN)
    assert missing.status == 2
    assert "k8s-hardening:dbPasswordNext: is missing in the configuration of the stack; set it with" in missing.log
    keep(workspace, "dbPasswordNext", values["dbPasswordNext"])
    wrong = render(project, "out/with", "--with-secrets", **{NAME: "wrong"})
    assert wrong.status == 2
    assert "incorrect passphrase" in wrong.log
    without = render(project, "out/with", "--with-secrets")
    assert without.status == 2
    assert "set PULUMI_CONFIG_PASSPHRASE_FILE to a file that holds it" in without.log
    assert not (project.folder / "out/with").exists()

    done = render(project, "out/with", "--with-secrets", "--format", "json", **GIVEN)
    assert done.status == 0, done.log
    assert "dev: wrote 2 Secrets readably to out/with/secrets; give them to nobody" in done.log
    folder = project.folder / "out/with/secrets"
    found = {path.name: yaml.safe_load(path.read_text()) for path in folder.iterdir()}
    assert sorted(found) == ["001-secret-payments-api-db-1.yaml", "002-secret-payments-api-db-2.yaml"]
    for name, key in zip(sorted(found), ("dbPassword", "dbPasswordNext"), strict=True):
        secret = found[name]
        assert base64.b64decode(secret["data"]["password"]).decode() == values[key]
        assert (secret["type"], secret["immutable"]) == ("Opaque", True)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert "are in none of them" not in (project.folder / "out/with/notes.md").read_text()
    assert leaks_in(project.folder, forms, beside=[folder]) == []
    runs = (missing, wrong, without, done)
    assert said_in("".join(one.output + one.log for one in runs), forms) == []

    again = render(project, "out/with")
    assert again.status == 0, again.log
    assert not folder.exists()
    assert leaks_in(project.folder, forms) == []


TEAM = ("--project", "examples/team-stack", "--pack-config", "examples/team-stack/pack.dev.json")
OWN = """
    from k8s_hardening import TenantSecret
TenantSecret(
    "db",
    {
        "name": "db",
        "namespace": "storefront-web",
        "data": {"password": VALUE},
        "into_cluster": INTO,
    },
    on_cluster,
)

pulumi.export("""


def forget_compiled(program: Path) -> None:
    """Remove what Python made of a program that itself spells the value out."""
    shutil.rmtree(program.parent / "__pycache__", ignore_errors=True)


@pytest.mark.parametrize("into", [True, False])
def test_a_team_that_renders_is_stopped_before_a_file_holds_a_value(project: Checkout, into: bool) -> None:
    value = planted("of-a-team")
    own = OWN.strip().replace("VALUE", f"pulumi.Output.secret({value!r})").replace("INTO", str(into))
    project.edit("examples/team-stack/__main__.py", "pulumi.export(", own)
    program = project.folder / "examples/team-stack/__main__.py"
    ran = project.up(*TEAM)
    forms = forms_of([value])
    if into:
        assert ran.status == 1
        assert ran.controls == {("rendered-secret", "mandatory")}
        assert not (project.folder / "out/storefront").exists()
    else:
        assert ran.status == 0, ran.log
        assert "The Secret db is not made, as into_cluster is false." in ran.log
    program.write_text("")
    forget_compiled(program)
    assert leaks_in(project.folder, forms) == []
    assert said_in(ran.output + ran.log, forms) == []


def test_a_team_that_hands_over_a_plain_value_reads_one_line_and_no_value(project: Checkout) -> None:
    value = planted("of-a-team")
    for given in (repr(value), f"pulumi.Output.from_input({value!r})"):
        own = OWN.strip().replace("VALUE", given).replace("INTO", "True")
        path: Path = project.folder / "examples/team-stack/__main__.py"
        before = path.read_text()
        project.edit("examples/team-stack/__main__.py", "pulumi.export(", own)
        ran = project.preview(*TEAM)
        path.write_text(before)
        assert ran.status == 1
        assert "db.data.password: [secret] is not a secret of Pulumi" in ran.log + ran.output
        assert "Traceback" not in ran.log + ran.output
        assert said_in(ran.output + ran.log, forms_of([value])) == []
        forget_compiled(path)
    assert leaks_in(project.folder, forms_of([value])) == []
