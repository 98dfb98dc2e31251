"""A certificate with its private key, both files of the host."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from k8s_hardening.model.base import Model
from k8s_hardening.model.checked import wrong
from k8s_hardening.model.control_plane.leaves import HostPath


class KeyPairSpec(Model):
    """A certificate with its private key; both are made on the host, and only named here."""

    certificate_file: HostPath = Field(examples=["/etc/kubernetes/pki/tls.crt"])
    """Certificate on the host."""
    key_file: HostPath = Field(examples=["/etc/kubernetes/pki/tls.key"])
    """Private key on the host that belongs to it."""

    @model_validator(mode="after")
    def _two_files(self) -> Self:
        if self.certificate_file == self.key_file:
            raise wrong(
                "names one file for certificate and key", '{certificate_file: "/etc/a.crt", key_file: "/etc/a.key"}'
            )
        return self
