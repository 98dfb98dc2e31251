"""What the API server writes down about requests, and where that goes."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from k8s_hardening.kube.audit import COMPRESSION_SINCE, EVERY_GROUP, EVERY_GROUP_SINCE
from k8s_hardening.kube.audit_catalogue import areas_beyond_metadata
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.base import Model
from k8s_hardening.model.checked import Name, Switch, matching
from k8s_hardening.model.control_plane.numbers import Count, between
from k8s_hardening.model.control_plane.webhook import WebhookEndpoint
from k8s_hardening.model.dialect import Dialect
from k8s_hardening.model.ends import Labels
from k8s_hardening.model.raw import Problem

_RESOURCE = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.([a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*|\*))?"
SensitiveResource = Annotated[
    str, matching(_RESOURCE, "is not a resource with its API group", '"vaultstaticsecrets.secrets.hashicorp.com"')
]


class LogMode(StrEnum):
    """What happens to a request while its event is written to the log."""

    BLOCKING = "blocking"
    BLOCKING_STRICT = "blocking-strict"


class AuditLogSpec(Model):
    """The log file on each control-plane node. The least values are those of CIS 1.2.17 to 1.2.19."""

    max_age_days: Annotated[Count, between(30, 3650)] = 30
    """Days for which old files are kept."""
    max_backups: Annotated[Count, between(10, 1000)] = 10
    """How many old files are kept."""
    max_size_mb: Annotated[Count, between(100, 10_000)] = 100
    """Megabytes at which the log is turned over."""
    compress: Switch = False
    """Whether old files are compressed; needs Kubernetes 1.20."""
    mode: LogMode = LogMode.BLOCKING
    """blocking answers a request after its event is written; blocking-strict refuses it when that fails."""


_ENDPOINT = {
    "url": "https://audit.example.com/events",
    "client_certificate_file": "/etc/kubernetes/pki/audit-client.crt",
    "client_key_file": "/etc/kubernetes/pki/audit-client.key",
}


class AuditAlertsSpec(Model):
    """Alert rules about the audit log for a cluster that runs the Prometheus operator."""

    namespace: Name = Field(examples=["monitoring"])
    """Namespace of the PrometheusRule."""
    labels: Labels = Field(default={}, examples=[{"release": "prometheus"}])
    """Labels by which Prometheus picks its rules."""


class AuditSpec(Model):
    """Audit of the API server. The policy itself is not a setting, so that nothing can be left out of it."""

    log: AuditLogSpec = AuditLogSpec()
    """The log file on each control-plane node."""
    webhook: WebhookEndpoint | None = Field(default=None, examples=[_ENDPOINT])
    """A collector that gets every event as well, so that whoever takes a node cannot take its traces."""
    metadata_only: tuple[SensitiveResource, ...] = Field(
        default=(), examples=[["vaultstaticsecrets.secrets.hashicorp.com"]]
    )
    """Resources whose bodies must stay out of the log, beside Secrets, ConfigMaps and tokens: credentials in them.

    Written resource.group; the group * stands for every one, from Kubernetes 1.36.
    """
    alerts: AuditAlertsSpec | None = Field(default=None, examples=[{"namespace": "monitoring"}])
    """Alert rules about events that are lost and about the log falling silent."""

    def problems(self, kubernetes: KubeVersion, dialect: Dialect) -> Iterator[Problem]:  # noqa: ARG002 - one form
        """What this version cannot do."""
        if self.log.compress and kubernetes < COMPRESSION_SINCE:
            needs = f"needs Kubernetes {COMPRESSION_SINCE}, and this is {kubernetes}; leave it out"
            yield ("log", "compress"), True, needs
        for index, name in enumerate(self.metadata_only):
            if (text := _metadata_only_problem(name, kubernetes)) is not None:
                yield ("metadata_only", index), name, text


def _metadata_only_problem(name: str, kubernetes: KubeVersion) -> str | None:
    resource, _, group = name.partition(".")
    if group == EVERY_GROUP and kubernetes < EVERY_GROUP_SINCE:
        return (
            f"stands for every group, which needs Kubernetes {EVERY_GROUP_SINCE}, and this is {kubernetes}; "
            'name each group, for example "vaultstaticsecrets.secrets.hashicorp.com"'
        )
    if areas := areas_beyond_metadata(group, resource):
        titles = "; ".join(area.title for area in areas)
        return f"is needed in full by the audit of {titles}; leave it out"
    return None
