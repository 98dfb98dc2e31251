"""Pods must not get a token of the API server by default.

Restricted fields: automountServiceAccountToken of every pod and of each service account called `default`. Required:
false. Absent means: true, for a pod unless its service account says otherwise. A pod that talks to the API server
mounts a projected token instead, which names its audience and ends soon; expirationSeconds of such a token: absent
(one hour) or at most a day, after which the kubelet renews it anyway (k8s.io/api v0.37.2 core/v1/types.go,
ServiceAccountTokenProjection).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.kube.manifest import Manifest, api_group_of, as_list, as_map, is_changeable, kind_of, name_of
from k8s_hardening.kube.pods import Pod, pods_of
from k8s_hardening.model.knowledge import Knowledge

FIELD = "automountServiceAccountToken"
LONGEST_EXPIRY = 86_400
_EXPIRY = "expirationSeconds"


def check(manifest: Manifest, knowledge: Knowledge) -> Iterator[Finding]:
    """Each pod and default account with an automatic token, and each projected token that lives too long."""
    if _is_default_account(manifest) and manifest.get(FIELD) is not False:
        yield finding(FIELD, manifest.get(FIELD), "set it to false")
    for pod in pods_of(manifest):
        value = pod.spec.get(FIELD)
        if value is not False:
            yield finding(
                f"{pod.path}.{FIELD}", value, "set it to false; where a token is needed, mount a projected one"
            )
        for path, token in _projected_tokens(pod):
            if not _is_short(token.get(_EXPIRY)):
                yield finding(f"{path}.{_EXPIRY}", token.get(_EXPIRY), f"set it to {LONGEST_EXPIRY} or less")


def harden(manifest: Manifest, knowledge: Knowledge) -> None:
    """Switch the automatic token off, and let projected tokens live as short as the server's default."""
    if _is_default_account(manifest):
        manifest[FIELD] = False
    for pod in pods_of(manifest):
        if is_changeable(pod.spec):
            pod.spec[FIELD] = False
        for _, token in _projected_tokens(pod):
            if is_changeable(token) and not _is_short(token.get(_EXPIRY)):
                del token[_EXPIRY]


def _is_default_account(manifest: Manifest) -> bool:
    return kind_of(manifest) == "ServiceAccount" and not api_group_of(manifest) and name_of(manifest) == "default"


def _projected_tokens(pod: Pod) -> Iterator[tuple[str, dict[str, Any]]]:
    for index, volume in enumerate(as_list(pod.spec.get("volumes"))):
        for position, source in enumerate(as_list(as_map(as_map(volume).get("projected")).get("sources"))):
            path = f"{pod.path}.volumes[{index}].projected.sources[{position}].serviceAccountToken"
            yield path, as_map(as_map(source).get("serviceAccountToken"))


def _is_short(expiry: Any) -> bool:
    return expiry is None or (type(expiry) in (int, float) and expiry <= LONGEST_EXPIRY)


CONTROL = Control(
    id="service-account-token",
    requirement="Pods must not mount a service account token that nobody asked for.",
    severity=Severity.MEDIUM,
    chapter="workload",
    profile=Profile.FULL,
    references=("CIS 5.1.5", "CIS 5.1.6"),
    check=check,
    harden=harden,
)
