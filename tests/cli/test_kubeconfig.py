"""`kubeconfig`: contexts of a tenant, the program that gives credentials, and never a secret."""

from __future__ import annotations

import base64
import copy
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import Result

from k8s_hardening.model.control_plane.leaves import CERTIFICATE_EXAMPLE as CA
from k8s_hardening.model.reading import ROOT
from tests.cli.calling import call
from tests.model.sample import sample

ISSUER = {
    "url": "https://login.example.com/realms/k8s",
    "audiences": ["kubernetes", "kubernetes-cli"],
    "groups_claim": "groups",
    "username_claim": "email",
    "certificate_authority": CA,
    "mfa": {"amr": ["mfa"]},
}
BASELINE = sample(
    {
        "tenants": [
            {
                "name": "payments",
                "admins": ["group:oidc:payments-admins", "user:oidc:ada"],
                "members": ["user:oidc:alice", "serviceaccount:ci/deployer", "user:robot"],
                "viewers": ["group:oidc:auditors"],
                "namespaces": [{"name": "payments-api"}, {"name": "payments-db"}],
            },
            {
                "name": "refunds",
                "parent": "payments",
                "admins": ["user:oidc:rita"],
                "namespaces": [{"name": "refunds-web"}],
            },
        ],
        "control_plane": {"authentication": {"oidc": [ISSUER], "certificate_subjects": ["user:robot"]}},
    }
)
PLANTED = "planted-Value-4dabf18193072939515e22adb298388d"
SERVER = ("--server", "https://prod.example.com:6443")
EXEC = ("--exec", "example-login", "--exec-arg=token")
Change = Callable[[dict[str, Any]], None]


def without_oidc(baseline: dict[str, Any]) -> None:
    del baseline["control_plane"]


def two_issuers(baseline: dict[str, Any]) -> None:
    other = {**ISSUER, "url": "https://other.example.com", "audiences": ["k8s"]}
    baseline["control_plane"]["authentication"]["oidc"].append(other)


def other_prefix(baseline: dict[str, Any]) -> None:
    """Groups of the provider are called otherwise, so those of the tenant come by a webhook."""
    baseline["control_plane"]["authentication"]["oidc"][0]["groups_prefix"] = "sso:"
    baseline["control_plane"]["authentication"]["token_webhook"] = {
        "endpoint": {
            "url": "https://login.example.com/token-review",
            "client_certificate_file": "/etc/kubernetes/pki/reviews-client.crt",
            "client_key_file": "/etc/kubernetes/pki/reviews-client.key",
        }
    }


def old(baseline: dict[str, Any]) -> None:
    without_oidc(baseline)
    baseline["kubernetes"] = "1.21"


@pytest.fixture
def asked(tmp_path: Path) -> Callable[..., Result]:
    """Call the command about a project whose baseline is changed first."""

    def ask(
        *arguments: str, change: Change = lambda _: None, user: str = "oidc:alice", tenant: str = "payments"
    ) -> Result:
        baseline = copy.deepcopy(BASELINE)
        change(baseline)
        (tmp_path / "Pulumi.dev.yaml").write_text(yaml.safe_dump({"config": {ROOT: baseline}}))
        return call("kubeconfig", "--project", str(tmp_path), "--tenant", tenant, "--user", user, *arguments)

    return ask


Ask = Callable[..., Result]


