"""The API server's own policies: what controls ask of it, as ValidatingAdmissionPolicies with their bindings.

A request that a policy refuses gets 422 (reason Invalid): at a preview the provider of Pulumi keeps a 403 to itself.
An expression that fails refuses the request as well. kube-system is left out where a rule is not about tenants: with it
a mistake in a rule would keep the cluster's own parts from starting, and nobody could mend it from within.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from k8s_hardening.controls.admission import AdmissionRule
from k8s_hardening.controls.control import Control
from k8s_hardening.controls.registry import CONTROLS
from k8s_hardening.kube.admission_policies import (
    ACTIONS_SINCE,
    ALL_CONTROLLERS,
    BINDING_KIND,
    FILE_SUFFIX,
    FROM_FILES_SINCE,
    IMAGE_VOLUMES_SINCE,
    KIND,
    MAKERS,
    STABLE_SINCE,
    VARIABLES_SINCE,
    Target,
    policy_api,
)
from k8s_hardening.kube.cel import all_of, any_of, inlined, text, texts
from k8s_hardening.kube.manifest import Manifest, name_of
from k8s_hardening.kube.pods import CONTAINER_LISTS
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.kube.yaml_text import as_yaml
from k8s_hardening.model.admission_policies import AdmissionPoliciesInputs, PolicyFactsSpec
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.dialect import Dialect
from k8s_hardening.model.enforcement import Level
from k8s_hardening.model.exemption import Exemption
from k8s_hardening.model.knowing import knowledge_of
from k8s_hardening.model.knowledge import Knowledge
from k8s_hardening.model.labels import MANAGED_BY
from k8s_hardening.plans.control_plane.paths import HARDENING
from k8s_hardening.plans.plan import HostFile

FOLDER = f"{HARDENING}/admission-policies"
"""Where the API server reads them from its host; nothing else may lie there."""
_PREFIX = "k8s-hardening"
_ACTIONS = {Level.MANDATORY: ["Deny"], Level.ADVISORY: ["Warn", "Audit"]}
_UNGUARDED = "kube-system"
_NAMESPACE = "kubernetes.io/metadata.name"  # set by the server itself, so that no one can leave a policy by a label
_MADE_NAME = 40  # characters of a name that surely stand in the names of what a controller makes for it


def plan_admission_policies(inputs: AdmissionPoliciesInputs) -> tuple[Manifest, ...]:
    """Policies and bindings as objects, by name; none where the version has no API that is served."""
    if policy_api(inputs.kubernetes) is None or (inputs.kubernetes < STABLE_SINCE and not inputs.unfinished_api):
        return ()
    return _objects(inputs, "")


def policy_files(inputs: AdmissionPoliciesInputs) -> tuple[HostFile, ...]:
    """The same as files of the API server's hosts, one for each policy, for servers that read them (1.37 on)."""
    made = _objects(inputs, FILE_SUFFIX)
    return tuple(
        HostFile(
            f"{FOLDER}/{name_of(policy).removesuffix(FILE_SUFFIX)}.yaml",
            as_yaml({"apiVersion": "v1", "kind": "List", "items": [policy, binding]}),
        )
        for policy, binding in zip(made[::2], made[1::2], strict=True)
    )


def policy_inputs(baseline: Baseline) -> AdmissionPoliciesInputs:
    """What the policies of an environment are made of."""
    known = knowledge_of(baseline)
    facts = {name: getattr(known, name) for name in PolicyFactsSpec.model_fields if name != "levels"}
    return AdmissionPoliciesInputs(
        **facts,
        levels=baseline.enforcement.levels,
        kubernetes=baseline.kubernetes,
        environment=baseline.environment,
        unfinished_api=baseline.admission_policies.unfinished_api,
    )


def are_files(baseline: Baseline) -> bool:
    """Whether the API server reads the policies from its hosts, where nobody in the cluster can take them away."""
    return (
        baseline.kubernetes >= FROM_FILES_SINCE
        and baseline.dialect is not Dialect.MANAGED
        and not baseline.admission_policies.as_objects
    )


def files_of_baseline(baseline: Baseline) -> tuple[HostFile, ...]:
    """The policies of an environment as files of the API server's hosts; none where they are objects."""
    return policy_files(policy_inputs(baseline)) if are_files(baseline) else ()


def objects_of_baseline(baseline: Baseline) -> tuple[Manifest, ...]:
    """The policies of an environment as objects of the cluster; none where they are files."""
    return () if are_files(baseline) else plan_admission_policies(policy_inputs(baseline))


