"""The component `TenantSecret`: one Secret, who may read it, and how a pod mounts it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi

from k8s_hardening.kube.secrets import key_problem, missing_keys, value_problems
from k8s_hardening.model.problems import path_text, shown
from k8s_hardening.model.tenant_secrets import ConfiguredSecretSpec, TenantSecretInputs
from k8s_hardening.plans.tenant_secrets import encoded, plan_tenant_secret, secret_object, volume_of
from k8s_hardening.resources.checking import BadArgsError, checked
from k8s_hardening.resources.component import HardenedComponent
from k8s_hardening.resources.secret_config import refuse_readable, require_secret
from k8s_hardening.resources.secret_values import GivenValues, secret_values


class TenantSecretArgs(TypedDict):
    """One Secret of a tenant. Checked by `TenantSecretInputs` (model/tenant_secrets.py)."""

    name: str
    """Name of the Secret, without its version."""
    namespace: str
    """Namespace of the tenant in which it lies."""
    type: NotRequired[str]
    """Type of the Secret; those of Kubernetes ask for keys of their own."""
    version: NotRequired[str]
    """End of its name (<name>-<version>), so that new values are a new Secret and pods roll over to it."""
    immutable: NotRequired[bool]
    """Let nobody change the values; needs a version, since new values need a new name then."""
    readers: NotRequired[Sequence[str]]
    """Service accounts of the namespace that may read it by the API: get, this one only. A mount needs no reader."""
    data: Mapping[str, pulumi.Output[str]]
    """Key -> value, each a secret of Pulumi such as Config.require_secret gives; a plain value is refused."""
    previous: NotRequired[Mapping[str, Mapping[str, pulumi.Output[str]]]]
    """Version before -> its keys and values; each stays until it is taken out here."""
    into_cluster: NotRequired[bool]
    """Make the Secret; false for a provider that renders, since that one would write its values readably."""


class TenantSecret(HardenedComponent):
    """A Secret whose values no state, diff or log shows, and a role that reads this one alone."""

    secret_name: pulumi.Output[str]
    """Name of the present Secret; a workload that takes it from here comes after the Secret, and rolls with it."""
    volume: pulumi.Output[Mapping[str, Any]]
    """The volume of a pod spec with the keys as files: mode 0400, to which the kubelet adds reading by the fsGroup."""
    volume_mount: pulumi.Output[Mapping[str, Any]]
    """Its mount for a container: read-only, at /run/secrets/<name>."""

    def __init__(self, name: str, args: TenantSecretArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        values = GivenValues(name, args)
        inputs = checked(values.hidden(), TenantSecretInputs, name)
        super().__init__(name, inputs, opts)
        if inputs.into_cluster:
            for secret_name, (path, found) in zip((one for one, _ in inputs.versions()), values.each(), strict=True):
                self._emit(secret_object(inputs, secret_name, _in_base64(inputs, path, found)))
        else:
            pulumi.warn(f"The Secret {inputs.secret_name} is not made, as into_cluster is false.", self)
        for manifest in plan_tenant_secret(inputs):
            self._emit(manifest)
        volume, mount = volume_of(inputs)
        self.secret_name = self._once_registered(inputs.secret_name)
        self.volume = self._once_registered(volume)
        self.volume_mount = self._once_registered(mount)
        self.register_outputs({"secretName": self.secret_name, "volume": self.volume, "volumeMount": self.volume_mount})


def _in_base64(inputs: TenantSecretInputs, path: str, found: Any) -> pulumi.Output[Mapping[str, str]]:
    def checked_values(values: Any) -> Mapping[str, str]:
        if problems := list(_value_problems(inputs, path, values)):
            raise BadArgsError(problems)
        return encoded(values)

    return secret_values(found, path).apply(checked_values)


def _value_problems(inputs: TenantSecretInputs, path: str, values: Any) -> Iterator[str]:
    # No text holds a part of a value; a key is shown, since keys are no secrets.
    if not isinstance(values, Mapping) or not values:
        yield f"{path}: [secret] is no mapping with a key"
        return
    readable = True
    for key, value in values.items():
        if (wrong := key_problem(key)) is not None:
            yield f'{path}: the key {shown(key)} {wrong}; for example "password"'
        if not isinstance(value, str):
            readable = False
            yield f"{path_text(path, [key])}: [secret] is not a text"
    if readable:
        missing = missing_keys(inputs.type, values)
        yield from (f"{path}: has no {' or '.join(group)}, and is of type {inputs.type}" for group in missing)
        yield from (f"{path}: {what}" for what in value_problems(inputs.type, values))


def configured_values(spec: ConfiguredSecretSpec, inputs: TenantSecretInputs) -> dict[str, Any]:
    """The arguments `data` and `previous` of a Secret of the baseline, from the secret configuration.

    Where the Secret is not made its values are not asked for, but still refused when anybody can read them.

    Raises:
        BadArgsError: the configuration holds one readably.
        pulumi.ConfigMissingError: one is not there.
    """

    def value(key: str) -> pulumi.Output[str]:
        if inputs.into_cluster:
            return require_secret(key)
        refuse_readable(key)
        return pulumi.Output.secret("")

    return {
        "data": {key: value(config) for key, config in spec.keys.items()},
        "previous": {
            version: {key: value(config) for key, config in keys.items()} for version, keys in spec.previous.items()
        },
    }
