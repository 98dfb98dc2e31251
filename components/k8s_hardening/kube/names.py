"""The forms of names that the API server accepts (k8s.io/apimachinery pkg/util/validation v0.37.2)."""

from __future__ import annotations

import re

LONGEST_LABEL = 63
LONGEST_SUBDOMAIN = 253
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_USER_OF_URL = re.compile(r"[^/:@]*(?:/|:).*@", re.DOTALL)
_LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
_QUALIFIED = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")

CONTROL_PLANE_ROLES = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")
"""Labels and taints of nodes of the control plane, the second until 1.24 (kubeadm, cmd/kubeadm/app/constants)."""
# Namespaces that the server makes itself; the prefix kube- is reserved for the system.
SYSTEM_NAMESPACES = frozenset({"default", "kube-system", "kube-public", "kube-node-lease"})


def is_dns1123_label(text: str) -> bool:
    """Whether a text can name a namespace."""
    return len(text) <= LONGEST_LABEL and _LABEL.fullmatch(text) is not None


def covers_host(pattern: str, host: str) -> bool:
    """Whether a host, or each that a pattern stands for, is of another pattern: `*.` stands for any name below."""
    return pattern == host or (pattern.startswith("*.") and host.endswith(pattern[1:]))


def is_dns1123_subdomain(text: str) -> bool:
    """Whether a text can name most other objects."""
    return len(text) <= LONGEST_SUBDOMAIN and _SUBDOMAIN.fullmatch(text) is not None


def is_label_value(text: str) -> bool:
    """Whether a text can be the value of a label."""
    return len(text) <= LONGEST_LABEL and _LABEL_VALUE.fullmatch(text) is not None


def is_label_key(text: str) -> bool:
    """Whether a text can be the key of a label: an optional DNS prefix, a slash, a name."""
    prefix, slash, name = text.rpartition("/")
    return (
        (not slash or is_dns1123_subdomain(prefix))
        and 0 < len(name) <= LONGEST_LABEL
        and _QUALIFIED.fullmatch(name) is not None
    )


def suggest_dns1123_label(text: str) -> str:
    """The nearest valid label to a text that is none, as the example of an error message.

    Of a URL nothing before its host is taken, since that can be a password.
    """
    plain = re.sub(r"[^a-z0-9]+", "-", _USER_OF_URL.sub("", text).lower()).strip("-")[:LONGEST_LABEL].strip("-")
    return plain or "team-a"
