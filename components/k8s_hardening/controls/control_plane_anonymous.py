"""The API server must answer nobody without a name, but for its health endpoints.

Restricted: --anonymous-auth of kube-apiserver, which is true when it is absent; from 1.32 the file that
--authentication-config names may say more, so the flag may then be absent. Judged in such a file: `anonymous`, which
must be off or limited to the paths of health checks and of joining nodes; absent means that the flag decides.
Before 1.32 the flag may be absent in kubeadm's own files: the probes that kubeadm writes have no name to give. Other
manifests need another way in for probes: a TCP check, or a proxy beside the server.
Facts and sources: kube/authentication.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.controls.shared.flag_rules import allowed, is_false, required, told_of_file, unreadable
from k8s_hardening.kube.authentication import ANONYMOUS_PATHS_SINCE, CLUSTER_INFO_PATH, HEALTH_PATHS
from k8s_hardening.kube.control_planes import may_configure, settings_of
from k8s_hardening.kube.embedded import ConfigurationKind, embedded_files
from k8s_hardening.kube.flags import API_SERVER
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, as_list, as_map
from k8s_hardening.model.knowledge import Knowledge

_FILE = ConfigurationKind("apiserver.config.k8s.io", "AuthenticationConfiguration", ("authentication",))
_OPEN_PATHS = frozenset({*HEALTH_PATHS, CLUSTER_INFO_PATH})
_OFF = "set it to false"
_FIX_FILE = "set anonymous.enabled to false, or give conditions with the paths /livez, /readyz and /healthz only"


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """The flag or the file that lets nameless requests in."""
    for settings in settings_of(manifest, API_SERVER):
        yield from unreadable(settings)
        if knowledge.kubernetes >= ANONYMOUS_PATHS_SINCE:
            fix = f"{_OFF}, or limit it by --authentication-config to the paths of health checks"
            judged = allowed if settings.has("authentication-config") else required
        else:
            fix = f"{_OFF}, and let probes use a TCP check"
            judged = allowed if settings.is_of_kubeadm else required
        yield from judged(settings, "anonymous-auth", is_false, fix)
    if knowledge.kubernetes >= ANONYMOUS_PATHS_SINCE:
        for file in embedded_files(manifest, _FILE):
            if file.content is None:
                yield Finding(file.path or "(object)", "a file too large to be judged", "write it by hand")
            elif file.content is UNKNOWN:
                yield finding(file.path, UNKNOWN, _FIX_FILE)
            else:
                yield from _file(manifest, file.at("anonymous"), as_map(file.content).get("anonymous"))


def _file(manifest: Manifest, path: str, anonymous: Any) -> Iterator[Finding]:
    if anonymous is None:
        yield Finding(path, "absent, which leaves it to a flag whose default is on", _FIX_FILE, absent=True)
        return
    enabled = as_map(anonymous).get("enabled")
    if enabled is False or (enabled is None and anonymous is not UNKNOWN):
        return
    conditions = as_list(as_map(anonymous).get("conditions"))
    if enabled is not True or not conditions:
        yield told_of_file(manifest, f"{path}.enabled", enabled, _FIX_FILE)
    for index, condition in enumerate(conditions):
        value = as_map(condition).get("path")
        if not isinstance(value, str) or value not in _OPEN_PATHS:
            yield told_of_file(manifest, f"{path}.conditions[{index}].path", value, "name a path of health checks only")


CONTROL = Control(
    id="control-plane-anonymous",
    requirement="The API server must not answer requests without a name, but for its health endpoints.",
    severity=Severity.HIGH,
    chapter="control-plane",
    profile=Profile.FULL,
    references=("CIS 1.2.1",),
    check=check,
    concerns=may_configure,
)
