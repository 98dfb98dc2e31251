"""What the references of controls stand for, in the words of the standards.

Headings of the Pod Security Standards are those of their page, kubernetes.io/docs/concepts/security/
pod-security-standards, as of Kubernetes 1.36; titles of the CIS benchmark are those of kube/cis.py.
"""

from __future__ import annotations

import functools

from k8s_hardening.kube.cis import cis_controls

PSS_HEADINGS: dict[str, tuple[str, ...]] = {
    "baseline": (
        "HostProcess",
        "Host Namespaces",
        "Privileged Containers",
        "Capabilities",
        "HostPath Volumes",
        "Host Ports",
        "Host Probes / Lifecycle Hooks (v1.34+)",
        "AppArmor",
        "SELinux",
        "/proc Mount Type",
        "Seccomp",
        "Sysctls",
    ),
    "restricted": (
        "Volume Types",
        "Privilege Escalation (v1.8+)",
        "Running as Non-root",
        "Running as Non-root user (v1.23+)",
        "Seccomp (v1.19+)",
        "Capabilities (v1.22+)",
    ),
}
# The page has no heading for it: k8s.io/pod-security-admission v0.37.2, policy/check_procMount_restricted.go, keeps the
# whole check of baseline for restricted when baseline begins to let pods with a user namespace through.
_KEPT_FOR_RESTRICTED = {"/proc Mount Type": "procMount_restricted"}


def wording(reference: str) -> str:
    """A control's reference with the standard's exact heading, or the title of its control.

    Raises:
        KeyError: the standard has no such part.
    """
    standard, _, rest = reference.partition(" ")
    if standard == "CIS":
        return f"CIS Kubernetes Benchmark {rest}: {_cis_titles()[rest]}"
    if standard == "PSS":
        return _pss_wording(rest)
    return reference


def _pss_wording(rest: str) -> str:
    level, _, name = rest.partition(": ")
    for heading in PSS_HEADINGS[level]:
        if heading == name or heading.startswith(f"{name} (v"):
            return f'Pod Security Standards, {level.capitalize()}: "{heading}"'
    check = _KEPT_FOR_RESTRICTED[name]
    return f'Pod Security Standards, Baseline: "{name}", kept whole for Restricted by the check {check}'


@functools.cache
def _cis_titles() -> dict[str, str]:
    return {control.id: control.title for control in cis_controls()}
