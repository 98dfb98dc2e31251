"""The capabilities of the Linux kernel, in the spelling of AppArmor: lower case, without CAP_.

Source: Linux include/uapi/linux/capability.h; apparmor_parser 3.0.8 takes each (tests/model/test_apparmor_compiled.py).
"""

from __future__ import annotations

LINUX_CAPABILITIES = frozenset({
    "audit_control", "audit_read", "audit_write", "block_suspend", "bpf", "checkpoint_restore", "chown",
    "dac_override", "dac_read_search", "fowner", "fsetid", "ipc_lock", "ipc_owner", "kill", "lease",
    "linux_immutable", "mac_admin", "mac_override", "mknod", "net_admin", "net_bind_service", "net_broadcast",
    "net_raw", "perfmon", "setfcap", "setgid", "setpcap", "setuid", "sys_admin", "sys_boot", "sys_chroot",
    "sys_module", "sys_nice", "sys_pacct", "sys_ptrace", "sys_rawio", "sys_resource", "sys_time", "sys_tty_config",
    "syslog", "wake_alarm",
})  # fmt: skip
