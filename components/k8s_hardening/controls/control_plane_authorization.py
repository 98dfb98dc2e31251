"""The API server must ask the Node and RBAC authorizers, and never allow everything.

Restricted: --authorization-mode of kube-apiserver, which is AlwaysAllow when it is absent in every version; it must
hold Node and RBAC and not AlwaysAllow. From 1.30 --authorization-config may stand in its place; judged in that file:
the types of its authorizers, by the same measure.
Facts and sources: kube/authorization.py.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.controls.shared.flag_rules import told, told_of_file, unreadable
from k8s_hardening.kube.authorization import CONFIGURATION_SINCE, Authorizer
from k8s_hardening.kube.control_planes import ComponentSettings, may_configure, settings_of
from k8s_hardening.kube.embedded import ConfigurationKind, EmbeddedFile, embedded_files
from k8s_hardening.kube.flags import API_SERVER
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_list, as_map
from k8s_hardening.model.knowledge import Knowledge

_FILE = ConfigurationKind("apiserver.config.k8s.io", "AuthorizationConfiguration", ("authorization",))
_FLAG = "authorization-mode"
_NEEDED = (Authorizer.NODE, Authorizer.RBAC)
_FIX = "set it to Node,RBAC, with Webhook where one decides too"
_FIX_FILE = "list the types Node and RBAC, and Webhook where one decides too"


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """The list of authorizers, when it allows everything or leaves one out."""
    for settings in settings_of(manifest, API_SERVER):
        yield from unreadable(settings)
        takes_file = knowledge.kubernetes >= CONFIGURATION_SINCE and settings.has("authorization-config")
        if settings.given(_FLAG) or (settings.is_whole and not takes_file):
            yield from _flag(settings)
    for file in embedded_files(manifest, _FILE):
        if file.content is None:
            yield Finding(file.path or "(object)", "a file too large to be judged", "write it by hand")
        elif file.content is UNKNOWN:
            yield finding(file.path, UNKNOWN, _FIX_FILE)
        else:
            yield from _file(manifest, file)


def _flag(settings: ComponentSettings) -> Iterator[Finding]:
    given = settings.given(_FLAG)
    items = settings.items(_FLAG)
    if any(not isinstance(one.value, str) for one in given):
        yield told(settings, given[0], _FIX)
    elif Authorizer.ALWAYS_ALLOW in items or not items.issuperset(_NEEDED):
        if given:
            yield told(settings, given[0], _FIX)
        else:
            yield Finding(settings.at(_FLAG), 'absent, which means "AlwaysAllow"', _FIX, absent=True)


def _file(manifest: Manifest, file: EmbeddedFile) -> Iterator[Finding]:
    listed = as_list(as_map(file.content).get("authorizers"))
    types = [as_map(one).get("type") for one in listed]
    for index, one in enumerate(types):
        if one is UNKNOWN or one == Authorizer.ALWAYS_ALLOW:
            yield told_of_file(manifest, file.at(f"authorizers[{index}].type"), one, _FIX_FILE)
    missing = [one.value for one in _NEEDED if one not in types]
    if missing and UNKNOWN not in types:
        yield Finding(file.at("authorizers"), f"without {' and '.join(missing)}", _FIX_FILE)


CONTROL = Control(
    id="control-plane-authorization",
    requirement="The API server must authorize by Node and RBAC, and never allow everything.",
    severity=Severity.CRITICAL,
    chapter="control-plane",
    profile=Profile.FULL,
    references=("CIS 1.2.6", "CIS 1.2.7", "CIS 1.2.8"),
    check=check,
    concerns=may_configure,
)
