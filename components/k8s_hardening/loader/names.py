"""What the loader and the rest of the package call the same; a test compares them with kube/apparmor.py."""

from __future__ import annotations

import re

OWN_PROFILE = re.compile(r"k8s-hardening-[a-z0-9](?:[a-z0-9-]*[a-z0-9])?-[0-9a-f]{10}")
"""Names of the profiles that the loader may touch."""
LONGEST = 63
"""Characters of such a name, so that a label may have it."""
LABEL_PREFIX = "apparmor.node-restriction.kubernetes.io/"
"""Prefix of the labels that the loader sets on its node."""
STATE_LABEL = f"{LABEL_PREFIX}state"
"""Says how the loader fares on the node."""
LOADED = "loaded"
"""Value of the label of a profile that the node has."""


def is_own(profile: str) -> bool:
    """Whether the loader may touch a profile."""
    return len(profile) <= LONGEST and OWN_PROFILE.fullmatch(profile) is not None


def node_label(profile: str) -> str:
    """The label of nodes that have a profile."""
    return f"{LABEL_PREFIX}{profile}"
