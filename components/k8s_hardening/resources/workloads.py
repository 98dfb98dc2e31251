"""Workloads hardened on their way to the engine, whoever registers them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

import pulumi
from pulumi.runtime import rpc

from k8s_hardening.kube.apparmor import FIELD_SINCE
from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.pods import carries_pods
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.apparmor_loader import is_loader
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.exemption import Exemption
from k8s_hardening.model.knowing import knowledge_of
from k8s_hardening.model.workloads import WorkloadsSpec
from k8s_hardening.plans.workloads import harden, refuse_unknown_profiles
from k8s_hardening.resources.args import ExemptionArgs, WorkloadsArgs
from k8s_hardening.resources.checking import BadArgsError, checked


class _Hardens(Protocol):
    """Inputs of a component that may harden what lies below it."""

    @property
    def kubernetes(self) -> KubeVersion: ...
    @property
    def harden_workloads(self) -> bool: ...
    @property
    def workloads(self) -> WorkloadsSpec: ...
    @property
    def exemptions(self) -> tuple[Exemption, ...]: ...


@dataclass(frozen=True, slots=True)
class Profiles:
    """AppArmor profiles that workloads may name; `harden` (plans/workloads.py) says what each field means."""

    by_name: Mapping[str, str] | None = None
    preinstalled: tuple[str, ...] = ()
    labelled: bool = False


def harden_workloads(
    kubernetes: str,
    workloads: WorkloadsArgs | None = None,
    exemptions: Sequence[ExemptionArgs] = (),
    apparmor_profiles: Mapping[str, str] | None = None,
    apparmor_preinstalled: Sequence[str] = (),
    apparmor_labelled: bool = False,
) -> pulumi.ResourceTransform:
    """A transform that fills in the security contexts of workloads, for the option `transforms` of a resource.

    It reaches the resource and all that lies below it, whoever registers it: the objects of a chart or of a YAML file,
    too. What it changes is an info message of the engine, what it cannot mend a warning.

    Args:
        kubernetes: version of the cluster.
        workloads: what to fill in beside the defaults.
        exemptions: what an exemption covers is not changed for the sake of its control.
        apparmor_profiles: friendly name -> kernel's name of the AppArmor profiles that the environment provides.
        apparmor_preinstalled: more of them, that the nodes have by themselves.
        apparmor_labelled: a loader labels the nodes that have a profile, and pods must ask for these.
    """
    try:
        version = KubeVersion.parse(kubernetes)
    except ValueError as error:
        raise BadArgsError([f"kubernetes: {error}"]) from None
    spec = checked(workloads or {}, WorkloadsSpec, "workloads")
    exempt = tuple(checked(one, Exemption, f"exemptions[{index}]") for index, one in enumerate(exemptions))
    profiles = Profiles(apparmor_profiles, tuple(apparmor_preinstalled), apparmor_labelled)
    try:
        refuse_unknown_profiles(spec, apparmor_profiles, apparmor_preinstalled)
    except ValueError as error:
        raise BadArgsError([f"workloads.{error}"]) from None
    return _transform(version, spec, exempt, profiles)


def profiles_of(baseline: Baseline) -> Profiles:
    """The AppArmor profiles of an environment."""
    known = knowledge_of(baseline)
    return Profiles(known.apparmor_profiles, known.apparmor_preinstalled, known.apparmor_labelled)


def hardening(
    inputs: _Hardens, opts: pulumi.ResourceOptions | None, profiles: Profiles = Profiles()
) -> pulumi.ResourceOptions | None:
    """The options of a component, with the transform where its inputs ask for it.

    The engine runs a resource's transforms on all resources below it as well, at any depth and of any component
    (pulumi/pkg v3.200.0 resource/deploy/source_eval.go, RegisterResource).
    """
    if not inputs.harden_workloads:
        return opts
    transform = _transform(inputs.kubernetes, inputs.workloads, inputs.exemptions, profiles)
    return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(transforms=[transform]))


def _transform(
    version: KubeVersion, workloads: WorkloadsSpec, exemptions: tuple[Exemption, ...], profiles: Profiles
) -> pulumi.ResourceTransform:
    def hardened(name: str, manifest: Mapping[str, Any]) -> Manifest:
        result = harden(
            manifest,
            kubernetes=version,
            workloads=workloads,
            exemptions=exemptions,
            apparmor_profiles=profiles.by_name,
            apparmor_preinstalled=profiles.preinstalled,
            apparmor_labelled=profiles.labelled,
        )
        if result.changes:
            pulumi.info("\n".join(f"{name}: {change.message}" for change in result.changes))
        if result.left:
            pulumi.warn("\n".join(f"{name}: {text}" for text in result.left))
        return result.manifest

    def transform(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
        props = cast("dict[str, Any]", args.props)
        if not args.custom or "kind" not in props or not carries_pods(props) or is_loader(props):
            return None
        spec = props.get("spec")
        if isinstance(spec, pulumi.Output):
            # Decided when it is known; the engine gets an unknown specification until then, as it would have anyway.
            later = spec.apply(lambda known: hardened(args.name, {**props, "spec": known}))
            changed = {**props, "spec": later.apply(lambda made: made["spec"])}
            if props["kind"] == "Pod" and version < FIELD_SINCE:
                # Such a version reads AppArmor profiles from the pod's annotations, which stand outside of it.
                metadata = props.get("metadata") or {}
                annotations = later.apply(lambda made: made.get("metadata", {}).get("annotations", {}))
                changed["metadata"] = {**metadata, "annotations": annotations}
            return pulumi.ResourceTransformResult(props=changed, opts=args.opts)
        # The protocol marks a whole property as secret for one secret inside of it.
        secret = {key for key, value in props.items() if rpc.is_rpc_secret(value)}
        made = hardened(args.name, {key: rpc.unwrap_rpc_secret(value) for key, value in props.items()})
        wrapped = {key: rpc.wrap_rpc_secret(value) if key in secret else value for key, value in made.items()}
        return pulumi.ResourceTransformResult(props=wrapped, opts=args.opts)

    return transform
