"""How the API server binds the pods of a namespace to nodes.

PodNodeSelector gives each new pod the labels of an annotation of the namespace and refuses one that asks for another
value of the same label. Its own configuration, by name of the namespace, only lists which labels a pod may ask for: it
gives no pod any. PodTolerationRestriction adds the tolerations of one annotation and refuses any that is not in
another; those that the server itself gives a pod must be in it, too.
Source: k8s.io/kubernetes v1.24.17 and v1.37.2, plugin/pkg/admission/podnodeselector and podtolerationrestriction.
"""

from __future__ import annotations

from collections.abc import Mapping

PLUGIN = "PodNodeSelector"
TOLERATIONS_PLUGIN = "PodTolerationRestriction"
NODE_SELECTOR = "scheduler.alpha.kubernetes.io/node-selector"
"""Annotation of a namespace: labels of nodes as key=value, parted by commas; heeded where the plug-in runs."""
DEFAULT_TOLERATIONS = "scheduler.alpha.kubernetes.io/defaultTolerations"
"""Annotation of a namespace: tolerations that each of its pods gets, as JSON."""
ALLOWED_TOLERATIONS = "scheduler.alpha.kubernetes.io/tolerationsWhitelist"
"""Annotation of a namespace: the only tolerations that its pods may have, as JSON."""

TOLERATIONS_OF_THE_SERVER: tuple[dict[str, str], ...] = (
    {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute"},
    {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute"},
    {"key": "node.kubernetes.io/memory-pressure", "operator": "Exists", "effect": "NoSchedule"},
    {"key": "node.kubernetes.io/disk-pressure", "operator": "Exists", "effect": "NoSchedule"},
    {"key": "node.kubernetes.io/pid-pressure", "operator": "Exists", "effect": "NoSchedule"},
    {"key": "node.kubernetes.io/unschedulable", "operator": "Exists", "effect": "NoSchedule"},
)
"""What the server and the controller of DaemonSets give pods (plugin/pkg/admission/defaulttolerationseconds and
podtolerationrestriction, pkg/controller/daemon/util/daemonset_util.go): where it is not allowed, none can be made."""


def selector_text(labels: Mapping[str, str]) -> str:
    """Labels of nodes as the annotation has them."""
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
