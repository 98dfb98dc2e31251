"""What a policy says when it could not judge: the engine would name no resource, or not be told at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pulumi_policy import ReportViolation
from pydantic import ValidationError

from k8s_hardening.model.enforcement import PackConfiguration
from k8s_hardening.model.problems import BadInputError, explain


@contextmanager
def reporting(report: ReportViolation, policy: str, culprit: str) -> Iterator[None]:
    """Report whatever goes wrong inside as a violation of the policy, about a resource or stack."""
    try:
        yield
    except (ValidationError, BadInputError) as error:
        report(_unusable(error), None)
    except Exception as error:  # anything else would end the call with an error that names no resource
        # The error's text may hold a value of the resource, so only its type is shown.
        kind = type(error).__name__
        report(f"[{policy}] {culprit} was not judged: {kind}; report it as a defect of k8s-hardening", None)


def _unusable(error: ValidationError | BadInputError) -> str:
    problems = error.problems if isinstance(error, BadInputError) else explain(error, PackConfiguration, "config")
    return f"[pack-configuration] The pack knows its environment. Its configuration is unusable: {'; '.join(problems)}"
