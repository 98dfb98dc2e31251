"""Static pods of the control plane, which cannot be what other pods must be.

They start before there is a network, a scheduler or an API server: they share the node's network, read and write its
files, and own files as root. A verdict on a folder of such manifests needs these exemptions, given by whoever asks for
it; they are never applied by themselves, since a pod of the same name that somebody sends to a cluster is no static
pod.
Source: k8s.io/kubernetes v1.37.2 cmd/kubeadm/app/util/staticpod/utils.go, cmd/kubeadm/app/phases/controlplane.
"""

from __future__ import annotations

import datetime
import functools

from k8s_hardening.kube.flags import API_SERVER, CONTROLLER_MANAGER, ETCD, SCHEDULER
from k8s_hardening.model.exemption import Exemption

NAMESPACE = "kube-system"
PODS = (API_SERVER, CONTROLLER_MANAGER, SCHEDULER, ETCD)
CONTROLS = {
    "host-namespaces": "It serves before there is a network of pods, at the node's address.",
    "host-path-volumes": "Its certificates, configuration and data lie on the node.",
    "host-probes": "The kubelet asks it at the node's loopback address.",
    "resource-requirements": "A limit would stop the control plane when it is needed most; it has a priority instead.",
    "run-as-non-root": "The files that it reads belong to root.",
    "service-account-token": "The kubelet gives it no service account, so there is no token to mount.",
}
"""What does not fit a static pod, with the reason."""
_OF_ONE_POD = {
    ETCD: {
        "capabilities-net-bind-only": "Its data belongs to the user etcd; root without DAC_OVERRIDE could not open it."
    }
}


def static_pod_exemptions(today: datetime.date) -> tuple[Exemption, ...]:
    """The exemptions for the four static pods of a control plane, for a verdict of this day."""
    return tuple(
        Exemption(
            control=control,
            namespace=NAMESPACE,
            name=pod,
            reason=reason,
            owner="k8s-hardening",
            expires=today,
            compensating="Its flags and mounts are judged by the controls of the chapter control-plane.",
        )
        for pod in PODS
        for control, reason in {**CONTROLS, **_OF_ONE_POD.get(pod, {})}.items()
    )


def is_for_static_pods(exemption: Exemption) -> bool:
    """Whether it is one of the exemptions for static pods, for a verdict of any day."""
    return exemption in _of_day(exemption.expires)


@functools.lru_cache(maxsize=64)
def _of_day(day: datetime.date) -> frozenset[Exemption]:
    return frozenset(static_pod_exemptions(day))
