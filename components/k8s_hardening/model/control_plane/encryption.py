"""Encryption at rest: which resources the API server encrypts in etcd, and with which keys.

A key is a reference: its name here, its bytes only on the nodes (or behind a KMS plug-in). The first key of the first
provider writes, all others only read; `k8s-hardening encryption next` says which change is the next safe one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field, model_validator

from k8s_hardening.kube.encryption import KMS_V1_OFF_SINCE, KMS_V2_ON_SINCE
from k8s_hardening.kube.encryption_resources import Resource, name_problem
from k8s_hardening.kube.version import NEWEST, KubeVersion
from k8s_hardening.model.base import Model
from k8s_hardening.model.checked import Switch, config_key, matching, not_empty, wrong
from k8s_hardening.model.dialect import Dialect
from k8s_hardening.model.raw import Loc, Problem

# Part of the prefix of each value in etcd, where a colon ends it, and of the name of a file.
KeyName = Annotated[
    str,
    matching(
        r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?",
        "is not the name of a key (small letters, digits and dashes, at most 63)",
        '"key-1"',
    ),
]
_NodeFile = Annotated[
    str,
    matching(
        r"(?!.*/\.{1,2}(?:/|$))(?:/[A-Za-z0-9._-]+){2,}",
        "is not an absolute path on the node",
        '"/etc/kubernetes/hardening/encryption/keys/key-1"',
    ),
]
_ConfigKey = Annotated[str, config_key("encryptionKeys")]
_Timeout = Annotated[str, matching(r"[1-9][0-9]{0,4}(?:ms|s)", "is not a duration above zero", '"3s"')]
_SHARED_FOLDERS = frozenset({"", "/etc", "/run", "/tmp", "/var", "/var/run", "/var/tmp"})  # noqa: S108 - refused here


def _endpoint(text: str) -> str:
    # The server's pod sees the socket's folder, since a plug-in that starts again makes a new socket.
    if text.removeprefix("unix://").rpartition("/")[0] in _SHARED_FOLDERS:
        raise wrong(
            "is not in a folder of its own, and the API server would see all of the folder",
            '"unix:///run/kms/vault.sock"',
        )
    return text


_Endpoint = Annotated[
    str,
    matching(
        r"unix://(?!.*/\.{1,2}(?:/|$))(?:/[A-Za-z0-9._-]+)+",
        "is not a unix socket with an absolute path, the only kind that servers take",
        '"unix:///run/kms/vault.sock"',
    ),
    AfterValidator(_endpoint),
]


class NodeKey(Model):
    """A key by reference: made once, on the first node of the control plane, and copied to the others."""

    name: KeyName = Field(examples=["key-1"])
    """Name of the key, stored with each value it encrypts; a new key needs a new name."""
    node_file: _NodeFile | None = Field(default=None, examples=["/etc/kubernetes/hardening/encryption/keys/key-1"])
    """File on the nodes that holds the key, 32 random bytes in base64; absent means keys/<name> beside the script."""


_Keys = Annotated[tuple[NodeKey, ...], not_empty('[{name: "key-1"}]')]
_KEYS_EXAMPLE = [[{"name": "key-1"}]]


class SecretboxSpec(Model):
    """XSalsa20 and Poly1305: the strongest provider whose keys lie on the nodes."""

    keys: _Keys = Field(examples=_KEYS_EXAMPLE)
    """Keys; the first of the first provider writes."""


class AesCbcSpec(Model):
    """AES-CBC: weak, since it does not authenticate; for clusters that need FIPS 140 and have no KMS."""

    keys: _Keys = Field(examples=_KEYS_EXAMPLE)
    """Keys of 32 bytes; the first of the first provider writes."""


class AesGcmSpec(Model):
    """AES-GCM with random nonces: safe only while something rotates the key before 200,000 writes."""

    keys: _Keys = Field(examples=_KEYS_EXAMPLE)
    """Keys of 32 bytes; the first of the first provider writes."""
    rotation_is_automated: Switch = False
    """Confirms that something rotates the key in time; without it the provider is refused."""

    @model_validator(mode="after")
    def _rotated(self) -> AesGcmSpec:
        if not self.rotation_is_automated:
            raise wrong(
                "uses AES-GCM without rotation_is_automated, and a nonce that repeats gives its texts away; use "
                "secretbox, or confirm that something rotates the key before 200,000 writes",
                '{secretbox: {keys: [{name: "key-1"}]}}',
            )
        return self


class KmsVersion(StrEnum):
    """The interface of a KMS plug-in."""

    V2 = "v2"
    V1 = "v1"


class KmsSpec(Model):
    """A plug-in on the node that keeps the key in a key management service."""

    name: KeyName = Field(examples=["vault"])
    """Name of the plug-in, stored with each value; unique in the whole configuration."""
    endpoint: _Endpoint = Field(examples=["unix:///run/kms/vault.sock"])
    """Unix socket of the plug-in, in a folder of its own."""
    timeout: _Timeout = "3s"
    """How long the server waits for the plug-in."""
    api_version: KmsVersion = KmsVersion.V2
    """v2 from Kubernetes 1.27 on; v1 only before 1.29."""


class ProviderSpec(Model):
    """One provider: exactly one of its kinds."""

    kms: KmsSpec | None = Field(default=None, examples=[{"name": "vault", "endpoint": "unix:///run/kms/vault.sock"}])
    """The best choice: no key lies on the nodes."""
    secretbox: SecretboxSpec | None = Field(default=None, examples=[{"keys": [{"name": "key-1"}]}])
    """The best choice without a KMS."""
    aescbc: AesCbcSpec | None = Field(default=None, examples=[{"keys": [{"name": "key-1"}]}])
    """Weaker: for FIPS 140 without a KMS."""
    aesgcm: AesGcmSpec | None = Field(
        default=None, examples=[{"keys": [{"name": "key-1"}], "rotation_is_automated": True}]
    )
    """Weaker: only with automated rotation."""

    KINDS: ClassVar[tuple[str, ...]] = ("kms", "secretbox", "aescbc", "aesgcm")

    @model_validator(mode="before")
    @classmethod
    def _no_identity(cls, data: Any) -> Any:
        if isinstance(data, dict) and "identity" in data:
            raise wrong(
                "names identity, which writes plain text; to read old values while they are rewritten, set "
                "reads_plain_text_while_migrating of the group",
                '{secretbox: {keys: [{name: "key-1"}]}}',
            )
        return data

    @model_validator(mode="after")
    def _one_kind(self) -> ProviderSpec:
        if len([kind for kind in self.KINDS if getattr(self, kind) is not None]) != 1:
            raise wrong(
                f"names not exactly one of {', '.join(self.KINDS)}; give each a list item of its own",
                '{secretbox: {keys: [{name: "key-1"}]}}',
            )
        return self

    @property
    def kind(self) -> str:
        """Which kind it is."""
        return next(kind for kind in self.KINDS if getattr(self, kind) is not None)

    @property
    def keys(self) -> tuple[NodeKey, ...]:
        """Its keys on the nodes; none for a KMS."""
        keyed = self.secretbox or self.aescbc or self.aesgcm
        return keyed.keys if keyed is not None else ()


def _resource(text: str) -> str:
    # As of the newest version every form is allowed; what older ones cannot do depends on the version and comes later.
    if (problem := name_problem(text, NEWEST)) is not None:
        raise wrong(problem, '"secrets" or "widgets.example.com"')
    return text


DEFAULT_RESOURCES = ("secrets", "configmaps")


class GroupSpec(Model):
    """Resources that are encrypted by the same providers."""

    resources: Annotated[
        tuple[Annotated[str, AfterValidator(_resource)], ...], not_empty('["secrets", "configmaps"]')
    ] = Field(default=DEFAULT_RESOURCES, examples=[["secrets", "configmaps"]])
    """Plural names with their group: secrets, widgets.example.com; from Kubernetes 1.27 on also *.apps or *.*."""
    providers: Annotated[tuple[ProviderSpec, ...], not_empty('[{secretbox: {keys: [{name: "key-1"}]}}]')] = Field(
        default=(ProviderSpec(secretbox=SecretboxSpec(keys=(NodeKey(name="key-1"),))),),
        examples=[[{"secretbox": {"keys": [{"name": "key-1"}]}}]],
    )
    """Providers in order; the first writes, the others read what was written before."""
    reads_plain_text_while_migrating: Switch = False
    """Weaker: also read values that were never encrypted. Only until all are rewritten: a value that an attacker puts
    into etcd is then read as well."""

    @model_validator(mode="after")
    def _no_overlap(self) -> GroupSpec:
        for one, other in itertools.permutations(self.resources, 2):
            if Resource.parse(one).covers(Resource.parse(other)):
                what = "names it twice" if one == other else f"names it together with {one}, which includes it"
                raise wrong(f'has "{other}" in resources and {what}; the server refuses that', '["secrets", "*.apps"]')
        return self


class EncryptionSpec(Model):
    """What is encrypted in etcd, and how. Left out, it is Secrets and ConfigMaps with a key made on the nodes."""

    groups: Annotated[tuple[GroupSpec, ...], not_empty('[{resources: ["secrets", "configmaps"]}]')] = Field(
        default=(GroupSpec(),), examples=[[{"resources": ["secrets", "configmaps"]}]]
    )
    """Groups in order; entries for single resources come before wildcards that include them."""
    inline_keys_from_config: _ConfigKey | None = Field(default=None, examples=["encryptionKeys"])
    """Weaker: take the bytes of all keys from this secret key of the stack's configuration, a mapping of names to
    base64, so that the engine's state holds them encrypted. Otherwise they never leave the nodes."""

    @model_validator(mode="after")
    def _consistent(self) -> EncryptionSpec:
        for problem in (*_masks(self.groups), *_names(self.groups), *self._places()):
            raise problem
        return self

    def _places(self) -> Iterator[Exception]:
        keys = list(self.node_keys())
        if self.inline_keys_from_config is not None:
            if not keys:
                yield wrong("has inline_keys_from_config, and no provider has a key; remove it", "{groups: [{}]}")
            if any(key.node_file is not None for key in keys):
                yield wrong("has both inline_keys_from_config and a key with a node_file", "{groups: [{}]}")

    def node_keys(self) -> Iterator[NodeKey]:
        """Every key of a provider other than kms, each name once, in order."""
        seen = set()
        for group in self.groups:
            for provider in group.providers:
                for key in provider.keys:
                    if key.name not in seen:
                        seen.add(key.name)
                        yield key

    def problems(self, kubernetes: KubeVersion, dialect: Dialect) -> Iterator[Problem]:
        """What the version of Kubernetes or the dialect cannot do; locations are relative to this."""
        if dialect is Dialect.MANAGED and self.model_fields_set:
            yield (
                (),
                None,
                (
                    "cannot be set, since a managed control plane takes no EncryptionConfiguration; remove it and "
                    "switch on the provider's own encryption with a key of yours; for example on EKS "
                    "encryptionConfig, on GKE database encryption, on AKS the KMS plug-in"
                ),
            )
            return
        for index, group in enumerate(self.groups):
            for position, name in enumerate(group.resources):
                if (problem := name_problem(name, kubernetes)) is not None:
                    yield ("groups", index, "resources", position), name, f'{problem}; for example "secrets"'
            for position, provider in enumerate(group.providers):
                if provider.kms is not None:
                    loc = ("groups", index, "providers", position, "kms", "api_version")
                    yield from _kms_problems(loc, provider.kms.api_version, kubernetes)
        if not any(_covers_secrets(group, kubernetes) for group in self.groups):
            held = [{"resources": list(group.resources)} for group in self.groups]
            yield ("groups",), held, 'leaves out the Secrets; for example [{resources: ["secrets", "configmaps"]}]'


