"""Fields of a KubeletConfiguration as flags, for what starts a kubelet without a configuration file of ours.

Source: k8s.io/kubernetes v1.18.20 to v1.37.2, cmd/kubelet/app/options/options.go (AddKubeletConfigFlags).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.kube.manifest import Manifest

_FLAGS = {
    "allowedUnsafeSysctls": "allowed-unsafe-sysctls",
    "authentication.anonymous.enabled": "anonymous-auth",
    "authentication.webhook.cacheTTL": "authentication-token-webhook-cache-ttl",
    "authentication.webhook.enabled": "authentication-token-webhook",
    "authentication.x509.clientCAFile": "client-ca-file",
    "authorization.mode": "authorization-mode",
    "authorization.webhook.cacheAuthorizedTTL": "authorization-webhook-cache-authorized-ttl",
    "authorization.webhook.cacheUnauthorizedTTL": "authorization-webhook-cache-unauthorized-ttl",
    "containerLogMaxFiles": "container-log-max-files",
    "containerLogMaxSize": "container-log-max-size",
    "enableDebuggingHandlers": "enable-debugging-handlers",
    "enforceNodeAllocatable": "enforce-node-allocatable",
    "eventBurst": "event-burst",
    "eventRecordQPS": "event-qps",
    "evictionHard": "eviction-hard",
    "featureGates": "feature-gates",
    "healthzBindAddress": "healthz-bind-address",
    "healthzPort": "healthz-port",
    "imageGCHighThresholdPercent": "image-gc-high-threshold",
    "imageGCLowThresholdPercent": "image-gc-low-threshold",
    "kubeReserved": "kube-reserved",
    "makeIPTablesUtilChains": "make-iptables-util-chains",
    "maxPods": "max-pods",
    "podPidsLimit": "pod-max-pids",
    "protectKernelDefaults": "protect-kernel-defaults",
    "readOnlyPort": "read-only-port",
    "rotateCertificates": "rotate-certificates",
    "seccompDefault": "seccomp-default",
    "streamingConnectionIdleTimeout": "streaming-connection-idle-timeout",
    "systemReserved": "system-reserved",
    "tlsCipherSuites": "tls-cipher-suites",
    "tlsMinVersion": "tls-min-version",
}
_PAIRS = {"evictionHard": "<"}  # between key and value; elsewhere it is an equals sign


def fields_of(document: Manifest) -> Iterator[tuple[str, Any]]:
    """Each setting of a component configuration with its dotted name; a mapping of names to values counts as one."""
    for key, value in document.items():
        if key not in ("apiVersion", "kind"):
            yield from _fields(key, value)


def _fields(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and name not in _FLAGS and value:
        for key, item in value.items():
            yield from _fields(f"{name}.{key}", item)
    else:
        yield name, value


def kubelet_flag(field: str, value: Any) -> str | None:
    """A field as `flag=value`, or None when no flag sets it."""
    if field not in _FLAGS:
        return None
    if isinstance(value, dict):
        text = ",".join(f"{key}{_PAIRS.get(field, '=')}{_scalar(item)}" for key, item in sorted(value.items()))
    elif isinstance(value, list):
        text = ",".join(map(_scalar, value))
    else:
        text = _scalar(value)
    return f"{_FLAGS[field]}={text}"


def _scalar(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def without(document: Manifest, fields: frozenset[str]) -> Manifest:
    """The document without some dotted fields; what becomes empty by that goes, too."""
    return {key: kept for key, value in document.items() if (kept := _without(key, value, fields)) is not None}


def _without(name: str, value: Any, fields: frozenset[str]) -> Any:
    if name in fields:
        return None
    if not isinstance(value, dict) or not value:
        return value
    kept = {key: item for key, value in value.items() if (item := _without(f"{name}.{key}", value, fields)) is not None}
    return kept or None
