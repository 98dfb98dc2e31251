"""The programs of the control plane must not serve their profiles, which show memory and slow them down.

Restricted: --profiling of kube-apiserver, kube-controller-manager and kube-scheduler, which is true when absent;
--debug-socket-path of kube-apiserver, a socket that asks nobody for a name. kube-scheduler ignores the flag beside
--config; then enableProfiling of its KubeSchedulerConfiguration counts, which is true when absent.
Sources: k8s.io/kubernetes v1.18.20 to v1.37.2 cmd/kube-scheduler/app/options/deprecated.go,
pkg/scheduler/apis/config/v1/defaults.go; k8s.io/apiserver v0.37.2 pkg/server/options/feature.go.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.controls.shared.flag_rules import is_false, refused, required, told_of_file, unreadable
from k8s_hardening.kube.control_planes import may_configure, settings_of
from k8s_hardening.kube.embedded import ConfigurationKind, embedded_files
from k8s_hardening.kube.flags import API_SERVER, CONTROLLER_MANAGER, SCHEDULER
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_map
from k8s_hardening.model.knowledge import Knowledge

_PROGRAMS = (API_SERVER, CONTROLLER_MANAGER, SCHEDULER)
_FILE = ConfigurationKind("kubescheduler.config.k8s.io", "KubeSchedulerConfiguration", ("kube-scheduler",))
_FIX = "set it to false"


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each program that serves its profiles."""
    for settings in settings_of(manifest, *_PROGRAMS):
        yield from unreadable(settings)
        if not (settings.program == SCHEDULER and settings.has("config")):
            yield from required(settings, "profiling", is_false, _FIX, default="true")
        yield from refused(settings, "debug-socket-path", "remove it; the socket asks nobody for a name")
    for file in embedded_files(manifest, _FILE):
        path = file.at("enableProfiling")
        if file.content is None:
            yield Finding(file.path or "(object)", "a file too large to be judged", "write it by hand")
        elif file.content is UNKNOWN:
            yield finding(file.path, UNKNOWN, _FIX)
        elif (value := as_map(file.content).get("enableProfiling")) is not False:
            yield told_of_file(manifest, path, value, _FIX)


CONTROL = Control(
    id="control-plane-profiling",
    requirement="Programs of the control plane must not serve their profiles.",
    severity=Severity.LOW,
    chapter="control-plane",
    profile=Profile.FULL,
    references=("CIS 1.2.15", "CIS 1.3.2", "CIS 1.4.1"),
    check=check,
    concerns=may_configure,
)