def made(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    found = yaml.safe_load(result.stdout)
    assert isinstance(found, dict)
    return found


def plugin(config: dict[str, Any], index: int = 0) -> dict[str, Any]:
    user = config["users"][index]["user"]
    assert set(user) == {"exec"}
    found: dict[str, Any] = user["exec"]
    return found


def test_each_namespace_has_a_context_and_the_first_is_current(asked: Ask, tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_text(CA)
    config = made(asked(*SERVER, "--ca-file", str(tmp_path / "ca.crt"), "--cluster-name", "prod"))
    (cluster,) = config["clusters"]
    assert cluster == {
        "name": "prod",
        "cluster": {
            "server": "https://prod.example.com:6443",
            "certificate-authority-data": base64.b64encode(CA.encode()).decode(),
        },
    }
    assert [(one["name"], one["context"]) for one in config["contexts"]] == [
        (f"{name}.prod", {"cluster": "prod", "user": "oidc:alice@prod", "namespace": name})
        for name in ("payments-api", "payments-db")
    ]
    assert config["current-context"] == "payments-api.prod"
    assert [one["name"] for one in config["users"]] == ["oidc:alice@prod"]


def test_the_identity_provider_of_the_baseline_signs_in(asked: Ask) -> None:
    assert plugin(made(asked(*SERVER))) == {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "kubectl",
        "args": [
            "oidc-login",
            "get-token",
            "--oidc-issuer-url=https://login.example.com/realms/k8s",
            "--oidc-client-id=kubernetes",
            "--oidc-extra-scope=email",
            "--oidc-extra-scope=groups",
            f"--certificate-authority-data={base64.b64encode(CA.encode()).decode()}",
        ],
        "installHint": "Install kubelogin (https://github.com/int128/kubelogin) as kubectl-oidc_login on PATH.",
        "interactiveMode": "IfAvailable",
        "provideClusterInfo": False,
    }


def test_audience_scopes_and_provider_can_be_chosen(asked: Ask) -> None:
    chosen = (
        "--issuer",
        str(ISSUER["url"]),
        "--client-id",
        "kubernetes-cli",
        "--scope",
        "openid",
        "--scope",
        "memberOf",
    )
    arguments = plugin(made(asked(*SERVER, *chosen, change=two_issuers)))["args"]
    assert "--oidc-client-id=kubernetes-cli" in arguments
    assert [one for one in arguments if "scope" in one] == ["--oidc-extra-scope=memberOf"]


def test_separate_credentials_have_a_cache_of_their_own(asked: Ask) -> None:
    config = made(asked(*SERVER, "--separate-credentials"))
    users = [f"oidc:alice@{name}.dev" for name in ("payments-api", "payments-db")]
    assert [one["name"] for one in config["users"]] == users
    assert [one["context"]["user"] for one in config["contexts"]] == users
    assert [plugin(config, index)["args"][-1] for index in (0, 1)] == [
        f"--token-cache-dir=~/.kube/cache/oidc-login/dev/{name}" for name in ("payments-api", "payments-db")
    ]


def test_a_plug_in_is_told_the_namespace_on_request(asked: Ask) -> None:
    given = (*EXEC, "--exec-arg=--cache={namespace}", "--exec-env", "EXAMPLE_PROFILE=a={namespace}", "--cluster-info")
    config = made(asked(*SERVER, *given, "--separate-credentials", "--interactive-mode", "Never"))
    assert plugin(config, 1) == {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "example-login",
        "args": ["token", "--cache=payments-db"],
        "env": [{"name": "EXAMPLE_PROFILE", "value": "a=payments-db"}],
        "interactiveMode": "Never",
        "provideClusterInfo": True,
    }


def test_clients_of_before_1_22_get_what_they_know(asked: Ask) -> None:
    config = made(asked(*SERVER, *EXEC, change=old))
    assert plugin(config)["apiVersion"] == "client.authentication.k8s.io/v1beta1"


@pytest.mark.parametrize(
    ("user", "tenant", "more"),
    [
        ("user:oidc:alice", "payments", ()),
        ("oidc:zoe", "payments", ("--group", "oidc:auditors")),
        ("oidc:zoe", "refunds", ("--group", "group:oidc:payments-admins")),
        ("oidc:ada", "refunds", ()),
        ("oidc:rita", "refunds", ()),
        ("robot", "payments", EXEC),
    ],
)
def test_people_of_the_tenant_and_of_its_whole_get_one(
    asked: Ask, user: str, tenant: str, more: tuple[str, ...]
) -> None:
    assert made(asked(*SERVER, *more, user=user, tenant=tenant))["users"]


def written(folder: Path, **changed: Any) -> tuple[str, str]:
    """A kubeconfig of an administrator, with a key and a token."""
    cluster = {"server": "https://10.0.0.1:6443", "certificate-authority": "ca.crt", **changed}
    (folder / "ca.crt").write_text(CA)
    os.mkfifo(folder / "pipe")
    config = {
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "admin", "user": {"token": PLANTED, "client-key-data": PLANTED, "password": PLANTED}}],
        "contexts": [{"name": "prod", "context": {"cluster": "c", "user": "admin"}}],
        "current-context": "prod",
    }
    (folder / "admin.conf").write_text(yaml.safe_dump(config))
    return "--from-kubeconfig", str(folder / "admin.conf")


