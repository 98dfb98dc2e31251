"""The component `TenantSecret`: values come in as secrets alone, and nothing but the Secret itself holds them."""

from __future__ import annotations

import base64
import gc
import json
from collections.abc import Mapping
from typing import Any

import pulumi
import pytest

from k8s_hardening import TenantSecret, TenantSecretArgs
from k8s_hardening.resources.host import HardeningProvider
from tests.resources.monitor import Recording, record

SECRET = "4dabf18193072939515e22adb298388d"  # noqa: S105 - how the wire marks a secret (pulumi/sdk, rpc.py)
PASSWORD, BEFORE = "hunter2-planted", "hunter1-planted"
CONFIG = {"k8s-hardening:dbPassword": PASSWORD, "k8s-hardening:dbPasswordBefore": BEFORE}


def configured(key: str = "dbPassword") -> pulumi.Output[str]:
    return pulumi.Config("k8s-hardening").require_secret(key)


def args(**changes: Any) -> TenantSecretArgs:
    """A Secret with one key, from the configuration."""
    whole: Any = {"name": "db", "namespace": "payments-api", "data": {"password": configured()}, **changes}
    made: TenantSecretArgs = {key: value for key, value in whole.items() if value is not None}  # type: ignore[assignment]
    return made


def made(into: Recording | None = None, **changes: Any) -> Recording:
    def program() -> None:
        given = {key: value() if callable(value) else value for key, value in changes.items()}
        TenantSecret("db", args(**given))

    return record(program, config=CONFIG, secret_keys=list(CONFIG), into=into)


def refused(**changes: Any) -> str:
    """What a user reads; nothing of it holds a value, and no object is made."""
    recording = Recording()
    with pytest.raises(pulumi.RunError) as caught:
        made(recording, **changes)
    # The SDK leaves futures with the error to the collector, which tells of them; not amidst of another test.
    gc.collect()
    assert recording.objects() == []
    assert not any(text in str(caught.value) for text in (PASSWORD, BEFORE, "plain-planted"))
    return str(caught.value)


def values_of(recording: Recording, name: str) -> dict[str, str]:
    data = recording.named(name).inputs["data"]
    assert data[SECRET] == "1b47061264138c4ac30d75fd1eb44270", "the data is not marked as a secret"
    return {key: base64.b64decode(value).decode() for key, value in data["value"].items()}


def test_one_secret_is_made_and_nothing_else_holds_its_value() -> None:
    recording = made()
    found = {one.name: one.type for one in recording.resources}
    assert found == {
        "db": "k8s-hardening:index:TenantSecret",
        "db/Secret/payments-api/db": "kubernetes:core/v1:Secret",
    }
    secret = recording.named("db/Secret/payments-api/db")
    assert secret.inputs["type"] == "Opaque"
    assert "immutable" not in secret.inputs
    assert values_of(recording, secret.name) == {"password": PASSWORD}
    component = recording.named("db").inputs
    assert component["data"] == {"password": "[secret]"}
    rest = json.dumps([component, recording.component_outputs, recording.outputs])
    assert PASSWORD not in rest
    assert base64.b64encode(PASSWORD.encode()).decode() not in rest


def test_readers_get_a_role_for_these_names_and_get_alone() -> None:
    recording = made(readers=["worker", "api"], version="2", previous=lambda: {"1": {"password": configured()}})
    role = recording.named("db/Role/payments-api/read-secret-db").inputs
    assert role["rules"] == [
        {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["db-1", "db-2"], "verbs": ["get"]}
    ]
    binding = recording.named("db/RoleBinding/payments-api/read-secret-db")
    assert binding.dependencies == ("db/Role/payments-api/read-secret-db",)
    assert binding.inputs["subjects"] == [
        {"kind": "ServiceAccount", "name": name, "namespace": "payments-api"} for name in ("api", "worker")
    ]


def test_a_version_is_a_secret_of_its_own_and_the_one_before_stays() -> None:
    recording = made(version="2", immutable=True, previous=lambda: {"1": {"password": configured("dbPasswordBefore")}})
    assert values_of(recording, "db/Secret/payments-api/db-2") == {"password": PASSWORD}
    assert values_of(recording, "db/Secret/payments-api/db-1") == {"password": BEFORE}
    assert all(one.inputs["immutable"] is True for one in recording.objects())
    before = made(version="1", immutable=True, data=lambda: {"password": configured("dbPasswordBefore")})
    earlier, later = (one.named("db/Secret/payments-api/db-1").inputs for one in (before, recording))
    assert earlier == later, "rotation must leave the Secret of the version before as it was"


def test_outputs_are_known_at_preview_and_a_workload_waits_for_the_secret() -> None:
    def program() -> None:
        secret = TenantSecret("db", args(version="2"))
        spec = {"volumes": [secret.volume], "mounts": [secret.volume_mount], "name": secret.secret_name}
        pulumi.CustomResource("test:index:Workload", "app", spec)

    recording = record(program, config=CONFIG, secret_keys=list(CONFIG))
    app = recording.named("app")
    assert app.inputs["name"] == "db-2"
    assert app.inputs["volumes"] == [
        {"name": "db", "secret": {"secretName": "db-2", "defaultMode": 256, "optional": False}}
    ]
    assert app.inputs["mounts"] == [{"name": "db", "mountPath": "/run/secrets/db", "readOnly": True}]
    assert "db/Secret/payments-api/db-2" in app.dependencies
    assert recording.component_outputs["db"]["secretName"] == "db-2"


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"data": {"password": "plain-planted"}}, "db.data.password"),
        ({"data": "plain-planted"}, "db.data"),
        ({"data": lambda: {"password": pulumi.Output.from_input("plain-planted")}}, "db.data.password"),
        ({"data": lambda: pulumi.Output.from_input({"password": "plain-planted"})}, "db.data"),
        ({"data": lambda: {"password": configured(), "user": "plain-planted"}}, "db.data.user"),
        ({"version": "2", "previous": {"1": {"password": "plain-planted"}}}, 'db.previous["1"].password'),
    ],
    ids=["text", "no mapping", "an Output that is no secret", "all of it", "beside a secret", "a version before"],
)
def test_a_value_that_anybody_can_read_is_refused(changes: dict[str, Any], path: str) -> None:
    text = refused(**changes)
    assert text == (
        f"{path}: [secret] is not a secret of Pulumi, so it would stand readably in state; "
        'for example pulumi.Config().require_secret("dbPassword")'
    )


