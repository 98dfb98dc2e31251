"""Volumes by which a pod gets Secrets and tokens as files, and never as variables of its environment.

A volume of a Secret, and a projected one, is a tmpfs of the node: k8s.io/kubernetes v1.37.2 pkg/volume/secret/secret.go
(wrappedVolumeSpec, medium Memory) and pkg/volume/projected/projected.go. Its files belong to root. A process that is
not root reads them by the pod's fsGroup, for which the kubelet adds reading by the group (pkg/volume/volume_linux.go,
roMask 0440); without fsGroup mode 0400 leaves them to root alone.
"""

from __future__ import annotations

from typing import Any

from k8s_hardening.kube.names import is_dns1123_label, suggest_dns1123_label
from k8s_hardening.model.problems import BadInputError, shown
from k8s_hardening.model.service_accounts import LONGEST_EXPIRY, SHORTEST_EXPIRY

PodVolume = dict[str, Any]
MODE = 0o400
"""Read by the owner; in JSON the decimal 256."""
DEFAULT_EXPIRY = 3600
"""Seconds that a token lives when nothing else is said."""


def secret_volume(name: str, secret_name: str) -> PodVolume:
    """The volume of a pod spec in which each key of a Secret is a file.

    Args:
        name: name of the volume; a DNS-1123 label.
        secret_name: name of the Secret, for example the output `secret_name` of `TenantSecret`.

    Raises:
        BadInputError: the name is none of a volume.
    """
    _check_name(name)
    return {"name": name, "secret": {"secretName": secret_name, "defaultMode": MODE, "optional": False}}


def token_volume(name: str, audience: str, expiry: int = DEFAULT_EXPIRY) -> PodVolume:
    """The volume of a pod spec with a token of the pod's service account, in the file `token`.

    Args:
        name: name of the volume; a DNS-1123 label.
        audience: who is meant to take the token.
        expiry: seconds until it ends, 600 to 86400; the kubelet renews it before.

    Raises:
        BadInputError: the name, the audience or the expiry is refused.
    """
    _check_name(name)
    problems = []
    if not audience or audience != audience.strip() or not audience.isprintable():
        problems.append(f'audience: {shown(audience)} names nobody; for example "vault"')
    if isinstance(expiry, bool) or not isinstance(expiry, int) or not SHORTEST_EXPIRY <= expiry <= LONGEST_EXPIRY:
        what = f"is not between {SHORTEST_EXPIRY} and {LONGEST_EXPIRY} seconds"
        problems.append(f"expiry: {shown(expiry)} {what}; for example {DEFAULT_EXPIRY}")
    if problems:
        raise BadInputError(problems)
    token = {"audience": audience, "expirationSeconds": expiry, "path": "token"}
    return {"name": name, "projected": {"defaultMode": MODE, "sources": [{"serviceAccountToken": token}]}}


def volume_mount(name: str, path: str) -> PodVolume:
    """The read-only mount of such a volume in a container.

    Args:
        name: name of the volume.
        path: folder in the container in which the files stand; absolute.

    Raises:
        BadInputError: the path is not absolute, or leads up.
    """
    _check_name(name)
    if not path.startswith("/") or ":" in path or ".." in path.split("/"):
        raise BadInputError([f'path: {shown(path)} is not an absolute folder; for example "/run/secrets/db"'])
    return {"name": name, "mountPath": path, "readOnly": True}


def _check_name(name: str) -> None:
    if not is_dns1123_label(name):
        example = suggest_dns1123_label(name)
        raise BadInputError([f'name: {shown(name)} is not a DNS-1123 label; for example "{example}"'])
