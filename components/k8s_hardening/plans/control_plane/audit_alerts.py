"""Alert rules about the audit log, as an object of the Prometheus operator.

Metrics: k8s.io/apiserver v0.18.19 to v0.37.2 pkg/audit/metrics.go and pkg/endpoints/filters/metrics.go, the same in
every version.
"""

from __future__ import annotations

from typing import Any

from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.model.control_plane.audit import AuditAlertsSpec

# Extension servers have the same metric and write no events; these are the job names of the usual set-ups.
_EVENTS = 'apiserver_audit_event_total{job=~"apiserver|kube-apiserver|kubernetes-apiservers"}'


def audit_alerts(spec: AuditAlertsSpec) -> Manifest:
    """Rules that speak up when events are lost, when requests go unlogged, and when many credentials are refused."""
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {
            "name": "k8s-hardening-audit",
            "namespace": spec.namespace,
            **({"labels": dict(spec.labels)} if spec.labels else {}),
        },
        "spec": {
            "groups": [
                {
                    "name": "k8s-hardening-audit",
                    "rules": [
                        _alert(
                            "AuditEventsLost",
                            "sum by (plugin) (increase(apiserver_audit_error_total[10m])) > 0",
                            "critical",
                            "Audit events are lost in the backend {{ $labels.plugin }}.",
                        ),
                        _alert(
                            "AuditRequestsRejected",
                            "sum(increase(apiserver_audit_requests_rejected_total[10m])) > 0",
                            "critical",
                            "The API server rejects requests because it cannot write their audit events.",
                        ),
                        _alert(
                            "AuditSilent",
                            # The second half holds when nothing is scraped at all.
                            f"sum by (instance) (rate({_EVENTS}[15m])) == 0 or absent({_EVENTS})",
                            "critical",
                            "An API server has written no audit event for 15 minutes.",
                        ),
                        _alert(
                            "AuthenticationFailures",
                            'sum(rate(authentication_attempts{result="failure"}[10m])) > 1',
                            "warning",
                            "Somebody tries credentials that the API server refuses, more than once a second.",
                        ),
                    ],
                }
            ]
        },
    }


def _alert(name: str, expression: str, severity: str, summary: str) -> dict[str, Any]:
    return {
        "alert": name,
        "expr": expression,
        "for": "5m",
        "labels": {"severity": severity},
        "annotations": {"summary": summary},
    }
