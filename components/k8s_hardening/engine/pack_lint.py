"""What is wrong with a configuration of the policy pack; needs nothing of baselines, which take time to load.

The engine accepts unknown policy names and properties in silence, so a typing error would switch a rule off.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from k8s_hardening.controls.naming import unknown_controls, unknown_exemptions
from k8s_hardening.model.enforcement import RESOURCE_POLICIES, STACK_POLICIES, PackConfiguration
from k8s_hardening.model.problems import explain

POLICIES = (*RESOURCE_POLICIES, *STACK_POLICIES)
"""Names of all policies of the pack."""


def lint(configuration: Any, source: str) -> Iterator[str]:
    """Each problem of a pack configuration, one line each."""
    if not isinstance(configuration, dict):
        yield f"{source}: is not a mapping of policies; write it with k8s-hardening pack-config"
        return
    for name in sorted(set(configuration) - set(POLICIES)):
        yield f"{source}: {name}: is not a policy of the pack; for example {POLICIES[0]}"
    for name in POLICIES:
        if name not in configuration:
            yield f"{source}: {name}: is missing, so this policy would know nothing of the environment"
    known = {name: configuration[name] for name in POLICIES if name in configuration}
    for name, one in known.items():
        yield from _lint_policy(one, f"{source}: {name}")
    if len({json.dumps(one, sort_keys=True, default=str) for one in known.values()}) > 1:
        yield f"{source}: the policies are told different things; write the file with k8s-hardening pack-config"


def _lint_policy(one: Any, path: str) -> Iterator[str]:
    if not isinstance(one, dict):
        yield f"{path}: changes the level of a whole policy; set enforcement.levels of single controls in the baseline"
        return
    if "enforcementLevel" in one:
        yield f"{path}.enforcementLevel: would change every control at once; set enforcement.levels in the baseline"
    rest = {key: value for key, value in one.items() if key != "enforcementLevel"}
    try:
        made = PackConfiguration.model_validate(rest)
    except ValidationError as error:
        yield from explain(error, PackConfiguration, path)
        return
    yield from unknown_controls(made.levels, f"{path}.levels")
    yield from unknown_exemptions(made.knowledge.exemptions, f"{path}.knowledge.exemptions")
