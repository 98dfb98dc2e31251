"""The API server must write an audit log by a policy, and keep it long enough to be read.

Restricted flags of kube-apiserver: --audit-policy-file, without which nothing is logged; a backend, --audit-log-path
or --audit-webhook-config-file; for a log in a file --audit-log-maxage (30 days or more), --audit-log-maxbackup (10 or
more) and --audit-log-maxsize (100 MB or more). Absent means for these three: without limit and rotated at 100 MB
before 1.36; 366 days, 100 files and 100 MB from 1.36, which is enough. What the policy logs is judged by audit-policy.
Source: k8s.io/apiserver v0.18.19 to v0.37.2 pkg/server/options/audit.go.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity
from k8s_hardening.controls.shared.flag_rules import is_at_least, is_set, required, unreadable
from k8s_hardening.kube.control_planes import may_configure, settings_of
from k8s_hardening.kube.flags import API_SERVER
from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.knowledge import Knowledge

_GOOD_DEFAULTS_SINCE = KubeVersion(1, 36)
_STANDARD_OUTPUT = "-"
# Flag -> (least value, default from 1.36 on, what it is).
_ROTATION = {
    "audit-log-maxage": (30, "366", "days"),
    "audit-log-maxbackup": (10, "100", "files"),
    "audit-log-maxsize": (100, "100", "megabytes"),
}


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each flag without which the log is not written, or is gone too soon."""
    for settings in settings_of(manifest, API_SERVER):
        yield from unreadable(settings)
        yield from required(
            settings, "audit-policy-file", is_set, "name an audit policy; without one nothing is logged"
        )
        if not settings.has("audit-webhook-config-file"):
            yield from required(settings, "audit-log-path", is_set, "name the file of the audit log")
        if not settings.has("audit-log-path") or settings.items("audit-log-path") == {_STANDARD_OUTPUT}:
            continue
        for flag, (least, default, unit) in _ROTATION.items():
            yield from required(
                settings,
                flag,
                is_at_least(least),
                f"set it to {least} {unit} or more",
                default=default if knowledge.kubernetes >= _GOOD_DEFAULTS_SINCE else None,
            )


CONTROL = Control(
    id="control-plane-audit",
    requirement="The API server must write an audit log, and keep it.",
    severity=Severity.MEDIUM,
    chapter="control-plane",
    profile=Profile.FULL,
    references=("CIS 1.2.16", "CIS 1.2.17", "CIS 1.2.18", "CIS 1.2.19", "CIS 3.2.1"),
    check=check,
    concerns=may_configure,
)
