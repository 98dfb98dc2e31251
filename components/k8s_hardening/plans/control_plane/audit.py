"""Audit of the API server as flags, files and alert rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from k8s_hardening.kube.audit import API_VERSION
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.audit import AuditLogSpec, AuditSpec
from k8s_hardening.model.control_plane.webhook import WebhookEndpoint
from k8s_hardening.plans.control_plane.audit_alerts import audit_alerts
from k8s_hardening.plans.control_plane.audit_policy import audit_policy
from k8s_hardening.plans.control_plane.files import endpoint_mounts, webhook_kubeconfig, yaml_file
from k8s_hardening.plans.control_plane.flags import flag
from k8s_hardening.plans.control_plane.part import Component, Mount, Part, Setting
from k8s_hardening.plans.control_plane.paths import AUDIT_LOG

_PART: Final = "audit"
_LOCAL_ONLY = (
    "The audit log lies on the control-plane nodes only: name a collector (audit.webhook), or have an agent ship "
    f"{AUDIT_LOG} off the node, since whoever takes the node can change the file."
)
_ALERTS = "The alert rules of the audit log need the Prometheus operator, and its scraping of every API server."


def plan_audit(spec: AuditSpec, kubernetes: KubeVersion) -> Part:
    """The audit policy, the log on each node, and what ships the events off it."""
    policy = yaml_file(_PART, "policy.yaml", audit_policy(spec, kubernetes))
    settings = [Setting(Component.API_SERVER, "audit-policy-file", (policy.path,), file=policy), *_log(spec.log)]
    advice = []
    if spec.webhook is not None:
        settings += _webhook(spec.webhook)
    else:
        advice.append(_LOCAL_ONLY)
    if spec.alerts is not None:
        advice.append(_ALERTS)
    return Part(
        settings=tuple(settings),
        manifests=() if spec.alerts is None else (audit_alerts(spec.alerts),),
        advice=tuple(advice),
    )


def _log(spec: AuditLogSpec) -> Iterator[Setting]:
    """The flags of the log, each written out: the defaults changed in 1.36, and before it they kept files for ever."""
    folder = AUDIT_LOG.rpartition("/")[0]
    mount = Mount(folder, is_folder=True, writable=True)
    yield Setting(Component.API_SERVER, "audit-log-path", (AUDIT_LOG,), mounts=(mount,))
    yield flag(Component.API_SERVER, "audit-log-format", "json")
    yield flag(Component.API_SERVER, "audit-log-version", API_VERSION)
    yield flag(Component.API_SERVER, "audit-log-mode", spec.mode.value)
    yield flag(Component.API_SERVER, "audit-log-maxage", str(spec.max_age_days))
    yield flag(Component.API_SERVER, "audit-log-maxbackup", str(spec.max_backups))
    yield flag(Component.API_SERVER, "audit-log-maxsize", str(spec.max_size_mb))
    if spec.compress:
        yield flag(Component.API_SERVER, "audit-log-compress", "true")


def _webhook(endpoint: WebhookEndpoint) -> Iterator[Setting]:
    """The collector gets its events in batches: a slow one must not hold up the API server, which has the log."""
    file = webhook_kubeconfig(_PART, "audit-collector", endpoint)
    yield Setting(
        Component.API_SERVER, "audit-webhook-config-file", (file.path,), file=file, mounts=endpoint_mounts(endpoint)
    )
    yield flag(Component.API_SERVER, "audit-webhook-mode", "batch")
    yield flag(Component.API_SERVER, "audit-webhook-version", API_VERSION)
