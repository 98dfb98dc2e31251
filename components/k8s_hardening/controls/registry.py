"""Every control, explicitly and sorted by id: what is not listed here does not exist."""

from __future__ import annotations

from k8s_hardening.controls import (
    apparmor,
    apparmor_profile_text,
    calico_v1_policy,
    capabilities,
    capabilities_added,
    capabilities_net_bind_only,
    encryption_configuration,
    host_namespaces,
    host_path_volumes,
    host_ports,
    host_probes,
    inline_secrets,
    network_policy_open,
    network_policy_peers,
    network_policy_valid,
    pod_security_policy,
    privilege_escalation,
    privileged,
    proc_mount,
    proc_mount_restricted,
    removed_api,
    run_as_non_root,
    run_as_user,
    seccomp,
    seccomp_unconfined,
    selinux,
    sysctls,
    volume_types,
    windows_host_process,
)
from k8s_hardening.controls.control import Control, Profile

CONTROLS: tuple[Control, ...] = (
    apparmor.CONTROL,
    apparmor_profile_text.CONTROL,
    calico_v1_policy.CONTROL,
    capabilities.CONTROL,
    capabilities_added.CONTROL,
    capabilities_net_bind_only.CONTROL,
    encryption_configuration.CONTROL,
    host_namespaces.CONTROL,
    host_path_volumes.CONTROL,
    host_ports.CONTROL,
    host_probes.CONTROL,
    inline_secrets.CONTROL,
    network_policy_open.CONTROL,
    network_policy_peers.CONTROL,
    network_policy_valid.CONTROL,
    pod_security_policy.CONTROL,
    privilege_escalation.CONTROL,
    privileged.CONTROL,
    proc_mount.CONTROL,
    proc_mount_restricted.CONTROL,
    removed_api.CONTROL,
    run_as_non_root.CONTROL,
    run_as_user.CONTROL,
    seccomp.CONTROL,
    seccomp_unconfined.CONTROL,
    selinux.CONTROL,
    sysctls.CONTROL,
    volume_types.CONTROL,
    windows_host_process.CONTROL,
)

_BY_ID = {control.id: control for control in CONTROLS}
_PROFILES = tuple(Profile)


def control_of(control_id: str) -> Control:
    """The control of an id.

    Raises:
        KeyError: no such control.
    """
    return _BY_ID[control_id]


def controls_of(profile: Profile) -> tuple[Control, ...]:
    """The controls of a profile, those of the smaller profiles included."""
    wanted = _PROFILES[: _PROFILES.index(profile) + 1]
    return tuple(control for control in CONTROLS if control.profile in wanted)