def test_values_may_arrive_all_at_once_as_another_language_may_send_them() -> None:
    recording = made(data=lambda: pulumi.Output.secret({"password": PASSWORD, "user": "app"}))
    assert values_of(recording, "db/Secret/payments-api/db") == {"password": PASSWORD, "user": "app"}
    assert recording.named("db").inputs["data"] == {}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"data": lambda: {"pass word": configured()}}, 'db.data["pass word"]: "pass word" is not a key of a Secret'),
        ({"data": lambda: {"..data": configured()}}, 'db.data["..data"]: "..data" is not a key of a Secret'),
        ({"data": lambda: {"a" * 254: configured()}}, "has 254 characters, at most 253 are allowed"),
        ({"data": lambda: pulumi.Output.secret({"a/b": PASSWORD})}, 'db.data: the key "a/b" has other characters'),
        ({"data": lambda: pulumi.Output.secret({"a": 5})}, "db.data.a: [secret] is not a text"),
        ({"data": {}}, "db.data: {} is empty"),
        ({"data": lambda: pulumi.Output.secret([PASSWORD])}, "db.data: [secret] is no mapping with a key"),
        (
            {"version": "2", "previous": lambda: pulumi.Output.secret({"1": {"password": PASSWORD}})},
            "db.previous: is an Output, and versions must be known at preview",
        ),
        ({"data": None}, "db.data: is missing"),
        (
            {"data": lambda: {"password": pulumi.Output.secret("x" * (1024 * 1024 + 1))}},
            "db.data: holds 1048577 bytes, and a Secret takes 1048576 at most",
        ),
        (
            {"data": lambda: {key: pulumi.Output.secret("ä" * 300_000) for key in ("a", "b")}},
            "db.data: holds 1200000 bytes",
        ),
        ({"type": "kubernetes.io/tls"}, "is of type kubernetes.io/tls and has no tls.crt and tls.key"),
        ({"type": "kubernetes.io/basic-auth", "data": lambda: {"user": configured()}}, "has no username or password"),
        ({"type": "kubernetes.io/service-account-token"}, "is for tokens without an end; mount a projected token"),
        ({"type": "kubernetes.io/TLS"}, "is no type that a tenant's Secret may have"),
        (
            {
                "type": "kubernetes.io/dockerconfigjson",
                "data": lambda: {".dockerconfigjson": pulumi.Output.secret("no-json")},
            },
            "has a .dockerconfigjson that is not a JSON object",
        ),
        ({"immutable": True}, "is immutable and has no version"),
        ({"previous": lambda: {"1": {"password": configured()}}}, "has previous versions and has no version"),
        ({"version": "1", "previous": lambda: {"1": {"password": configured()}}}, 'has "1" as its present and as a'),
        ({"readers": ["default"]}, 'db.readers[0]: "default" is the account of every pod that names none'),
        ({"namespace": "kube-system"}, "belongs to the system and cannot be a tenant's namespace"),
        ({"name": "Db"}, 'db.name: "Db" is not a DNS-1123 subdomain; for example "db"'),
    ],
)
def test_what_the_server_would_refuse_is_refused_in_words_and_without_a_value(
    changes: dict[str, Any], problem: str
) -> None:
    assert problem in refused(**changes)


def test_the_largest_secret_is_taken() -> None:
    recording = made(data=lambda: {"password": pulumi.Output.secret("x" * (1024 * 1024))})
    assert len(values_of(recording, "db/Secret/payments-api/db")["password"]) == 1024 * 1024


def test_where_objects_are_rendered_only_the_role_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(pulumi, "warn", lambda text, resource: said.append(text))
    recording = made(into_cluster=False, readers=["api"])
    assert {one.type.rpartition(":")[2] for one in recording.objects()} == {"Role", "RoleBinding"}
    assert said == ["The Secret db is not made, as into_cluster is false."]


def test_a_program_of_another_language_hands_its_secrets_over_whole() -> None:
    provider: Any = HardeningProvider([TenantSecret])
    definition = provider._component_defs["TenantSecret"]
    given = {
        "name": "db",
        "namespace": "payments-api",
        "data": {"db_password": pulumi.Output.secret(PASSWORD)},
        "previous": {"2026-05": {"db_password": pulumi.Output.secret(BEFORE)}},
        "version": "2026-11",
        "readers": ["api"],
        "immutable": True,
        "intoCluster": True,
    }
    mapped: Mapping[str, Any] = provider.map_inputs(given, definition)

    def program() -> None:
        TenantSecret("db", mapped)  # type: ignore[arg-type]

    recording = record(program)
    assert values_of(recording, "db/Secret/payments-api/db-2026-11") == {"db_password": PASSWORD}
    assert values_of(recording, "db/Secret/payments-api/db-2026-05") == {"db_password": BEFORE}