def missing_policies_advice(kubernetes: KubeVersion, *, unfinished_api: bool) -> Iterator[str]:
    """What a reader must know where there are no policies."""
    api = policy_api(kubernetes)
    if api is None:
        yield (
            f"Kubernetes {kubernetes} has no ValidatingAdmissionPolicy (1.26 on), so the API server does not enforce "
            "image, service, ingress and storage rules itself: the policy pack and `k8s-hardening check` do, for those "
            "who use them."
        )
    elif kubernetes < STABLE_SINCE and not unfinished_api:
        yield (
            f"Kubernetes {kubernetes} serves {api} only when told to, so no ValidatingAdmissionPolicy is written: give "
            f"the API server --feature-gates={KIND}=true and --runtime-config={api}=true, then set "
            "admission_policies.unfinished_api."
        )


def _objects(inputs: AdmissionPoliciesInputs, suffix: str) -> tuple[Manifest, ...]:
    knowledge = inputs.knowledge(inputs.kubernetes)
    found: dict[str, tuple[Manifest, Manifest]] = {}
    for control in CONTROLS:
        actions = _ACTIONS.get(control.level_in(inputs.levels))
        can_act = inputs.kubernetes >= ACTIONS_SINCE or actions == ["Deny"]
        if control.admission is None or actions is None or not can_act or not control.applies_to(inputs.kubernetes):
            continue
        for rule in control.admission(knowledge):
            for target in rule.targets:
                name = "-".join(filter(None, (_PREFIX, inputs.environment, control.id, target.name))) + suffix
                found[name] = (
                    _policy(name, control, rule, target, knowledge),
                    _binding(name, actions, inputs.kubernetes),
                )
    return tuple(one for _, pair in sorted(found.items()) for one in pair)


def _object(kind: str, name: str, kubernetes: KubeVersion, spec: dict[str, Any]) -> Manifest:
    metadata = {"name": name, "labels": dict(MANAGED_BY)}
    return {"apiVersion": policy_api(kubernetes), "kind": kind, "metadata": metadata, "spec": spec}


def _binding(name: str, actions: list[str], kubernetes: KubeVersion) -> Manifest:
    spec: dict[str, Any] = {"policyName": name}
    if kubernetes >= ACTIONS_SINCE:
        spec["validationActions"] = list(actions)
    return _object(BINDING_KIND, name, kubernetes, spec)


def _policy(name: str, control: Control, rule: AdmissionRule, target: Target, knowledge: Knowledge) -> Manifest:
    kubernetes = knowledge.kubernetes
    exemptions = [one for one in knowledge.exemptions if one.control == control.id]
    variables = {**target.variables, **rule.variables}
    if rule.image is not None:
        variables["images"] = _images(target, exemptions, kubernetes)
    conditions = {**rule.conditions, **dict(_conditions(target, exemptions))}
    expressions = [*rule.expressions, *_of_containers(rule, target, exemptions)]
    if kubernetes < ACTIONS_SINCE and conditions:
        expressions = [f"!({all_of(conditions.values())}) || ({one})" for one in expressions]
    if kubernetes < VARIABLES_SINCE:
        expressions = [inlined(one, variables) for one in expressions]
        conditions = {key: inlined(one, variables) for key, one in conditions.items()}
    message = f"[{control.id}] {control.requirement} To mend it: {rule.fix}."
    spec: dict[str, Any] = {"failurePolicy": "Fail", "matchConstraints": _matches(rule, target)}
    if kubernetes >= ACTIONS_SINCE and conditions:
        spec["matchConditions"] = [{"name": key, "expression": one} for key, one in conditions.items()]
    if kubernetes >= VARIABLES_SINCE and variables:
        used = _used(variables, expressions)
        if used:
            spec["variables"] = [{"name": key, "expression": variables[key]} for key in used]
    spec["validations"] = [{"expression": one, "message": message, "reason": "Invalid"} for one in expressions]
    return _object(KIND, name, kubernetes, spec)


def _used(variables: Mapping[str, str], expressions: list[str]) -> list[str]:
    """The variables that expressions need, each after those that it needs itself."""
    needed: list[str] = []

    def need(expression: str) -> None:
        for name, definition in variables.items():
            if f"variables.{name}" in expression and name not in needed:
                need(definition)
                needed.append(name)

    for expression in expressions:
        need(expression)
    return needed


