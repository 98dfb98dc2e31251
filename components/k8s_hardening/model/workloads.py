"""What the workloads of an environment get where their own manifests say nothing."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from k8s_hardening.model.apparmor_leaves import InstalledName
from k8s_hardening.model.base import Model
from k8s_hardening.model.checked import Name, matching
from k8s_hardening.model.control_plane.numbers import Count, between
from k8s_hardening.model.selinux import SeLinuxSpec

# k8s.io/apimachinery v0.37.2 pkg/util/validation (IsValidGroupID) takes 0 as well, which is the group of root.
_Group = Annotated[Count, between(1, 2_147_483_647)]
# k8s.io/kubernetes v1.37.2 pkg/apis/core/validation (ValidateLocalDescendingPath).
_Profile = Annotated[
    str,
    matching(
        r"(?!/)(?!(.*/)?\.\.(/|$))[A-Za-z0-9_./-]+",
        "is not a path below the kubelet's folder of seccomp profiles",
        '"profiles/web.json"',
    ),
]


RUNTIME_DEFAULT = "runtime-default"
"""What stands for the runtime's own AppArmor profile in place of a profile's name."""


class WorkloadAppArmorSpec(Model):
    """AppArmor profiles of containers: a name of apparmor.profiles or apparmor.preinstalled, or runtime-default."""

    profile: InstalledName | None = Field(default=None, examples=["web"])
    """Profile of every container that is not named below."""
    containers: dict[Name, InstalledName] = Field(default={}, examples=[{"sidecar": RUNTIME_DEFAULT}])
    """Name of a container -> its profile."""

    def choice(self, container: str) -> str | None:
        """What is chosen for a container; None where nothing is."""
        return self.containers.get(container, self.profile)


class WorkloadsSpec(Model):
    """Security options that `harden` fills in for pods that do not choose for themselves."""

    fs_group: _Group | None = Field(default=None, examples=[10001])
    """Group that owns the volumes of a pod."""
    supplemental_groups: tuple[_Group, ...] = Field(default=(), examples=[[10002]])
    """More groups of the processes of a pod."""
    selinux: SeLinuxSpec = SeLinuxSpec()
    """SELinux options of a pod; user and role have no place here, since the Pod Security Standards refuse both."""
    seccomp_profile: _Profile | None = Field(default=None, examples=["profiles/web.json"])
    """Seccomp profile of the nodes in place of the runtime's default."""
    apparmor: WorkloadAppArmorSpec = WorkloadAppArmorSpec()
    """AppArmor profiles of the containers, with the way to nodes that have them loaded."""
