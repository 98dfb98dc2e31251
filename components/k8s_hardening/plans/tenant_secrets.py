"""Secrets of tenants: who may read them by the API, and what is said where they cannot be made.

A plan holds no value: whoever has the values hands them to `secret_object`.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.names import suggest_dns1123_label
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.labels import MANAGED_BY
from k8s_hardening.model.tenant_secrets import HIDDEN, ConfiguredSecretSpec, TenantSecretInputs
from k8s_hardening.plans.objects import object_in
from k8s_hardening.plans.pod_volumes import PodVolume, secret_volume, volume_mount

_RBAC = "rbac.authorization.k8s.io"


def plan_tenant_secret(inputs: TenantSecretInputs) -> tuple[Manifest, ...]:
    """The role that reads the Secret and its kept versions, bound to the readers; nothing without readers."""
    if not inputs.readers:
        return ()
    name = f"read-secret-{inputs.name}"
    names = sorted(name for name, _ in inputs.versions())
    rule = {"apiGroups": [""], "resources": ["secrets"], "resourceNames": names, "verbs": ["get"]}
    subjects = [
        {"kind": "ServiceAccount", "name": reader, "namespace": inputs.namespace} for reader in sorted(inputs.readers)
    ]
    return (
        object_in(inputs.namespace, f"{_RBAC}/v1", "Role", name, rules=[rule]),
        object_in(
            inputs.namespace,
            f"{_RBAC}/v1",
            "RoleBinding",
            name,
            roleRef={"apiGroup": _RBAC, "kind": "Role", "name": name},
            subjects=subjects,
        ),
    )


def secret_object(inputs: TenantSecretInputs, name: str, data: Any) -> Manifest:
    """One Secret.

    Args:
        inputs: what it is.
        name: its name, one of those of its versions.
        data: its values in base64 by key, or what becomes that.
    """
    made: Manifest = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": inputs.namespace, "labels": dict(MANAGED_BY)},
        "type": inputs.type,
        "data": data,
    }
    # An absent field and false are the same to the server, but only an absent one may become true later.
    return {**made, "immutable": True} if inputs.immutable else made


def encoded(values: Mapping[str, str]) -> dict[str, str]:
    """Values as a Secret holds them: their UTF-8 in base64."""
    return {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}


def volume_of(inputs: TenantSecretInputs) -> tuple[PodVolume, PodVolume]:
    """The volume of the present Secret and its mount below /run/secrets."""
    name = suggest_dns1123_label(inputs.name)
    return secret_volume(name, inputs.secret_name), volume_mount(name, f"/run/secrets/{inputs.name}")


def secret_inputs(spec: ConfiguredSecretSpec, *, into_cluster: bool) -> TenantSecretInputs:
    """A Secret of a baseline as inputs of its component, without values."""
    common = {name: getattr(spec, name) for name in TenantSecretInputs.model_fields.keys() & type(spec).model_fields}
    return TenantSecretInputs(
        **{
            **common,
            "data": dict.fromkeys(spec.keys, HIDDEN),
            "previous": {version: dict.fromkeys(keys, HIDDEN) for version, keys in spec.previous.items()},
        },
        into_cluster=into_cluster,
    )


def secrets_of(baseline: Baseline) -> Iterator[TenantSecretInputs]:
    """The Secrets of all tenants, without values."""
    for spec in configured_secrets(baseline):
        yield secret_inputs(spec, into_cluster=baseline.target.is_live)


def configured_secrets(baseline: Baseline) -> Iterator[ConfiguredSecretSpec]:
    """The Secrets of all tenants as the baseline names them."""
    for tenant in baseline.tenants:
        yield from tenant.secrets


def tenant_secret_advice(baseline: Baseline) -> Iterator[str]:
    """Why the Secrets are in no file, and what writes them."""
    named = [f"{spec.namespace}/{name}" for spec in configured_secrets(baseline) for name, _ in spec.versions()]
    if named:
        yield (
            f"Files hold Secrets only when asked, so {', '.join(sorted(named))} are in none of them. "
            "k8s-hardening render --with-secrets writes them too, readable by you only."
        )
