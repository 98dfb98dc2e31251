"""From raw data to a validated baseline, with every problem reported at once."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.problems import BadInputError, explain, shown

ROOT = "k8s-hardening:baseline"
_SMALLEST = (
    '{environment: "dev", kubernetes: "1.36", dialect: "kubeadm", cni: {name: "calico"}, target: {render: "out/dev"}, '
    'images: {registries: ["registry.example.com/platform"]}}'
)


def read_baseline(raw: Any, *, secret: bool = False) -> Baseline:
    """Validate the value of the configuration key `k8s-hardening:baseline`.

    Args:
        raw: plain data as YAML gives it.
        secret: whether the engine says that some node of it is encrypted.

    Raises:
        BadInputError: with one line per problem.
    """
    if secret:
        raise BadInputError(
            [
                (
                    f"{ROOT}: [secret] is encrypted, and a baseline holds no secret; name the configuration key "
                    'that holds it, for example target: {context_config: "kubeContext"}'
                )
            ]
        )
    if raw is None or raw == {}:
        raise BadInputError([f"{ROOT}: is missing or empty; for example {_SMALLEST}"])
    if not isinstance(raw, dict):
        raise BadInputError([f"{ROOT}: {shown(raw)} is not a mapping; for example {_SMALLEST}"])
    try:
        return Baseline.model_validate(raw)
    except ValidationError as error:
        raise BadInputError(explain(error, Baseline, ROOT)) from None
