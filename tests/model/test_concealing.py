"""What is refused is shown, but for secrets: in fields for configuration keys, and in URLs, wherever they stand."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from k8s_hardening.controls.control import describe
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.checked import ConfigKey
from k8s_hardening.model.images import PullSecretSpec
from k8s_hardening.model.problems import BadInputError, explain, shown
from k8s_hardening.model.reading import read_baseline
from tests.model.sample import sample

SECRET = {"name": "db", "namespace": "payments-api", "keys": {"password": "dbPassword"}}
# Where a secret can be put in place of the key that names it: one for each such field of the baseline.
PLACES = {
    "target": ("context_config",),
    "images": ("pull_secret_config",),
    "control_plane.encryption": ("inline_keys_from_config",),
    "tenants.secrets.keys": ("password",),
    "tenants.secrets.previous": ("2026-05", "password"),
}
MISTAKES = [
    "hunter2 secret!",
    "hunter2 secret! " * 20,
    {"value": "hunter2"},
    {"hunter2": "dbPassword"},
    {"secure": "hunter2", "and": "hunter2"},
    ["hunter2"],
    [{"a": ["hunter2"]}],
]


def fields_for_keys(annotation: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Path of each field of a model that names a key of the configuration."""
    if isinstance(annotation, ConfigKey):
        yield ".".join(path)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            yield from fields_for_keys(field, (*path, name))
    else:
        parts = (annotation.annotation, *annotation.metadata) if isinstance(annotation, FieldInfo) else ()
        for part in (*parts, *typing.get_args(annotation)):
            yield from fields_for_keys(part, path)


def problems_of(raw: dict[str, Any]) -> list[str]:
    with pytest.raises(BadInputError) as caught:
        read_baseline(raw)
    return list(caught.value.problems)


def problems_or_none(raw: dict[str, Any]) -> list[str]:
    try:
        read_baseline(raw)
    except BadInputError as error:
        return list(error.problems)
    return []


def with_value(field: str, value: Any) -> dict[str, Any]:
    if field == "target":
        return sample({"target": {"context_config": value}})
    if not field.startswith("tenants"):
        return sample({f"{field.replace('.', '/')}/{PLACES[field][0]}": value})
    *steps, last = (field.rpartition(".")[2], *PLACES[field])
    secret = {**SECRET, "version": "2"}
    holder: Any = secret
    for step in steps:
        holder[step] = dict(holder.get(step, {}))
        holder = holder[step]
    holder[last] = value
    return sample({"tenants/0/secrets": [secret]})


def test_these_are_all_fields_for_keys_of_the_configuration() -> None:
    found = set(fields_for_keys(Baseline))
    known = {f"{place}.{steps[0]}" if not place.startswith("tenants") else place for place, steps in PLACES.items()}
    assert found == known


@pytest.mark.parametrize("field", PLACES)
@pytest.mark.parametrize("value", MISTAKES, ids=range(len(MISTAKES)))
def test_no_value_of_a_field_for_keys_is_shown(field: str, value: Any) -> None:
    lines = problems_of(with_value(field, value))
    assert "hunter2" not in "\n".join(lines)
    assert PLACES[field][-1] in "\n".join(lines)


@pytest.mark.parametrize("field", PLACES)
@pytest.mark.parametrize("value", MISTAKES, ids=range(len(MISTAKES)))
def test_nor_beside_another_mistake(field: str, value: Any) -> None:
    raw = with_value(field, value)
    raw["environment"] = "No Label"
    raw["tenants"].append(raw["tenants"][0])
    raw["tenants"][0]["secrets"] = [*raw["tenants"][0].get("secrets", ()), {**SECRET, "readers": ["nobody"]}]
    assert "hunter2" not in "\n".join(problems_of(raw))


@pytest.mark.parametrize("value", ["hunter2 secret!", ["hunter2"], [{"keys": "hunter2"}], {"keys": {"a": "hunter2 !"}}])
@pytest.mark.parametrize("steps", ["target", "images", "tenants/0/secrets", "tenants/0/secrets/keys"])
def test_nor_one_level_too_high(steps: str, value: Any) -> None:
    raw = sample({"tenants/0/secrets": [{**SECRET, "keys": value}]} if steps.endswith("keys") else {steps: value})
    assert "hunter2" not in "\n".join(problems_of(raw))