def _kms_problems(loc: Loc, api_version: KmsVersion, kubernetes: KubeVersion) -> Iterator[Problem]:
    if api_version is KmsVersion.V1 and kubernetes >= KMS_V1_OFF_SINCE:
        yield loc, "v1", f'is switched off from {KMS_V1_OFF_SINCE} on; for example "v2"'
    if api_version is KmsVersion.V2 and kubernetes < KMS_V2_ON_SINCE:
        yield loc, "v2", f'is not on before {KMS_V2_ON_SINCE}, where servers drop or refuse it; for example "v1"'


def _covers_secrets(group: GroupSpec, kubernetes: KubeVersion) -> bool:
    return any(
        name_problem(name, kubernetes) is None and Resource.parse(name).covers(Resource("", "secrets"))
        for name in group.resources
    )


def _masks(groups: tuple[GroupSpec, ...]) -> Iterator[Exception]:
    for (first, earlier), (second, later) in itertools.combinations(enumerate(groups), 2):
        for one, other in itertools.product(earlier.resources, later.resources):
            if Resource.parse(one).covers(Resource.parse(other)):
                yield wrong(
                    f'has "{other}" in groups[{second}], where "{one}" in groups[{first}] already decides over it; '
                    "put entries for single resources first, and name each once",
                    '[{resources: ["secrets"]}, {resources: ["*.*"]}]',
                )