def test_only_the_cluster_is_taken_from_a_kubeconfig(asked: Ask, tmp_path: Path) -> None:
    more = {
        "tls-server-name": "prod.example.com",
        "proxy-url": "http://proxy.example.com:3128",
        "extensions": [PLANTED],
    }
    source = written(tmp_path, **more)
    for context in ((), ("--context", "prod")):
        result = asked(*source, *context)
        assert made(result)["clusters"] == [
            {
                "name": "dev",
                "cluster": {
                    "server": "https://10.0.0.1:6443",
                    "certificate-authority-data": base64.b64encode(CA.encode()).decode(),
                    "tls-server-name": "prod.example.com",
                    "proxy-url": "http://proxy.example.com:3128",
                },
            }
        ]
        assert PLANTED not in result.output


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"insecure-skip-tls-verify": True}, "insecure-skip-tls-verify is refused"),
        ({"server": "http://10.0.0.1"}, "server: is not an https URL"),
        ({"server": f"https://a:{PLANTED}@10.0.0.1"}, "server: is not an https URL"),
        ({"server": "https://10.0.0.1:99999"}, "server: is not an https URL"),
        ({"server": 4}, "server: is not an https URL"),
        ({"certificate-authority": "gone.crt"}, "gone.crt: cannot be read"),
        ({"certificate-authority": "admin.conf"}, "admin.conf: is not one or more certificates"),
        ({"certificate-authority": "pipe"}, "pipe: is not a regular file"),
        ({"certificate-authority-data": "%"}, "certificate-authority-data: is not base64"),
        (
            {"certificate-authority-data": base64.b64encode(PLANTED.encode()).decode()},
            "is not one or more certificates",
        ),
        ({"proxy-url": f"http://a:{PLANTED}@proxy"}, "proxy-url: cannot be taken over"),
        ({"tls-server-name": ["x"]}, "tls-server-name: cannot be taken over"),
    ],
)
def test_a_cluster_that_cannot_be_taken_over_is_refused(
    asked: Ask, tmp_path: Path, changed: dict[str, Any], says: str
) -> None:
    result = asked(*written(tmp_path, **changed))
    assert result.exit_code == 2
    assert says in result.stderr
    assert PLANTED not in result.output


@pytest.mark.parametrize(
    "content", ["", "[]", "a: [", "contexts: 3", "contexts: [{name: prod}]\ncurrent-context: prod"]
)
def test_what_is_no_kubeconfig_is_refused(asked: Ask, tmp_path: Path, content: str) -> None:
    (tmp_path / "admin.conf").write_text(content)
    result = asked("--from-kubeconfig", str(tmp_path / "admin.conf"))
    assert result.exit_code == 2
    assert "admin.conf" in result.stderr


