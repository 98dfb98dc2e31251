"""A pod may name only AppArmor profiles that its nodes have.

Restricted fields, where the environment declares its profiles: localhostProfile of an appArmorProfile in the
securityContext of the pod and of every container (from 1.30), and localhost/... in the annotation that names a
container's profile. Allowed: the kernel's name of a profile of apparmor.profiles, or one of apparmor.preinstalled. A
container whose profile the node does not have never starts, and nothing says so before. An annotation beside a field of
the same container is not looked at: the server takes both only if they say the same. Windows pods have no profile. A
field without any name is left to the control apparmor.
There is no fix by rule, since only the owner knows which profile was meant; `harden` puts the kernel's name in the
place of a friendly name, or of one with the hash of a former text.
Source: k8s.io/kubernetes v1.37.2 pkg/apis/core/validation/validation.go (ValidateAppArmorProfileField); github.com/
containerd/containerd v2.4.2 internal/cri/sputil/securityprofile_linux.go (a profile that is not loaded is an error).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls.admission import AdmissionRule
from k8s_hardening.controls.control import Control, Finding, Revision, Severity, finding
from k8s_hardening.controls.shared.apparmor_names import annotated_containers, is_provided, right_name
from k8s_hardening.controls.shared.relaxations import linux_pods_of
from k8s_hardening.controls.shared.security_contexts import security_contexts
from k8s_hardening.kube.apparmor import ANNOTATION, FIELD, FIELD_SINCE, LOCALHOST
from k8s_hardening.kube.cel import all_of, any_of, text, texts
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_map
from k8s_hardening.kube.pods import Pod, carries_pods
from k8s_hardening.model.knowledge import Knowledge

_NAME = "localhostProfile"
_MOST_SHOWN = 5


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each annotation that names a profile which the nodes do not have."""
    if knowledge.apparmor_profiles is not None:
        for pod in linux_pods_of(manifest):
            yield from _missing(_of_annotations(pod, has_fields=False), knowledge)


def check_1_30(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each field and each annotation that names a profile which the nodes do not have."""
    if knowledge.apparmor_profiles is not None:
        for pod in linux_pods_of(manifest):
            yield from _missing(_of_fields(pod), knowledge)
            yield from _missing(_of_annotations(pod, has_fields=True), knowledge)


def _missing(named: Iterator[tuple[str, Any, Any]], knowledge: Knowledge) -> Iterator[Finding]:
    for path, value, name in named:
        if not is_provided(name, knowledge):
            yield finding(path, value, _fix(name, knowledge))


def _of_fields(pod: Pod) -> Iterator[tuple[str, Any, Any]]:
    """Path, value and the name in it of each profile that a field asks for."""
    for path, context in security_contexts(pod):
        profile = as_map(context.get(FIELD))
        if (kind := profile.get("type")) is UNKNOWN or (kind == "Localhost" and profile.get(_NAME) not in (None, "")):
            yield f"{path}.{FIELD}.{_NAME}", profile.get(_NAME), profile.get(_NAME)


def _of_annotations(pod: Pod, *, has_fields: bool) -> Iterator[tuple[str, Any, Any]]:
    """The same of annotations."""
    if pod.metadata.get("annotations") is UNKNOWN:
        yield f"{pod.metadata_path}.annotations", UNKNOWN, UNKNOWN
    for _, path, value, container in annotated_containers(pod):
        if container is None or (has_fields and container.security_context.get(FIELD) is not None):
            continue
        if value is UNKNOWN:
            yield path, UNKNOWN, UNKNOWN
        elif isinstance(value, str) and value.startswith(LOCALHOST):
            yield path, value, value.removeprefix(LOCALHOST)


def _fix(name: Any, knowledge: Knowledge) -> str:
    profiles = knowledge.apparmor_profiles or {}
    if (right := right_name(name, profiles)) is not None:
        return f"the kernel knows it as {right}"
    names = sorted({*profiles.values(), *knowledge.apparmor_preinstalled})
    if not names:
        return "declare the profile below apparmor.profiles or apparmor.preinstalled, or ask for the runtime's default"
    more = f" and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else ""
    return f"the nodes have {', '.join(names[:_MOST_SHOWN])}{more}; declare others below apparmor.profiles"


def admission(knowledge: Knowledge) -> tuple[AdmissionRule, ...]:
    """The same of the server, with the fields that its version has."""
    if knowledge.apparmor_profiles is None:
        return ()
    names = {*knowledge.apparmor_profiles.values(), *knowledge.apparmor_preinstalled}
    windows = "has(variables.pod.os) && variables.pod.os.name == 'windows'"
    key = f"({text(ANNOTATION)} + c.name)"
    annotation = any_of(
        (
            f"!({key} in variables.annotations)",
            f"!variables.annotations[{key}].startsWith({text(LOCALHOST)})",
            f"variables.annotations[{key}] in {texts(f'{LOCALHOST}{name}' for name in names)}",
        )
    )
    fix = "name a profile that apparmor.profiles or apparmor.preinstalled declares, as the kernel knows it"
    if knowledge.kubernetes < FIELD_SINCE:
        return (AdmissionRule(fix=fix, container=any_of((windows, annotation))),)
    of_pod = any_of((windows, _holds("variables.pod", names)))
    of_container = any_of((windows, all_of((annotation, _holds("c", names)))))
    return (AdmissionRule(fix=fix, expressions=(of_pod,), container=of_container),)


def _holds(holder: str, names: set[str]) -> str:
    profile = f"{holder}.securityContext.{FIELD}"
    return any_of(
        (
            f"!has({holder}.securityContext)",
            f"!has({profile})",
            f"{profile}.type != 'Localhost'",
            f"has({profile}.{_NAME}) && {profile}.{_NAME} in {texts(names)}",
        )
    )


CONTROL = Control(
    id="apparmor-profile-provided",
    requirement="A pod may name only AppArmor profiles that the environment's nodes have.",
    severity=Severity.HIGH,
    chapter="workload",
    references=("PSS baseline: AppArmor",),
    check=check,
    concerns=carries_pods,
    revisions=(Revision(since=FIELD_SINCE, check=check_1_30),),
    admission=admission,
)
