"""From the platform's baseline to the inputs of its PodSecurityPolicies."""

from __future__ import annotations

from k8s_hardening.model.apparmor_text import profile_names
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.checked import is_system_namespace
from k8s_hardening.model.pod_security import PodSecurityInputs, PodSecuritySpec


def pod_security_inputs(baseline: Baseline) -> PodSecurityInputs:
    """What is decided about policies, with what they must know of their environment.

    A namespace that Pod Security Admission leaves alone is left alone by the policies, too, unless a tenant owns it.
    """
    spec, version = baseline.pod_security, baseline.kubernetes
    if not spec.uses_policies(version):
        return PodSecurityInputs(kubernetes=version)  # who lives where is then nothing to change with
    levels = {one.name: one.pod_security for tenant in baseline.tenants for one in tenant.namespaces}
    written = {name: getattr(spec, name) for name in PodSecuritySpec.model_fields if name in spec.model_fields_set}
    if spec.uses_admission(version):
        exempt = baseline.control_plane.admission.pod_security.exempt_namespaces
        elsewhere = {*levels, *spec.baseline_namespaces}
        left_alone = {
            name: reason for name, reason in exempt.items() if name not in elsewhere and not is_system_namespace(name)
        }
        written["privileged_namespaces"] = {**left_alone, **spec.privileged_namespaces}
    profiles = (*profile_names(baseline.apparmor.profiles).values(), *baseline.apparmor.preinstalled)
    return PodSecurityInputs(
        **written, kubernetes=version, namespaces=levels, apparmor_profiles=profiles if profiles else None
    )
