"""SELinux options that the Pod Security Standards allow."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from k8s_hardening.model.base import Model
from k8s_hardening.model.checked import matching

_ContainerType = Annotated[
    str,
    matching(
        "container_t|container_init_t|container_kvm_t",
        "is no SELinux type that the Pod Security Standards allow",
        '"container_t"',
    ),
]
_SeLinuxLevel = Annotated[
    str,
    matching(r"s[0-9]+(-s[0-9]+)?(:c[0-9]+([.,]c[0-9]+)*)?", "is not an SELinux level", '"s0:c123,c456"'),
]


class SeLinuxSpec(Model):
    """The SELinux options of every pod; user and role stay the runtime's own."""

    type: _ContainerType | None = Field(default=None, examples=["container_t"])
    """Type of the processes."""
    level: _SeLinuxLevel | None = Field(default=None, examples=["s0:c123,c456"])
    """Level of the processes."""
