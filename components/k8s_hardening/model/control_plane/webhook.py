"""A service outside the API server that it asks for decisions."""

from __future__ import annotations

from pydantic import Field, model_validator

from k8s_hardening.model.base import Model
from k8s_hardening.model.checked import wrong
from k8s_hardening.model.control_plane.leaves import CERTIFICATE_EXAMPLE, Certificates, HostPath, HttpsUrl


class WebhookEndpoint(Model):
    """How the API server reaches a webhook, always by TLS on both sides."""

    url: HttpsUrl = Field(examples=["https://reviews.example.com/authorize"])
    """Where the webhook answers."""
    certificate_authority: Certificates | None = Field(default=None, examples=[CERTIFICATE_EXAMPLE])
    """Certificates (PEM) that the webhook's own is checked against; without it those of the host."""
    client_certificate_file: HostPath = Field(examples=["/etc/kubernetes/pki/reviews-client.crt"])
    """Certificate on the host by which the API server shows the webhook who it is."""
    client_key_file: HostPath = Field(examples=["/etc/kubernetes/pki/reviews-client.key"])
    """Private key on the host that belongs to it; made there, and only referred to here."""

    @model_validator(mode="after")
    def _two_files(self) -> WebhookEndpoint:
        if self.client_certificate_file == self.client_key_file:
            raise wrong(
                "names one file for certificate and key",
                '{client_certificate_file: "/etc/kubernetes/pki/reviews-client.crt", '
                'client_key_file: "/etc/kubernetes/pki/reviews-client.key"}',
            )
        return self