def test_its_length_and_a_good_value_are_told() -> None:
    (line,) = problems_of(sample({"tenants/0/secrets": [{**SECRET, "keys": {"password": "hunter2 secret!"}}]}))
    assert line.partition(": ")[2] == (
        '(a value of 15 characters) is not a key of the configuration; for example "dbPassword"'
    )


def test_neither_do_components_show_it() -> None:
    with pytest.raises(ValidationError) as caught:
        PullSecretSpec.model_validate({"config": "hunter2 secret!", "registries": ["registry.example.com"]})
    assert explain(caught.value, PullSecretSpec, "pull") == [
        'pull.config: (a value of 15 characters) is not a key of the configuration; for example "registryPullSecret"'
    ]


URLS = [
    "https://user:hunter2@registry.example.com",
    "https://hunter2@registry.example.com/path",
    "HTTPS://user:hun/ter2/hunter2@registry.example.com",
    "https://user:hunter2 with blanks@registry.example.com",
    'https://user:"hunter2"@registry.example.com',
    "https://user:hunter2@x@registry.example.com",
    "https://user:hunter2@registry.example.com/app@sha256:" + "0" * 64,
    "//user:hunter2@registry.example.com",
    "user:hunter2@registry.example.com",
    "https:/user:hunter2@registry.example.com",
    "https://" + "user" * 30 + ":hunter2@registry.example.com",
]
WEBHOOK = {"url": "https://reviews.example.com/authorize"}
FIELDS_WITH_URLS = [
    "images/registries/0",
    "control_plane/api_server/etcd/servers",
    "control_plane/authentication/service_accounts/issuers",
    "control_plane/authentication/service_accounts/api_audiences",
    "control_plane/authentication/oidc",
    "control_plane/authentication/webhook",
    "control_plane/authorization/webhooks",
    "control_plane/audit/webhook",
    "control_plane/admission/image_policy",
    "dns",
    "tenants/0/name",
    "tenants/0/registries",
    "tenants/0/flows",
    "environment",
    "unknown",
]


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("field", FIELDS_WITH_URLS)
def test_no_user_of_a_url_is_shown(field: str, url: str) -> None:
    shapes = (url, [url], [url, " "], {"url": url}, [{"url": url}], {url: url}, {"name": url})
    lines = [line for value in shapes for line in problems_or_none(sample({field: value}))]
    assert lines
    assert "hunter2" not in "\n".join(lines)


def test_the_host_is_shown() -> None:
    (line,) = problems_of(sample({"images/registries": ["https://user:hunter2@registry.example.com"]}))
    assert '"https://[secret]@registry.example.com" is not a registry' in line


@pytest.mark.parametrize(
    "text",
    [
        "https://registry.example.com/app@sha256:0123",
        "registry.example.com:5000/app@sha256:0123",
        "app:1.0@sha256:0123",
        "https://login.example.com/realms/k8s",
        "alice@example.com",
        "Ask: ops@example.com",
    ],
)
def test_what_holds_no_password_is_shown_as_it_is(text: str) -> None:
    assert shown(text) == f'"{text}"'


def test_names_of_people_are_shown() -> None:
    (line,) = problems_of(sample({"tenants/0/viewers": ["usr:alice@example.com"]}))
    assert '"usr:alice@example.com" is not a subject' in line


def test_aliases_that_explode_or_hold_themselves_are_concealed_quickly() -> None:
    bomb: Any = "hunter2 secret!"
    for _ in range(30):
        bomb = [bomb] * 9
    loop: dict[str, Any] = {}
    loop |= {"secrets": [loop] * 9, "keys": loop, "name": loop}
    for value in (bomb, {"keys": bomb}, loop, [loop]):
        for place in ("tenants", "tenants/0/secrets", "target", "images", "control_plane/encryption"):
            lines = problems_of(sample({place: value}))
            assert lines
            assert max(map(len, lines)) < 400
            assert place == "tenants" or "hunter2" not in "\n".join(lines)


def test_findings_show_no_password_of_a_url_either() -> None:
    assert describe({"url": "https://user:hunter2@proxy.example.com", "to": "a@b"}) == (
        '{"url": "https://[secret]@proxy.example.com", "to": "a@b"}'
    )
