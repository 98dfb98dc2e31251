"""The programs of the control plane must not listen without TLS, nor where nobody needs them.

Restricted flags: --insecure-port of kube-apiserver until 1.19, --port of kube-controller-manager until 1.21 and of
kube-scheduler until 1.22, which serve everybody by plain HTTP unless they are 0; --bind-address of
kube-controller-manager and kube-scheduler, which is every address when absent and must be a loopback address.
Facts and sources: kube/insecure_ports.py; k8s.io/apiserver v0.37.2 pkg/server/options/serving.go.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity
from k8s_hardening.controls.shared.flag_rules import allowed, is_loopback, required, unreadable
from k8s_hardening.kube.control_planes import may_configure, settings_of
from k8s_hardening.kube.flags import API_SERVER, CONTROLLER_MANAGER, SCHEDULER, flags_of
from k8s_hardening.kube.insecure_ports import API_SERVER_UNTIL, CONTROLLER_MANAGER_UNTIL, SCHEDULER_UNTIL
from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.model.knowledge import Knowledge

# Program -> (flag of the port without TLS, last version that listens on it, port when the flag is absent).
_PORTS = {
    API_SERVER: ("insecure-port", API_SERVER_UNTIL, "8080"),
    CONTROLLER_MANAGER: ("port", CONTROLLER_MANAGER_UNTIL, "10252"),
    SCHEDULER: ("port", SCHEDULER_UNTIL, "10251"),
}
_EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 - what an absent flag means
_LOCAL_ONLY = (CONTROLLER_MANAGER, SCHEDULER)


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each open port that nobody needs."""
    for settings in settings_of(manifest, *_PORTS):
        yield from unreadable(settings)
        flag, until, default = _PORTS[settings.program]
        fix = "set it to 0; the port serves everybody without TLS"
        if knowledge.kubernetes <= until:
            yield from required(settings, flag, _is_zero, fix, default=default)
        elif flags_of(settings.program)[flag].is_known(knowledge.kubernetes):
            yield from allowed(settings, flag, _is_zero, "leave it out; nothing but 0 is accepted")
        if settings.program in _LOCAL_ONLY:
            yield from required(settings, "bind-address", is_loopback, "set it to 127.0.0.1", default=_EVERY_ADDRESS)


def _is_zero(value: str) -> bool:
    return value == "0"


CONTROL = Control(
    id="control-plane-ports",
    requirement="Programs of the control plane must not listen without TLS, nor where nobody needs them.",
    severity=Severity.CRITICAL,
    chapter="control-plane",
    profile=Profile.FULL,
    references=("CIS 1.3.7", "CIS 1.4.2"),
    check=check,
    concerns=may_configure,
)
