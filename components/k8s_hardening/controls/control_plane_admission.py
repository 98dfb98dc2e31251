"""The API server must run the admission plug-ins that guard the cluster, and only those it knows.

Restricted flags of kube-apiserver: --enable-admission-plugins, which must hold NodeRestriction (absent means without
it), must not hold plug-ins that wave everything through, and must name only what the version has; from the list on,
the server does not start with an unknown name. --disable-admission-plugins must not name a guard.
--admission-control is deprecated since 1.10 and turns off every plug-in that it does not list.
Facts and sources: kube/admission_plugins.py, kube/flags.py.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity
from k8s_hardening.controls.shared.flag_rules import told, unreadable
from k8s_hardening.kube.admission_plugins import REFUSED, plugins, switched_off_by
from k8s_hardening.kube.control_planes import ComponentSettings, may_configure, settings_of
from k8s_hardening.kube.flags import API_SERVER, admission_plugins
from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.knowledge import Knowledge

_ENABLE, _DISABLE, _OLD = "enable-admission-plugins", "disable-admission-plugins", "admission-control"
_NEEDED = "NodeRestriction"
# Plug-ins without which rules of the cluster are not applied at all.
_GUARDS = frozenset(
    {
        "CertificateApproval",
        "CertificateSigning",
        "CertificateSubjectRestriction",
        "LimitRanger",
        "MutatingAdmissionWebhook",
        "NamespaceLifecycle",
        "NodeRestriction",
        "PodSecurity",
        "ResourceQuota",
        "ServiceAccount",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionWebhook",
    }
)


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each list of plug-ins that leaves a guard out, or holds what it should not."""
    for settings in settings_of(manifest, API_SERVER):
        yield from unreadable(settings)
        yield from _old(settings, knowledge.kubernetes)
        yield from _enabled(settings, knowledge.kubernetes)
        for argument in settings.given(_DISABLE):
            guards = sorted(_names(argument.value) & _GUARDS)
            if guards or not isinstance(argument.value, str):
                yield told(settings, argument, f"leave {', '.join(guards) or 'guards'} on")


def _old(settings: ComponentSettings, version: KubeVersion) -> Iterator[Finding]:
    for argument in settings.given(_OLD):
        off = ", ".join(switched_off_by(_names(argument.value), version))
        yield told(
            settings, argument, f"use --{_ENABLE}; this flag turns off what it does not list: {off or 'nothing'}"
        )


def _enabled(settings: ComponentSettings, version: KubeVersion) -> Iterator[Finding]:
    given = settings.given(_ENABLE)
    for argument in given:
        if not isinstance(argument.value, str):
            yield told(settings, argument, f"add {_NEEDED}")
            continue
        for name in sorted(_names(argument.value)):
            if name in REFUSED:
                yield told(settings, argument, f"remove {name}: {REFUSED[name]}")
            elif (fault := _fault(name, version)) is not None:
                yield told(settings, argument, fault)
    if _NEEDED in settings.items(_ENABLE) or any(not isinstance(one.value, str) for one in given):
        return
    if given:
        yield told(settings, given[0], f"add {_NEEDED}, which holds nodes to their own objects")
    elif settings.is_whole and not settings.given(_OLD):
        fix = f"set it to a list with {_NEEDED}, which holds nodes to their own objects"
        yield Finding(settings.at(_ENABLE), "absent", fix, absent=True)


def _fault(name: str, version: KubeVersion) -> str | None:
    span = admission_plugins().get(name)
    if span is not None and span.is_known(version):
        return None
    if span is not None and span.is_future(version):
        return f"remove {name}, which Kubernetes {version} does not have yet (first in {span.first})"
    known = plugins().get(name)
    instead = f"; use {known.instead}" if known is not None and known.instead else ""
    return f"remove {name}, which Kubernetes {version} does not have{instead}"


def _names(value: object) -> frozenset[str]:
    return frozenset(name.strip() for name in value.split(",")) - {""} if isinstance(value, str) else frozenset()


CONTROL = Control(
    id="control-plane-admission",
    requirement="The API server must run the admission plug-ins that guard the cluster, and only those it knows.",
    severity=Severity.HIGH,
    chapter="control-plane",
    profile=Profile.FULL,
    references=("CIS 1.2.10", "CIS 1.2.12", "CIS 1.2.13", "CIS 1.2.14"),
    check=check,
    concerns=may_configure,
)
