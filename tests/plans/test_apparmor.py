"""AppArmor profiles as files of the nodes."""

from __future__ import annotations

from k8s_hardening.model.apparmor import AppArmorProfileSpec
from k8s_hardening.model.apparmor_text import profile_name, profile_text
from k8s_hardening.plans.apparmor import profile_file
from k8s_hardening.plans.plan import Hosts


def test_the_file_is_called_as_the_kernel_calls_the_profile() -> None:
    spec = AppArmorProfileSpec(name="web")
    file = profile_file(spec)
    assert file.path == f"/etc/apparmor.d/{profile_name(spec)}"
    assert file.text == profile_text(spec)
    assert file.hosts is Hosts.EVERY_NODE
