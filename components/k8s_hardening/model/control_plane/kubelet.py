"""The kubelet of every node."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, Field

from k8s_hardening.kube.ciphers import TlsMinimum
from k8s_hardening.kube.kubelet import EVICTION_SIGNALS, RESERVABLE, usable_since
from k8s_hardening.kube.quantities import parse_quantity
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.base import Model
from k8s_hardening.model.checked import Quantity, Switch, wrong
from k8s_hardening.model.control_plane.leaves import Duration, HostPath, duration_between
from k8s_hardening.model.control_plane.numbers import Count, between
from k8s_hardening.model.dialect import Dialect
from k8s_hardening.model.raw import Problem


def _reservable(name: str) -> str:
    if name not in RESERVABLE:
        raise wrong(f"is not one of {', '.join(sorted(RESERVABLE))}", '"memory"')
    return name


def _signal(name: str) -> str:
    if name not in EVICTION_SIGNALS:
        raise wrong(f"is not one of {', '.join(sorted(EVICTION_SIGNALS))}", '"memory.available"')
    return name


def _threshold(text: str) -> str:
    example = '"200Mi" or "10%"'
    if text.endswith("%"):
        share = text.removesuffix("%")
        # The kubelet takes 0% and 100% as no threshold at all.
        if not share.isascii() or not share.isdecimal() or not 0 < int(share) < 100:
            raise wrong("is not a share between 1% and 99%", example)
        return text
    try:
        amount = parse_quantity(text)
    except ValueError as error:
        raise wrong("is neither a quantity nor a share", example) from error
    if amount <= 0:
        raise wrong("is nothing, so no pod would ever be evicted", example)
    return text


Reserved = dict[Annotated[str, AfterValidator(_reservable)], Quantity]
Thresholds = dict[Annotated[str, AfterValidator(_signal)], Annotated[str, AfterValidator(_threshold)]]
_IdleTimeout = Annotated[Duration, duration_between("30s", "4h")]

_NODE_RESERVE = {"cpu": "100m", "memory": "256Mi", "ephemeral-storage": "1Gi", "pid": "1000"}
EVICTION = {
    "memory.available": "200Mi",
    "nodefs.available": "10%",
    "nodefs.inodesFree": "5%",
    "imagefs.available": "15%",
    "imagefs.inodesFree": "5%",
    "pid.available": "10%",
}


class KubeletSpec(Model):
    """Settings of the kubelet. What has no field here is fixed: no anonymous requests, no port without credentials."""

    client_ca_file: HostPath = "/etc/kubernetes/pki/ca.crt"
    """CA on the node that the certificates of the kubelet's clients are checked against."""
    tls_minimum: TlsMinimum = TlsMinimum.TLS_1_2
    """The oldest version of TLS that the kubelet speaks."""
    pod_pids_limit: Annotated[Count, between(64, 65_536)] = 4096
    """How many processes one pod may have."""
    streaming_idle_timeout: _IdleTimeout = "5m"
    """How long an exec or port forwarding may be idle."""
    events_per_second: Annotated[Count, between(1, 1000)] = 50
    """How many events the kubelet sends; too few hide what happens on the node."""
    kube_reserved: Reserved = Field(default=_NODE_RESERVE, examples=[_NODE_RESERVE])
    """What is kept from the pods for the kubelet and the container runtime."""
    system_reserved: Reserved = Field(default=_NODE_RESERVE, examples=[_NODE_RESERVE])
    """What is kept from the pods for the rest of the node."""
    eviction_hard: Thresholds = Field(default={}, examples=[{"memory.available": "500Mi"}])
    """Below what is left pods are evicted; signals that are left out keep their default."""
    protect_kernel_defaults: Switch = True
    """Whether the kubelet refuses to start on a kernel with other settings than ours; false is weaker."""
    trust_preloaded_images: Switch = False
    """Weaker: let any pod use an image that was put on the node beforehand, without credentials for its registry.

    Needed where nodes cannot reach the registry again; without a meaning before Kubernetes 1.35.
    """

    def problems(self, kubernetes: KubeVersion, dialect: Dialect) -> Iterator[Problem]:  # noqa: ARG002 - one form
        """What this version cannot do."""
        since = usable_since("imagePullCredentialsVerificationPolicy")
        if self.trust_preloaded_images and kubernetes < since:
            text = f"has no meaning before Kubernetes {since}, and this is {kubernetes}; leave it out"
            yield ("trust_preloaded_images",), True, text