@pytest.mark.parametrize(
    ("asks", "more", "says"),
    [
        ({"tenant": "payment"}, SERVER, '--tenant: "payment" is no tenant of dev; known are payments, refunds'),
        (
            {"user": "oidc:alicia"},
            SERVER,
            "is nobody of tenant payments (name a group that they are in by --group); known",
        ),
        ({"user": "oidc:alicia"}, SERVER, 'did you mean "user:oidc:alice"?'),
        ({"user": "oidc:rita"}, SERVER, "is nobody of tenant payments"),
        ({}, (*SERVER, "--group", "oidc:nobody"), '"group:oidc:nobody" is nobody of tenant payments; known are'),
        ({"user": "group:oidc:auditors"}, SERVER, "for example --user NAME --group oidc:auditors"),
        ({"user": "serviceaccount:ci/deployer"}, SERVER, "`kubectl create token deployer -n ci --duration=1h`"),
        ({"user": "system:serviceaccount:ci:deployer"}, SERVER, "`kubectl create token deployer -n ci --duration=1h`"),
        ({"user": "system:admin"}, SERVER, "is no name of a user of payments"),
        ({"user": ""}, SERVER, "is no name of a user of payments"),
        ({"user": "robot"}, SERVER, "comes by a client certificate"),
        ({"change": without_oidc}, SERVER, "names no identity provider; name a credential plug-in, for example --exec"),
        ({"change": without_oidc}, SERVER, "or declare one, for example oidc: [{url:"),
        ({"change": two_issuers}, SERVER, "--issuer: is missing, and 2 providers know such names"),
        ({}, (*SERVER, "--issuer", "https://x.example.com"), 'comes from "https://x.example.com" (known are'),
        (
            {},
            (*SERVER, "--client-id", "x"),
            "is no audience of https://login.example.com/realms/k8s; known are kubernetes",
        ),
        ({}, (*SERVER, "--scope", "a,b"), "--scope (number 1): is no scope"),
        ({}, (*SERVER, "--scope", "a", "--scope", PLANTED), "--scope (number 2): is no scope, or looks like a secret"),
        (
            {"change": other_prefix, "user": "oidc:zoe"},
            (*SERVER, "--group", "oidc:auditors"),
            "is no name that comes from",
        ),
        ({}, (*SERVER, "--cluster-name", "a/b"), "--cluster-name: is not lower-case letters"),
        ({}, ("--server", "http://prod"), "--server: is not an https URL"),
        ({}, (*SERVER, "--ca-file", "gone.crt"), "--ca-file: gone.crt: cannot be read"),
        ({}, (*SERVER, "--exec", "a b"), "--exec: is a whole command line"),
        ({}, (*SERVER, "--exec", ""), "--exec: is not the name of a program"),
        ({}, (*SERVER, *EXEC, f"--exec-arg=--password={PLANTED}"), "--exec-arg (number 2): looks like a secret"),
        ({}, (*SERVER, *EXEC, f"--exec-arg={PLANTED}"), "--exec-arg (number 2): looks like"),
        (
            {},
            (*SERVER, *EXEC, "--exec-env", f"API_TOKEN={PLANTED}"),
            "--exec-env (number 1): API_TOKEN looks like a secret",
        ),
        ({}, (*SERVER, *EXEC, "--exec-env", PLANTED), "--exec-env (number 1): is not NAME=VALUE"),
        ({}, (*SERVER, *EXEC, "--exec-env", "A=1", "--exec-env", "A=2"), "sets A a second time"),
        ({}, (*SERVER, *EXEC, "--exec-arg={namespace}"), "{namespace} needs --separate-credentials"),
        ({}, (*SERVER, *EXEC, "--exec-arg=a\nb"), "more than one line"),
        ({}, (), "give either --server https://prod.example.com:6443 or --from-kubeconfig FILE"),
        ({}, (*SERVER, "--from-kubeconfig", "x"), "give either --server"),
        ({}, (*SERVER, "--context", "x"), "--context goes with --from-kubeconfig"),
        ({}, ("--from-kubeconfig", "x", "--ca-file", "x"), "--ca-file goes with --server"),
        ({}, (*SERVER, "--exec-arg=x"), "go with --exec COMMAND"),
        ({}, (*SERVER, *EXEC, "--client-id", "x"), "are of the baseline's oidc"),
        ({}, (*SERVER, "--force"), "--force goes with --out"),
    ],
)
def test_bad_input_is_refused(asked: Ask, asks: dict[str, Any], more: tuple[str, ...], says: str) -> None:
    result = asked(*more, **asks)
    assert result.exit_code == 2
    assert says in result.stderr
    assert PLANTED not in result.output
    assert not result.stdout


def test_an_unknown_context_names_those_that_there_are(asked: Ask, tmp_path: Path) -> None:
    result = asked(*written(tmp_path), "--context", "dev")
    assert result.exit_code == 2
    assert '--context: "dev" is no context of admin.conf; known are prod' in result.stderr


def test_every_problem_is_told_at_once(asked: Ask) -> None:
    result = asked("--server", "x", "--exec", "", user="nobody", tenant="payments")
    assert [line.split(":")[1].strip() for line in result.stderr.splitlines()] == ["--server", "--user", "--exec"]


def test_a_file_is_private_and_is_replaced_on_request_only(asked: Ask, tmp_path: Path) -> None:
    out = tmp_path / "out/alice.kubeconfig"
    assert "cannot be written" in asked(*SERVER, "--out", str(out)).stderr
    out.parent.mkdir()
    result = asked(*SERVER, "--out", str(out))
    assert result.exit_code == 0
    assert not result.stdout
    assert "payments-api.dev, payments-db.dev" in result.stderr
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    first = out.read_text()
    assert yaml.safe_load(first)["current-context"] == "payments-api.dev"
    again = asked(*SERVER, "--out", str(out), "--cluster-name", "prod")
    assert again.exit_code == 2
    assert "exists already; name another file, or replace it with --force" in again.stderr
    assert out.read_text() == first
    out.chmod(0o644)
    assert asked(*SERVER, "--out", str(out), "--cluster-name", "prod", "--force").exit_code == 0
    assert "payments-api.prod" in out.read_text()
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert [one.name for one in out.parent.iterdir()] == [out.name]
