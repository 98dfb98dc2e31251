"""How the API server binds the pods of a namespace to nodes.

Source: k8s.io/kubernetes v1.24.17 and v1.37.2, plugin/pkg/admission/podnodeselector/admission.go. The plug-in gives
each new pod the labels of the annotation and refuses one that asks for another value of the same label. The plug-in's
own configuration, by name of the namespace, only lists which labels a pod may ask for: it gives no pod any.
"""

from __future__ import annotations

from collections.abc import Mapping

PLUGIN = "PodNodeSelector"
NODE_SELECTOR = "scheduler.alpha.kubernetes.io/node-selector"
"""Annotation of a namespace: labels of nodes as key=value, parted by commas; heeded where the plug-in runs."""


def selector_text(labels: Mapping[str, str]) -> str:
    """Labels of nodes as the annotation has them."""
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