def _names(groups: tuple[GroupSpec, ...]) -> Iterator[Exception]:
    """One name is one key everywhere: a value says only the kind of its provider and the name of its key."""
    plug_ins: set[str] = set()
    files: dict[str, str] = {}
    keys: dict[str, tuple[str, NodeKey]] = {}
    for group in groups:
        in_group: set[str] = set()
        for provider in group.providers:
            names = [provider.kms.name] if provider.kms is not None else [key.name for key in provider.keys]
            for name in names:
                if name in in_group or (provider.kms is not None and name in plug_ins):
                    yield wrong(f'gives the name "{name}" to two keys; name each differently', '"key-2"')
                in_group.add(name)
                plug_ins |= {name} if provider.kms is not None else set()
            for key in provider.keys:
                kind, known = keys.setdefault(key.name, (provider.kind, key))
                if kind != provider.kind:
                    yield wrong(
                        f'uses the key "{key.name}" with {kind} and with {provider.kind}; give each a key of its own',
                        '"key-2"',
                    )
                if known.node_file != key.node_file:
                    yield wrong(f'names two files for the key "{key.name}"; name one', '"key-2" for the other')
                if key.node_file is not None and files.setdefault(key.node_file, key.name) != key.name:
                    yield wrong(
                        f'names one file for the keys "{files[key.node_file]}" and "{key.name}"; give each its own',
                        f'"{key.node_file}-2"',
                    )
