"""The API server should limit what a flood of events, a cached image and a claimed address can do.

Restricted: --enable-admission-plugins of kube-apiserver must hold EventRateLimit (with the file that
--admission-control-config-file names, without which it does not start), AlwaysPullImages and, from 1.21,
DenyServiceExternalIPs. Absent means: none of them.
Facts and sources: kube/admission_plugins.py.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity
from k8s_hardening.controls.shared.flag_rules import is_set, required, told, unreadable
from k8s_hardening.kube.control_planes import may_configure, settings_of
from k8s_hardening.kube.flags import API_SERVER, admission_plugins
from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.model.knowledge import Knowledge

_ENABLE, _OLD, _FILE = "enable-admission-plugins", "admission-control", "admission-control-config-file"
_WANTED = {
    "AlwaysPullImages": "so that a pod cannot run an image of another's registry from the node's cache",
    "DenyServiceExternalIPs": "so that nobody claims addresses of others for a Service",
    "EventRateLimit": "so that a flood of events does not fill etcd",
}


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each limiting plug-in that is not on."""
    for settings in settings_of(manifest, API_SERVER):
        yield from unreadable(settings)
        given = (*settings.given(_ENABLE), *settings.given(_OLD))
        on = settings.items(_ENABLE) | settings.items(_OLD)
        for name, reason in _WANTED.items():
            if name in on or not admission_plugins()[name].is_known(knowledge.kubernetes):
                continue
            if given:
                yield told(settings, given[0], f"add {name}, {reason}")
            elif settings.is_whole:
                yield Finding(settings.at(_ENABLE), "absent", f"add {name}, {reason}", absent=True)
        if "EventRateLimit" in on:
            yield from required(settings, _FILE, is_set, "name a file with the limits of EventRateLimit")


CONTROL = Control(
    id="control-plane-admission-limits",
    requirement="The API server should limit events, cached images and claimed addresses by admission.",
    severity=Severity.LOW,
    chapter="control-plane",
    profile=Profile.FULL,
    references=("CIS 1.2.3", "CIS 1.2.9", "CIS 1.2.11"),
    check=check,
    concerns=may_configure,
)
