"""The policies of the pack: few, since each decodes every request anew, and each holding all controls of its level."""

from __future__ import annotations

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyConfigSchema,
    PolicyResource,
    ReportViolation,
    StackValidationArgs,
    StackValidationPolicy,
)

from k8s_hardening.enforcement.benches import Benches
from k8s_hardening.enforcement.reporting import reporting
from k8s_hardening.enforcement.resource_policies import AdvicePolicy, MandatoryPolicy
from k8s_hardening.enforcement.thaw import thaw
from k8s_hardening.enforcement.verdict import Resource
from k8s_hardening.model.enforcement import RESOURCE_POLICIES, STACK_POLICIES, Level

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


def policies() -> list[Policy]:
    """The four policies: resources and the stack, each at the mandatory and the advisory level."""
    mandatory, advisory = RESOURCE_POLICIES
    advice = AdvicePolicy(advisory, _DESCRIPTIONS[advisory], _SCHEMA)
    stack = [_stack_policy(name, level) for name, level in STACK_POLICIES.items()]
    # The SDK asks them in this order, and the mandatory one hands its advice to the one after it.
    return [MandatoryPolicy(mandatory, _DESCRIPTIONS[mandatory], _SCHEMA, advice), advice, *stack]


def _stack_policy(name: str, level: Level) -> StackValidationPolicy:
    benches = Benches()

    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        with reporting(report, name, "stack all resources"):
            bench = benches.bench(args.get_config())
            resources = [_resource_of(one) for one in args.resources]
            for index, text in bench.about_stack(resources, level):
                report(text, args.resources[index].urn)

    return StackValidationPolicy(name, _DESCRIPTIONS[name], validate, _LEVELS[level], _SCHEMA)


def _resource_of(one: PolicyResource) -> Resource:
    properties, holds_unknown = thaw(one.props)
    provider = one.provider.urn if one.provider else ""
    return Resource(one.resource_type, properties, holds_unknown, provider=provider)
