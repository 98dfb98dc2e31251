"""The keys of a stack's configuration that a baseline names and that hold secrets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.model.baseline import Baseline

CONFIG = "k8s-hardening"


def secret_keys(baseline: Baseline) -> Iterator[str]:
    """Each such key, without the part before the colon."""
    for key in (baseline.images.pull_secret_config, baseline.control_plane.encryption.inline_keys_from_config):
        if key is not None:
            yield key
    yield from dict.fromkeys(
        key for tenant in baseline.tenants for secret in tenant.secrets for key in secret.config_keys()
    )


def readable_secrets(baseline: Baseline, configuration: dict[str, Any]) -> list[str]:
    """A problem for each secret that stands as plain text in a stack's file.

    Args:
        baseline: names the keys.
        configuration: the mapping under `config:`; a key may be absent, since it may come from elsewhere.
    """
    return [
        readable(key)
        for key in secret_keys(baseline)
        if (value := configuration.get(f"{CONFIG}:{key}")) is not None
        and not (isinstance(value, dict) and set(value) == {"secure"})
    ]


def readable(key: str) -> str:
    """The problem of a secret that stands as plain text."""
    return (
        f"{CONFIG}:{key}: [secret] stands there as plain text; replace the credentials, since others may have read "
        f"them, and set the new ones with `pulumi config set --secret {CONFIG}:{key}`"
    )