def _matches(rule: AdmissionRule, target: Target) -> dict[str, Any]:
    matches: dict[str, Any] = {}
    if "Namespace" not in target.kinds:
        operator, names = ("NotIn", [_UNGUARDED]) if rule.namespaces is None else ("In", sorted(rule.namespaces))
        matches["namespaceSelector"] = {
            "matchExpressions": [{"key": _NAMESPACE, "operator": operator, "values": names}]
        }
    matches["resourceRules"] = [
        {
            "apiGroups": [one.group],
            "apiVersions": [one.version],
            "operations": list(target.operations),
            "resources": list(one.names),
        }
        for one in target.resources
    ]
    return matches


def _conditions(target: Target, exemptions: list[Exemption]) -> Iterator[tuple[str, str]]:
    if {"CREATE", "UPDATE"} <= set(target.operations):
        old = target.judged.replace("object", "oldObject")
        yield "new-or-changed", f"request.operation == 'CREATE' || {target.judged} != {old}"
    whole = [one for one in exemptions if one.container is None]
    covered = [condition for one in whole if (condition := _covered(one, target)) is not None]
    if covered:
        yield "not-exempt", f"!({any_of(covered)})"


def _of_containers(rule: AdmissionRule, target: Target, exemptions: list[Exemption]) -> Iterator[str]:
    """What must hold of each container, and of each image."""
    if rule.container is not None:
        covered = _covered_containers(target, exemptions)
        holds = rule.container if covered is None else f"({covered}) || ({rule.container})"
        yield " && ".join(
            f"(!has(variables.pod.{name}) || variables.pod.{name}.all(c, {holds}))" for name in CONTAINER_LISTS
        )
    if rule.image is not None:
        yield f"variables.images.all(i, {rule.image})"


def _images(target: Target, exemptions: list[Exemption], kubernetes: KubeVersion) -> str:
    """The images of a pod as texts: lists of containers and of volumes have types of their own, lists of texts one."""
    covered = _covered_containers(target, exemptions)
    kept = "" if covered is None else f".filter(c, !({covered}))"
    lists = [
        f"(has(variables.pod.{name}) ? variables.pod.{name}{kept}.map(c, has(c.image) ? c.image : '') : [])"
        for name in CONTAINER_LISTS
    ]
    if kubernetes >= IMAGE_VOLUMES_SINCE:
        lists.append(
            "(has(variables.pod.volumes) ? variables.pod.volumes.filter(v, has(v.image))"
            ".map(v, has(v.image.reference) ? v.image.reference : '') : [])"
        )
    return " + ".join(lists)


def _covered_containers(target: Target, exemptions: list[Exemption]) -> str | None:
    """The condition that an exemption covers container `c` alone; None where none does."""
    found = [
        f"c.name == {text(one.container)} && ({condition})"
        for one in exemptions
        if one.container is not None and (condition := _covered(one, target)) is not None
    ]
    return any_of(found) if found else None


def _covered(exemption: Exemption, target: Target) -> str | None:
    """The condition that an exemption covers an object of a target; None where it never can.

    Who exempts a workload means its pods as well: what a controller makes for it, and only the controller, is covered.
    That adds nothing for others: what a controller makes comes from an object that passed here, or was exempt itself.
    """
    ways = [*_direct(exemption, target), *_made(exemption, target)]
    if not ways:
        return None
    conditions = []
    if exemption.namespace is not None:
        here = "object.metadata.name" if "Namespace" in target.kinds else "request.namespace"
        conditions.append(f"{here} == {text(exemption.namespace)}")
    if "true" not in ways:
        conditions.append(any_of(ways))
    return all_of(conditions)


def _direct(exemption: Exemption, target: Target) -> Iterator[str]:
    if exemption.kind not in (None, *target.kinds):
        return
    conditions = []
    if exemption.kind is not None and len(target.kinds) > 1:
        conditions.append(f"request.kind.kind == {text(exemption.kind)}")
    if exemption.name is not None:
        conditions.append(f"object.metadata.name == {text(exemption.name)}")
    yield " && ".join(conditions) or "true"


def _made(exemption: Exemption, target: Target) -> Iterator[str]:
    if exemption.kind is None and exemption.name is None:
        return
    for kind in sorted(target.kinds & MAKERS.keys()):
        controllers = {
            f"system:serviceaccount:kube-system:{controller}"
            for source, controller in MAKERS[kind].items()
            if exemption.kind in (None, source)
        }
        if controllers:
            conditions = [f"request.userInfo.username in {texts({*controllers, ALL_CONTROLLERS})}"]
            if len(target.kinds) > 1:
                conditions.append(f"request.kind.kind == {text(kind)}")
            if exemption.name is not None:
                conditions.append(f"object.metadata.name.startsWith({text(f'{exemption.name}-'[:_MADE_NAME])})")
            yield " && ".join(conditions)
