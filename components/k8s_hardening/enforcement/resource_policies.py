"""The two policies about single resources: one judges at both levels, the other says what is only advice."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from pulumi_policy import EnforcementLevel, PolicyConfigSchema, ReportViolation, ResourceValidationArgs
from pulumi_policy import ResourceValidationPolicy as _Policy

from k8s_hardening.enforcement.benches import Benches
from k8s_hardening.enforcement.reporting import reporting
from k8s_hardening.enforcement.thaw import thaw
from k8s_hardening.enforcement.verdict import Bench, Resource
from k8s_hardening.model.enforcement import Level

_RENDERS = "renderYamlToDirectory"  # a setting of a kubernetes provider
_STACK_TYPE = "pulumi:pulumi:Stack"
_NO_CONFIGURATION = (
    "[pack-configuration] The pack knows its environment. It has no configuration, so registries, tenants and versions "
    "are not judged; pass --policy-pack-config"
)


class AdvicePolicy(_Policy):
    """Says what the mandatory policy found worth saying; only then is the request decoded once more.

    Decoding is most of what the pack costs. The SDK runs the policies of one request in their order and in one thread,
    and decodes the request anew after it asked has_validation (pulumi_policy/policy.py 1.21.0, Analyze). Where the
    mandatory policy left no verdict on this resource, since it is switched off or failed, this one judges for itself.
    """

    def __init__(self, name: str, description: str, schema: PolicyConfigSchema) -> None:
        super().__init__(name, description, enforcement_level=EnforcementLevel.ADVISORY, config_schema=schema)
        self._benches = Benches()
        self._kept = threading.local()

    def keep(self, urn: str, texts: Sequence[str]) -> None:
        """Take over the advice about a resource, which may be none."""
        self._kept.verdict = (urn, texts)

    def forget(self) -> None:
        """Judge the next resource for itself."""
        self._kept.verdict = None

    def has_validation(self) -> bool:
        """Whether there is anything to say or to judge."""
        verdict = getattr(self._kept, "verdict", None)
        if verdict is not None and not verdict[1]:
            self.forget()
            return False
        return True

    def validate(self, args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
        """Report the advice about a resource."""
        verdict = getattr(self._kept, "verdict", None)
        self.forget()
        with reporting(report_violation, self.name, f"{args.resource_type} {args.name}"):
            if verdict is None or verdict[0] != args.urn:
                verdict = (args.urn, advice(self._benches.bench(args.get_config()), args, _resource(args)))
            for text in verdict[1]:
                report_violation(text, None)


class MandatoryPolicy(_Policy):
    """Reports what stops a preview, and hands the advice over to the policy after it."""

    def __init__(self, name: str, description: str, schema: PolicyConfigSchema, advice_policy: AdvicePolicy) -> None:
        super().__init__(name, description, enforcement_level=EnforcementLevel.MANDATORY, config_schema=schema)
        self._benches = Benches()
        self._advice_policy = advice_policy

    def validate(self, args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
        """Judge a resource at both levels and report the mandatory one."""
        self._advice_policy.forget()
        with reporting(report_violation, self.name, f"{args.resource_type} {args.name}"):
            bench, resource = self._benches.bench(args.get_config()), _resource(args)
            for text in bench.about(resource, Level.MANDATORY):
                report_violation(text, None)
            self._advice_policy.keep(args.urn, advice(bench, args, resource))


def advice(bench: Bench, args: ResourceValidationArgs, resource: Resource) -> Sequence[str]:
    """What the platform advises about a resource, and the verdicts on it that cannot be given yet."""
    missing = [_NO_CONFIGURATION] if args.resource_type == _STACK_TYPE and not args.get_config() else []
    return [*missing, *bench.about(resource, Level.ADVISORY)]


def _resource(args: ResourceValidationArgs) -> Resource:
    properties, holds_unknown = thaw(args.props)
    renders = False
    if args.provider is not None and properties.get("kind") == "Secret":
        settings, _ = thaw(args.provider.props)
        renders = settings.get(_RENDERS) is not None  # a folder that is not known yet is one, too
    return Resource(args.resource_type, properties, holds_unknown, is_component=args.provider is None, renders=renders)
