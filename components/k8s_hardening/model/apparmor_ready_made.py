"""The profiles that need no more than their name, in the words of a typed one."""

from __future__ import annotations

from typing import Any

from k8s_hardening.model.apparmor_profile import AppArmorProfileSpec, ReadyMade

# What containers have unless they ask for more or less; AppArmor never gives a process a capability that it lacks.
# Source: github.com/containerd/containerd v2.4.2, pkg/oci/spec.go defaultUnixCaps.
_CAPABILITIES = (
    "audit_write", "chown", "dac_override", "fowner", "fsetid", "kill", "mknod", "net_bind_service", "net_raw",
    "setfcap", "setgid", "setpcap", "setuid", "sys_chroot",
)  # fmt: skip
_WITHOUT_RAW = tuple(one for one in _CAPABILITIES if one != "net_raw")
_OPEN: dict[str, Any] = {"capabilities": _CAPABILITIES, "raw_sockets": True, "packet_sockets": True}
_FIELDS: dict[ReadyMade, dict[str, Any]] = {
    ReadyMade.CONTAINER_DEFAULT: _OPEN,
    ReadyMade.DENY_WRITE: {**_OPEN, "writable": ()},
    ReadyMade.NO_RAW_NETWORK: {"capabilities": _WITHOUT_RAW},
}


def as_typed(profile: AppArmorProfileSpec) -> AppArmorProfileSpec:
    """A ready-made profile as the typed one that it stands for; every other one as it is."""
    if profile.ready_made is None:
        return profile
    return profile.model_copy(update={"ready_made": None, **_FIELDS[profile.ready_made]})
