"""Rights for emergencies: bindings that stand only as long as the baseline declares them, and say why they stand."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.rbac import CLUSTER_ADMIN, GROUP
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.break_glass import PREFIX, BreakGlassSpec
from k8s_hardening.model.knowing import knowledge_of
from k8s_hardening.model.labels import EXPIRES_ANNOTATION, OWNER_ANNOTATION, REASON_ANNOTATION
from k8s_hardening.model.people import AccessSpec, Holder
from k8s_hardening.model.reading import ROOT
from k8s_hardening.plans.objects import object_of_cluster
from k8s_hardening.plans.plan import hardened
from k8s_hardening.plans.tenant_roles import binding, role_object, rules_of, subject_of

_MORE = datetime.timedelta(days=1)
_EVERYTHING = AccessSpec.model_validate(dict.fromkeys(AccessSpec.model_fields, Holder.ADMIN))


def plan_break_glass(baseline: Baseline) -> tuple[Manifest, ...]:
    """The roles and bindings of all emergencies of an environment."""
    made = (one for spec in baseline.break_glass for one in _objects(spec, baseline))
    return hardened(made, knowledge_of(baseline))


def break_glass_advice(baseline: Baseline) -> Iterator[str]:
    """What a reader must know: who has rights for an emergency, where, until when, and that no server ends them."""
    for spec in baseline.break_glass:
        where = "the whole cluster" if spec.cluster else f"tenant {spec.tenant}"
        yield (
            f"Break-glass {spec.name}: {', '.join(spec.subjects)} may do everything in {where} until {spec.expires} "
            f"({spec.owner}: {spec.reason}). The API server knows no day: take the entry out of break_glass and apply."
        )


def _objects(spec: BreakGlassSpec, baseline: Baseline) -> Iterator[Manifest]:
    for made in _bindings(spec, baseline):
        if made["kind"] != "Role":
            made["metadata"]["annotations"] = {
                EXPIRES_ANNOTATION: spec.expires.isoformat(),
                OWNER_ANNOTATION: spec.owner,
                REASON_ANNOTATION: spec.reason,
            }
        yield made


def _bindings(spec: BreakGlassSpec, baseline: Baseline) -> Iterator[Manifest]:
    name = f"{PREFIX}{spec.name}"
    if spec.cluster:
        yield object_of_cluster(
            f"{GROUP}/v1",
            "ClusterRoleBinding",
            name,
            roleRef={"apiGroup": GROUP, "kind": "ClusterRole", "name": CLUSTER_ADMIN},
            subjects=[subject_of(one) for one in spec.subjects],
        )
        return
    for tenant in baseline.tenants:
        for namespace in tenant.namespaces if tenant.name == spec.tenant else ():
            yield role_object(namespace.name, name, rules_of("admin", _EVERYTHING))
            yield binding(namespace.name, name, name, spec.subjects)


def ended_refusals(baseline: Baseline, today: datetime.date) -> tuple[str, ...]:
    """A refusal for each emergency whose last day is over: its rights stand until somebody takes it out and applies."""
    return tuple(
        (
            f"{ROOT}.break_glass[{index}].expires: {spec.expires} is over, and {spec.owner} answers for it; take "
            f'"{spec.name}" out and apply, which takes the rights away, or give it a new last day, for example '
            f'"{today + _MORE}"'
        )
        for index, spec in enumerate(baseline.break_glass)
        if today > spec.expires
    )
