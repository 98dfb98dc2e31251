"""Credentials for private registries, from the secret configuration to Secrets."""

from __future__ import annotations

import base64

import pulumi

from k8s_hardening.kube.docker_config import docker_config_problems
from k8s_hardening.model.images import PullSecretSpec
from k8s_hardening.resources.secret_config import refuse_readable, require_secret


def credentials_of(spec: PullSecretSpec | None) -> pulumi.Output[str] | None:
    """What the Secrets hold, in base64; None where none is made.

    Raises:
        BadArgsError: the configuration holds them readably, or they are wrong.
        pulumi.ConfigMissingError: they are not there.
    """
    if spec is None:
        return None
    if not spec.into_cluster:
        refuse_readable(spec.config)
        return None
    text = require_secret(spec.config, lambda text: docker_config_problems(text, spec.registries))
    return text.apply(lambda text: base64.b64encode(text.encode()).decode())
