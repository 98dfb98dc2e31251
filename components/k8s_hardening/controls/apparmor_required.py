"""Where the environment asks for it, every container must run under an AppArmor profile.

Required field, with `apparmor.required`: appArmorProfile in the securityContext of the container or of the pod, or the
annotation that names the container's profile; before 1.30, which has no field, the annotation. Absent means: whatever
the runtime does, which on a node without AppArmor is nothing. A pod with a profile is refused there (1.31 on), which is
why it must be asked for. Which profiles are allowed is for the control apparmor. Windows pods have none.
Source: k8s.io/kubernetes v1.37.2 pkg/registry/core/pod/strategy.go, applyAppArmorVersionSkew; pkg/security/apparmor.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.admission import AdmissionRule
from k8s_hardening.controls.control import Control, Finding, Profile, Revision, Severity, finding
from k8s_hardening.controls.shared.relaxations import linux_pods_of
from k8s_hardening.controls.shared.security_contexts import changeable_containers
from k8s_hardening.kube.apparmor import ANNOTATION, FIELD, FIELD_SINCE, RUNTIME_DEFAULT
from k8s_hardening.kube.cel import any_of, text
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_map, as_str, ensure_map, is_changeable, key_path
from k8s_hardening.kube.pods import Pod, carries_pods
from k8s_hardening.model.knowledge import Knowledge

_DEFAULT = {"type": "RuntimeDefault"}


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each container without an annotation that names its profile."""
    if knowledge.apparmor_required:
        for pod in linux_pods_of(manifest):
            for container in pod.containers():
                name = container.spec.get("name")
                value = _annotated(pod, name)
                if value is None or value is UNKNOWN:
                    path = key_path(f"{pod.metadata_path}.annotations", f"{ANNOTATION}{as_str(name)}")
                    yield finding(path, value, f"set it to {RUNTIME_DEFAULT}, or to localhost/<profile>")


def check_1_30(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each container for which neither a field nor an annotation names a profile."""
    if knowledge.apparmor_required:
        for pod in linux_pods_of(manifest):
            of_pod = pod.security_context.get(FIELD)
            for container in pod.containers():
                named = (of_pod, container.security_context.get(FIELD), _annotated(pod, container.spec.get("name")))
                if not any(value is not None and value is not UNKNOWN for value in named):
                    value = UNKNOWN if any(value is UNKNOWN for value in named) else None
                    fix = "set it, or that of the pod, to {type: RuntimeDefault} or to a profile of the nodes"
                    yield finding(f"{container.path}.securityContext.{FIELD}", value, fix)


def _annotated(pod: Pod, name: object) -> object:
    """The profile that an annotation names for a container; an empty one names none."""
    value = pod.annotations.get(f"{ANNOTATION}{name}") if isinstance(name, str) else None
    return None if value == "" else value


def harden(manifest: Manifest, knowledge: Knowledge) -> None:
    """Name the runtime's default for each container without a profile."""
    if knowledge.apparmor_required:
        for pod in linux_pods_of(manifest):
            for container in changeable_containers(pod):
                name = container.get("name")
                if isinstance(name, str) and _annotated(pod, name) is None and is_changeable(pod.metadata):
                    ensure_map(pod.metadata, "annotations")[f"{ANNOTATION}{name}"] = RUNTIME_DEFAULT


def harden_1_30(manifest: Manifest, knowledge: Knowledge) -> None:
    """Name the runtime's default for each container without a profile."""
    if knowledge.apparmor_required:
        for pod in linux_pods_of(manifest):
            if pod.security_context.get(FIELD) is None:
                for container in changeable_containers(pod):
                    own = as_map(container.get("securityContext")).get(FIELD)
                    if own is None and _annotated(pod, container.get("name")) is None:
                        ensure_map(container, "securityContext")[FIELD] = dict(_DEFAULT)


def admission(knowledge: Knowledge) -> tuple[AdmissionRule, ...]:
    """The same of the server, with the fields that its version has."""
    if not knowledge.apparmor_required:
        return ()
    key = f"({text(ANNOTATION)} + c.name)"
    ways = [
        "has(variables.pod.os) && variables.pod.os.name == 'windows'",
        f"{key} in variables.annotations && variables.annotations[{key}] != ''",
    ]
    if knowledge.kubernetes >= FIELD_SINCE:
        ways += [
            f"has(variables.pod.securityContext) && has(variables.pod.securityContext.{FIELD})",
            f"has(c.securityContext) && has(c.securityContext.{FIELD})",
        ]
    return (
        AdmissionRule(fix="name RuntimeDefault or a profile of the nodes for each container", container=any_of(ways)),
    )


CONTROL = Control(
    id="apparmor-required",
    requirement="Every container must run under an AppArmor profile, where the environment asks for it.",
    severity=Severity.MEDIUM,
    chapter="workload",
    profile=Profile.FULL,
    references=("PSS baseline: AppArmor",),
    check=check,
    concerns=carries_pods,
    harden=harden,
    revisions=(Revision(since=FIELD_SINCE, check=check_1_30, harden=harden_1_30),),
    admission=admission,
)
