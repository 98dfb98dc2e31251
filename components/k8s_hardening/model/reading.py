"""From raw data to a validated baseline, with every problem reported at once."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.problems import BadInputError, explain

ROOT = "k8s-hardening:baseline"


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
            [f"{ROOT}: holds a secret; a baseline never does: name the configuration key that holds it instead"]
        )
    if not isinstance(raw, dict) or not raw:
        raise BadInputError([f"{ROOT}: is missing or empty; for example see Pulumi.dev.yaml"])
    try:
        return Baseline.model_validate(raw)
    except ValidationError as error:
        raise BadInputError(sorted(set(explain(error, Baseline, ROOT)))) from None
