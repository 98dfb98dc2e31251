"""The policies of the pack: few, since each decodes every request anew, and each holding all controls of its level."""

from __future__ import annotations

import datetime
import os
from typing import Any, cast

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyConfigSchema,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pydantic import ValidationError

from k8s_hardening.enforcement.thaw import has_unknown, thaw
from k8s_hardening.enforcement.verdict import Bench, Resource
from k8s_hardening.model.enforcement import RESOURCE_POLICIES, STACK_POLICIES, Level, PackConfiguration
from k8s_hardening.model.problems import BadInputError, explain

_LEVELS = {Level.MANDATORY: EnforcementLevel.MANDATORY, Level.ADVISORY: EnforcementLevel.ADVISORY}
_DESCRIPTIONS = {
    "hardening": "Every resource meets the mandatory controls.",
    "hardening-advice": "What the platform advises, and verdicts that cannot be given before apply.",
    "hardening-stack": "All resources together meet the mandatory controls.",
    "hardening-stack-advice": "What the platform advises about all resources together.",
}
_SCHEMA = PolicyConfigSchema(
    properties={
        "knowledge": {"type": "object"},
        "levels": {"type": "object", "additionalProperties": {"enum": [level.value for level in Level]}},
        "unknowns": {"enum": [Level.MANDATORY.value, Level.ADVISORY.value]},
        "packages": {"type": "array", "items": {"type": "string"}},
    }
)
# sdk v3.200.0 go/common/resource/plugin/analyzer_plugin.go, constructEnv. While changes are made nothing is unknown any
# more: what still reads so is a text that a stack made to look like it, and that is no reason to let it pass. Read here
# and once, since the pack clears its environment before it serves.
_APPLIES = os.environ.get("PULUMI_DRY_RUN") == "false"
_STACK_TYPE = "pulumi:pulumi:Stack"
_NO_CONFIGURATION = (
    "[pack-configuration] The pack knows its environment. It has no configuration, so registries, tenants and versions "
    "are not judged; pass --policy-pack-config"
)


def policies() -> list[Policy]:
    """The four policies: resources and the stack, each at the mandatory and the advisory level."""
    resource = [_resource_policy(name, level) for name, level in RESOURCE_POLICIES.items()]
    stack = [_stack_policy(name, level) for name, level in STACK_POLICIES.items()]
    return [*resource, *stack]


class _Benches:
    """The bench of each configuration seen, kept for as long as the engine sends the same one.

    The SDK hands out one mapping per Configure call, so its identity tells whether it changed; holding the mapping
    keeps that identity from being given to another. Threads may race here and then make the same bench twice.
    """

    def __init__(self) -> None:
        self._kept: tuple[object, datetime.date, Bench] | None = None

    def bench(self, config: dict[str, Any]) -> Bench:
        today = datetime.datetime.now(tz=datetime.UTC).date()
        identity = config.get("knowledge")
        kept = self._kept
        if kept is not None and identity is not None and kept[0] is identity and kept[1] == today:
            return kept[2]
        configuration = PackConfiguration.model_validate(config)
        if _APPLIES:
            configuration = configuration.model_copy(update={"unknowns": Level.MANDATORY})
        bench = Bench(configuration, today)
        self._kept = (identity, today, bench)
        return bench


def _resource_policy(name: str, level: Level) -> ResourceValidationPolicy:
    benches = _Benches()

    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        try:
            config = cast(dict[str, Any], args.get_config())
            if not config and level is Level.ADVISORY and args.resource_type == _STACK_TYPE:
                report(_NO_CONFIGURATION, None)
            bench = benches.bench(config)
            if not bench.speaks_of_what_is_known(level) and not has_unknown(args.props):
                return
            resource = Resource(args.resource_type, thaw(args.props), args.provider is None)
            for text in bench.about(resource, level):
                report(text, None)
        except (ValidationError, BadInputError) as error:
            report(_unusable(error), None)
        except Exception as error:  # anything else would end the call with an error that names no resource
            report(_crashed(name, args.resource_type, args.name, error), None)

    return ResourceValidationPolicy(name, _DESCRIPTIONS[name], validate, _LEVELS[level], _SCHEMA)


def _stack_policy(name: str, level: Level) -> StackValidationPolicy:
    benches = _Benches()

    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        try:
            config = cast(dict[str, Any], args.get_config())
            resources = [_resource_of(one) for one in args.resources]
            for index, text in benches.bench(config).about_stack(resources, level):
                report(text, args.resources[index].urn)
        except (ValidationError, BadInputError) as error:
            report(_unusable(error), None)
        except Exception as error:  # anything else would end the call with an error that names no resource
            report(_crashed(name, "stack", "all resources", error), None)

    return StackValidationPolicy(name, _DESCRIPTIONS[name], validate, _LEVELS[level], _SCHEMA)


def _resource_of(one: PolicyResource) -> Resource:
    return Resource(one.resource_type, thaw(one.props), provider=one.provider.urn if one.provider else "")


def _unusable(error: ValidationError | BadInputError) -> str:
    problems = error.problems if isinstance(error, BadInputError) else explain(error, PackConfiguration, "config")
    return f"[pack-configuration] The pack knows its environment. Its configuration is unusable: {'; '.join(problems)}"


def _crashed(policy: str, token: str, name: str, error: Exception) -> str:
    # The error's text may hold a value of the resource, so only its type is shown.
    return f"[{policy}] {token} {name} was not judged: {type(error).__name__}; report it as a defect of k8s-hardening"
