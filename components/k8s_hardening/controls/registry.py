"""Every control, explicitly and sorted by id: what is not listed here does not exist."""

from __future__ import annotations

from k8s_hardening.controls import (
    apparmor,
    apparmor_profile_text,
    audit_policy,
    calico_v1_policy,
    capabilities,
    capabilities_added,
    capabilities_net_bind_only,
    cni_policy_open,
    cross_tenant_binding,
    default_namespace,
    encryption_configuration,
    host_namespaces,
    host_path_volumes,
    host_ports,
    host_probes,
    image_pinned,
    image_registry,
    inline_secrets,
    namespace_deny_all,
    namespace_limits,
    namespace_owner,
    namespace_pod_security,
    network_policy_open,
    network_policy_peers,
    network_policy_valid,
    node_volumes,
    pod_security_policy,
    privilege_escalation,
    privileged,
    proc_mount,
    proc_mount_restricted,
    rbac_escalation,
    rbac_wildcards,
    read_only_root_filesystem,
    removed_api,
    resource_requirements,
    run_as_non_root,
    run_as_user,
    seccomp,
    seccomp_unconfined,
    secrets_in_env,
    selinux,
    service_account_token,
    sysctls,
    system_subjects,
    tenant_builtin_roles,
    tenant_cluster_admin,
    token_secrets,
    volume_types,
    windows_host_process,
)
from k8s_hardening.controls.control import Control, Profile

CONTROLS: tuple[Control, ...] = (
    apparmor.CONTROL,
    apparmor_profile_text.CONTROL,
    audit_policy.CONTROL,
    calico_v1_policy.CONTROL,
    capabilities.CONTROL,
    capabilities_added.CONTROL,
    capabilities_net_bind_only.CONTROL,
    cni_policy_open.CONTROL,
    cross_tenant_binding.CONTROL,
    default_namespace.CONTROL,
    encryption_configuration.CONTROL,
    host_namespaces.CONTROL,
    host_path_volumes.CONTROL,
    host_ports.CONTROL,
    host_probes.CONTROL,
    image_pinned.CONTROL,
    image_registry.CONTROL,
    inline_secrets.CONTROL,
    namespace_deny_all.CONTROL,
    namespace_limits.CONTROL,
    namespace_owner.CONTROL,
    namespace_pod_security.CONTROL,
    network_policy_open.CONTROL,
    network_policy_peers.CONTROL,
    network_policy_valid.CONTROL,
    node_volumes.CONTROL,
    pod_security_policy.CONTROL,
    privilege_escalation.CONTROL,
    privileged.CONTROL,
    proc_mount.CONTROL,
    proc_mount_restricted.CONTROL,
    rbac_escalation.CONTROL,
    rbac_wildcards.CONTROL,
    read_only_root_filesystem.CONTROL,
    removed_api.CONTROL,
    resource_requirements.CONTROL,
    run_as_non_root.CONTROL,
    run_as_user.CONTROL,
    seccomp.CONTROL,
    seccomp_unconfined.CONTROL,
    secrets_in_env.CONTROL,
    selinux.CONTROL,
    service_account_token.CONTROL,
    sysctls.CONTROL,
    system_subjects.CONTROL,
    tenant_builtin_roles.CONTROL,
    tenant_cluster_admin.CONTROL,
    token_secrets.CONTROL,
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
