"""RKE2: a drop-in of its configuration file, with the CIS profile of the version.

Sources: rancher/rke2 pkg/cli/cmds/profile_linux.go, pkg/rke2/psa.go, pkg/staticpod/staticpod.go (mounts each file
that a flag names); rancher/rke2-docs docs/reference/server_config.md.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.plans.control_plane.dialects.k3s import encrypts
from k8s_hardening.plans.control_plane.dialects.output import DialectOutput
from k8s_hardening.plans.control_plane.dialects.rancher import (
    Distribution,
    advice_here,
    asked_of,
    config_files,
    merging_advice,
    rancher_config,
)
from k8s_hardening.plans.control_plane.dialects.writing import files_of, mounts_of, sentences
from k8s_hardening.plans.control_plane.part import Component, Mount, Part

RKE2 = Distribution("rke2", "RKE2")

# The first minor that takes each name; a name that a version does not know is fatal.
_PROFILES = ((KubeVersion(1, 25), "cis"), (KubeVersion(1, 23), "cis-1.23"), (KubeVersion(1, 19), "cis-1.6"))
# RKE2 has a key for these files, mounts them itself and passes the flag on.
_KEYS = {
    "admission-control-config-file": "pod-security-admission-config-file",
    "audit-policy-file": "audit-policy-file",
}
_KEYS_SINCE = KubeVersion(1, 25)
_PLUS_SINCE = KubeVersion(1, 21)


def profile_of(kubernetes: KubeVersion) -> str | None:
    """The CIS profile that RKE2 of a minor knows, or None."""
    return next((name for since, name in _PROFILES if kubernetes >= since), None)


def write_rke2(part: Part, kubernetes: KubeVersion) -> DialectOutput:
    """The control plane as a drop-in of every server's configuration."""
    config = rancher_config(part, kubernetes, RKE2)
    plus = "+" if kubernetes >= _PLUS_SINCE else ""
    _use_own_keys(config.server, part, kubernetes, plus)
    not_expressible = list(config.not_expressible)
    for component in Component:
        if mounts := mounts_of(asked_of(part, component)):
            config.server[f"{component}-extra-mount{plus}"] = [_extra_mount(one) for one in mounts]
    if (profile := profile_of(kubernetes)) is not None:
        config.server["profile"] = config.agent["profile"] = profile
    else:
        not_expressible.append(f"RKE2 of Kubernetes {kubernetes} has no CIS profile.")
    files = [*files_of(part), *config_files(config, kubernetes, RKE2)]
    return DialectOutput(
        host_files=tuple(sorted(files, key=lambda file: file.path)),
        manifests=part.manifests,
        not_expressible=sentences(not_expressible),
        owned_by_provider=sentences([*config.owned, *_done_by_profile(profile)]),
        advice=sentences(
            [
                *advice_here(part),
                *merging_advice(config, kubernetes, RKE2),
                *_profile_advice(profile),
                *_encryption(part),
            ]
        ),
    )


def _use_own_keys(server: dict[str, object], part: Part, kubernetes: KubeVersion, plus: str) -> None:
    """Some flags of the API server have a key of RKE2's own, which comes with the mount."""
    lines = server.get(f"{Component.API_SERVER}-arg{plus}")
    if not isinstance(lines, list) or kubernetes < _KEYS_SINCE:
        return
    for setting in asked_of(part, Component.API_SERVER):
        if setting.flag in _KEYS:
            lines.remove(f"{setting.flag}={setting.values[0]}")
            server[_KEYS[setting.flag]] = setting.values[0]


def _extra_mount(mount: Mount) -> str:
    return f"{mount.path}:{mount.path}:{'rw' if mount.writable else 'ro'}"


def _done_by_profile(profile: str | None) -> Iterator[str]:
    if profile is None:
        return
    yield f"The profile {profile} checks the kernel parameters and the user etcd, and RKE2 does not start without them."
    yield f"The profile {profile} sets protectKernelDefaults of the kubelet, and refuses false."
    yield f"The profile {profile} writes network policies into kube-system, kube-public and default."
    if profile == "cis":
        yield (
            "The profile cis enforces restricted pods outside kube-system, compliance-operator-system and "
            "tigera-operator, unless an admission file of ours takes its place."
        )
        yield "The profile cis brings an audit policy, unless one of ours takes its place."


def _profile_advice(profile: str | None) -> Iterator[str]:
    if profile is not None:
        yield "Make the user that the profile asks for: useradd -r -c 'etcd user' -s /sbin/nologin -M etcd -U"
        yield (
            "Set the kernel parameters that the profile asks for: cp "
            "/usr/local/share/rke2/rke2-cis-sysctl.conf /etc/sysctl.d/60-rke2-cis.conf && sysctl --system"
        )


def _encryption(part: Part) -> Iterator[str]:
    if encrypts(part):
        yield (
            "RKE2 encrypts Secrets with a file of its own until ours takes its place: rotate keys with "
            "`k8s-hardening encryption`, and do not run `rke2 secrets-encrypt`, which changes the other file."
        )
