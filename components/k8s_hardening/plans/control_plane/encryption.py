"""Encryption at rest as settings of the API server, the files behind them, and what bootstrap does on the nodes."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

from k8s_hardening.kube.encryption import (
    FLAG,
    KEY_BYTES,
    KMS_V1_DEPRECATED_SINCE,
    RELOAD_FLAG,
    RELOAD_SINCE,
    key_length,
)
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.encryption import EncryptionSpec, KmsVersion
from k8s_hardening.plans.control_plane.encryption_files import (
    CONFIG,
    LIVE_FOLDER,
    SCRIPT,
    TEMPLATE,
    bootstrap_text,
    filled_text,
    key_file,
    template_text,
)
from k8s_hardening.plans.control_plane.part import Component, Mount, Part, Setting
from k8s_hardening.plans.plan import HostFile

__all__ = ["CONFIG", "filled_text", "plan_encryption", "read_inline_keys"]


def plan_encryption(spec: EncryptionSpec, kubernetes: KubeVersion) -> Part:
    """The flags with the folders they need, the template and the script; no key, and no file that holds one.

    With `inline_keys_from_config` there is neither template nor script: whoever reads the secret writes `CONFIG` with
    `filled_text`.
    """
    settings = [Setting(Component.API_SERVER, FLAG, (CONFIG,), mounts=tuple(_mounts(spec)))]
    if kubernetes >= RELOAD_SINCE:
        settings.append(Setting(Component.API_SERVER, RELOAD_FLAG, ("true",)))
    files: tuple[HostFile, ...] = ()
    if spec.inline_keys_from_config is None:
        files = (
            HostFile(TEMPLATE, template_text(spec, kubernetes)),
            HostFile(SCRIPT, bootstrap_text(spec)),
        )
    return Part(settings=tuple(settings), files=files, advice=tuple(_advice(spec, kubernetes)))


def _mounts(spec: EncryptionSpec) -> Iterator[Mount]:
    yield Mount(LIVE_FOLDER, is_folder=True)
    sockets = {provider.kms.endpoint for group in spec.groups for provider in group.providers if provider.kms}
    for folder in sorted({socket.removeprefix("unix://").rpartition("/")[0] for socket in sockets}):
        yield Mount(folder, is_folder=True)


def _advice(spec: EncryptionSpec, kubernetes: KubeVersion) -> Iterator[str]:
    if spec.inline_keys_from_config is not None:
        yield (
            f"Encryption keys come from the secret configuration key {spec.inline_keys_from_config}: who can decrypt "
            "the stack's state can decrypt etcd; prefer a KMS or keys that are made on the nodes."
        )
    else:
        yield from _bootstrap_advice(spec)
    if kubernetes < RELOAD_SINCE:
        yield (
            f"Before {RELOAD_SINCE} an API server reads {CONFIG} only when it starts: after each change start the "
            "servers again, one after the other."
        )
    kinds = {provider.kind for group in spec.groups for provider in group.providers}
    if "aescbc" in kinds:
        yield "AES-CBC does not authenticate what it encrypts; use it only where FIPS 140 asks for it, else secretbox."
    if "aesgcm" in kinds:
        yield "AES-GCM is safe for 200,000 writes with one key; see that its rotation really happens in time."
    uses_v1 = any(
        provider.kms is not None and provider.kms.api_version is KmsVersion.V1
        for group in spec.groups
        for provider in group.providers
    )
    if uses_v1 and kubernetes >= KMS_V1_DEPRECATED_SINCE:
        yield f"KMS v1 is deprecated in {kubernetes} and off in the next version; move to a plug-in that speaks v2."
    if any(group.reads_plain_text_while_migrating for group in spec.groups):
        yield (
            "Values in plain text are still read; when `k8s-hardening encryption status` counts none, remove "
            "reads_plain_text_while_migrating."
        )
    if not any("configmaps" in group.resources or "*." in group.resources or "*.*" in group.resources
               for group in spec.groups):  # fmt: skip
        yield "ConfigMaps stay in plain text; add configmaps to a group unless nothing in them is confidential."


def _bootstrap_advice(spec: EncryptionSpec) -> Iterator[str]:
    for key in spec.node_keys():
        yield (
            f"Key {key.name}: on the first node of the control plane run `sh {SCRIPT} make {key.name}`; for each other "
            f"node run `ssh FIRST cat {key_file(key)} | ssh OTHER sh {SCRIPT} take {key.name}`; keep a copy outside of "
            "the cluster, since no backup of etcd can be read without it."
        )
    yield (
        f"On every node of the control plane run `sh {SCRIPT} fill` before its API server starts, and again after "
        "each change of the template."
    )
    yield (
        "A cluster that already holds Secrets in plain text first needs reads_plain_text_while_migrating and "
        f"`sh {SCRIPT} prepare` on every node; `k8s-hardening encryption next` says each step."
    )


def read_inline_keys(text: str) -> dict[str, str]:
    """The keys in the value of the configuration key `inline_keys_from_config`: names with base64, as JSON.

    Raises:
        ValueError: it is no such mapping, or a key has another length; never with a part of the value.
    """
    try:
        found: Any = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not all(isinstance(secret, str) for secret in found.values()):
        raise ValueError('is not a mapping of names of keys to base64; for example {"key-1": "<base64>"}')
    for number, secret in enumerate(found.values(), 1):
        if key_length(secret) != KEY_BYTES:
            raise ValueError(f"holds as number {number} a key that is not {KEY_BYTES} bytes in base64")
    return {name: base64.b64encode(base64.b64decode(secret)).decode() for name, secret in found.items()}
