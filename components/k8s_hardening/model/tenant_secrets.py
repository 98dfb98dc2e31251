"""Secrets of a tenant: names, keys and readers, never a value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from k8s_hardening.kube.names import is_dns1123_subdomain
from k8s_hardening.kube.secrets import OPAQUE, REQUIRED_KEYS, TOKEN_TYPE, key_problem, missing_keys
from k8s_hardening.model.base import Model
from k8s_hardening.model.checked import ObjectName, Switch, TenantNamespace, config_key, matching, not_empty, wrong
from k8s_hardening.model.service_accounts import AccountName

HIDDEN = "[secret]"
"""What stands for a value wherever it could show: in inputs, state and messages."""
_RESERVED = ("kubernetes.io/", "bootstrap.kubernetes.io/")


def _key(text: str) -> str:
    if (problem := key_problem(text)) is not None:
        raise wrong(f"is not a key of a Secret: it {problem}", '"password" or "tls.key"')
    return text


def _type(text: str) -> str:
    if text == TOKEN_TYPE:
        raise wrong(
            "is for tokens without an end; mount a projected token, which names its audience and ends",
            'service_accounts: [{name: "api", token: {audience: "vault"}}]',
        )
    if text.startswith(_RESERVED) and text not in REQUIRED_KEYS:
        raise wrong("is no type that a tenant's Secret may have", f'"{OPAQUE}" or "kubernetes.io/tls"')
    return text


SecretKey = Annotated[str, AfterValidator(_key)]
SecretType = Annotated[
    str,
    matching(r"[A-Za-z0-9](?:[A-Za-z0-9./_-]*[A-Za-z0-9])?", "is not a type of Secrets", f'"{OPAQUE}"'),
    AfterValidator(_type),
]
SecretVersion = Annotated[
    str, matching(r"[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?", "is not the end of a name: letters, digits and -", '"2026-11"')
]
_ConfigKey = Annotated[str, config_key("dbPassword")]


class _SecretSpec(Model):
    """What all Secrets of tenants have; a subclass says what stands for the values."""

    name: ObjectName = Field(examples=["db"])
    """Name of the Secret, without its version."""
    namespace: TenantNamespace = Field(examples=["payments-api"])
    """Namespace of the tenant in which it lies."""
    type: SecretType = Field(default=OPAQUE, examples=["kubernetes.io/tls"])
    """Type of the Secret; those of Kubernetes ask for keys of their own."""
    version: SecretVersion | None = Field(default=None, examples=["2026-11"])
    """End of its name (<name>-<version>), so that new values are a new Secret and pods roll over to it."""
    immutable: Switch = False
    """Let nobody change the values; needs a version, since new values need a new name then."""
    readers: tuple[AccountName, ...] = Field(default=(), examples=[["api"]])
    """Service accounts of the namespace that may read it by the API: get, this one only. A mount needs no reader."""

    def versions(self) -> Iterator[tuple[str, Mapping[str, str]]]:
        """Name of each Secret with what stands for its values, the present one first."""
        yield self.secret_name, self._present()
        for version, values in self._previous().items():
            yield f"{self.name}-{version}", values

    @property
    def secret_name(self) -> str:
        """Name of the present Secret."""
        return self.name if self.version is None else f"{self.name}-{self.version}"

    def _present(self) -> Mapping[str, str]:
        raise NotImplementedError

    def _previous(self) -> Mapping[str, Mapping[str, str]]:
        raise NotImplementedError

    @model_validator(mode="after")
    def _versions_fit(self) -> Self:
        if self.version is None and (self.immutable or self._previous()):
            why = "is immutable" if self.immutable else "has previous versions"
            raise wrong(f"{why} and has no version", '{version: "2"}')
        if self.version in self._previous():
            raise wrong(f'has "{self.version}" as its present and as a previous version', '{version: "2"}')
        for name, values in self.versions():
            if not is_dns1123_subdomain(name):
                raise wrong(f'makes the name "{name}", which is none of a Secret', '{name: "db", version: "2"}')
            # Values of a program in another language may all arrive at once, their keys with them.
            if values and (missing := missing_keys(self.type, values)):
                told = " and ".join(" or ".join(group) for group in missing)
                raise wrong(f"is of type {self.type} and has no {told}", f'the key "{missing[0][0]}"')
        return self


_KEYS = {"password": "dbPassword"}


class ConfiguredSecretSpec(_SecretSpec):
    """A Secret whose values come from the stack's secret configuration."""

    keys: Annotated[dict[SecretKey, _ConfigKey], not_empty('{password: "dbPassword"}')] = Field(examples=[_KEYS])
    """Key of the Secret -> key of this stack's secret configuration that holds its value."""
    previous: dict[SecretVersion, Annotated[dict[SecretKey, _ConfigKey], not_empty('{password: "dbPassword"}')]] = (
        Field(default={}, examples=[{"2026-05": {"password": "dbPasswordBefore"}}])
    )
    """Version before -> its keys; each stays until it is taken out here."""

    def _present(self) -> Mapping[str, str]:
        return self.keys

    def _previous(self) -> Mapping[str, Mapping[str, str]]:
        return self.previous

    def config_keys(self) -> Iterator[str]:
        """The keys of the configuration that it reads, in order, each once."""
        yield from dict.fromkeys(key for _, keys in self.versions() for key in keys.values())


class TenantSecretInputs(_SecretSpec):
    """Inputs of the component `TenantSecret`; here and in the state `[secret]` stands in place of every value."""

    data: dict[SecretKey, str] = Field(examples=[{"password": "[secret]"}])
    """Key -> value, each a secret of Pulumi such as Config.require_secret gives; a plain value is refused."""
    previous: dict[SecretVersion, dict[SecretKey, str]] = Field(
        default={}, examples=[{"2026-05": {"password": "[secret]"}}]
    )
    """Version before -> its keys and values; each stays until it is taken out here."""
    into_cluster: Switch = True
    """Make the Secret; false for a provider that renders, since that one would write its values readably."""

    def _present(self) -> Mapping[str, str]:
        return self.data

    def _previous(self) -> Mapping[str, Mapping[str, str]]:
        return self.previous
