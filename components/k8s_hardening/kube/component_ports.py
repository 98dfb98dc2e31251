"""Ports on which the parts of a cluster listen on its nodes, and what a firewall must know of each network plug-in.

Sources: k8s.io/kubernetes v1.37.2 pkg/cluster/ports/ports.go, cmd/kubeadm/app/constants/constants.go,
pkg/kubeapiserver/options/options.go (DefaultServiceNodePortRange); rancher/rke2-docs docs/install/requirements.md;
k3s-io/docs docs/installation/requirements.md; github.com/siderolabs/talos/pkg/machinery v1.11.5
constants/constants.go. Of the plug-ins beside each.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

API_SERVER: Final = 6443
ETCD_CLIENT: Final = 2379
ETCD_PEER: Final = 2380
KUBELET: Final = 10250
KUBE_PROXY_HEALTH: Final = 10256
RKE2_SUPERVISOR: Final = 9345
"""Where nodes of RKE2 join. K3s joins at the API server's own port."""
TALOS_API: Final = 50000
TALOS_TRUST: Final = 50001
"""Where nodes of Talos ask for their certificates."""
NODE_PORTS: Final = (30000, 32767)

LOOPBACK_ONLY = MappingProxyType(
    {
        10248: "the kubelet (health)",
        10249: "kube-proxy (metrics)",
        10257: "kube-controller-manager",
        10259: "kube-scheduler",
        2381: "etcd (metrics)",
    }
)
"""Ports that nobody but the node itself reaches: a hardened control plane serves them on the loopback interface."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """Something that a network plug-in exchanges between nodes."""

    protocol: str
    """tcp or udp, or the number of an IP protocol without ports."""
    ports: tuple[int, ...]
    source: str


@dataclass(frozen=True, slots=True)
class CniPorts:
    """What a network plug-in needs of the nodes' firewall."""

    modes: MappingProxyType[str, Carrier]
    """What carries or announces the pods' traffic, by the name that a baseline declares it by."""
    proxy_mark: tuple[int, int] | None = None
    """Mask and value of the packet mark by which it hands traffic of pods to a proxy of its own on the node."""
    skips_netfilter: bool = False
    """It may serve Services before netfilter sees the packet, and then no firewall of the node guards node ports."""


_IPIP = "4"
_ESP = "50"
_FELIX = "calico 3.28.5 felix/config/config_params.go"
_TYPHA = "calico 3.28.5 typha/pkg/syncproto/sync_proto.go, DefaultPort"
_BACKENDS = "flannel 0.28.10 Documentation/backends.md"
_REQUIREMENTS = "cilium 1.20.2 Documentation/operations/system_requirements.rst"
_OPTIONS = "kube-router 2.1.0 pkg/options/options.go"

_FLANNEL = {
    "vxlan": Carrier("udp", (8472,), _BACKENDS),
    "wireguard": Carrier("udp", (51820, 51821), _BACKENDS),
}

CNI_PORTS: dict[str, CniPorts] = {
    "calico": CniPorts(
        MappingProxyType(
            {
                "bgp": Carrier("tcp", (179,), f"{_FELIX}, FailsafeInboundHostPorts"),
                "ipip": Carrier(_IPIP, (), "calico 3.28.5 felix/rules/endpoints.go, ProtoIPIP"),
                "typha": Carrier("tcp", (5473,), _TYPHA),
                "vxlan": Carrier("udp", (4789,), f"{_FELIX}, VXLANPort"),
                "wireguard": Carrier("udp", (51820, 51821), f"{_FELIX}, WireguardListeningPort"),
            }
        )
    ),
    "canal": CniPorts(MappingProxyType({**_FLANNEL, "typha": Carrier("tcp", (5473,), _TYPHA)})),
    "cilium": CniPorts(
        MappingProxyType(
            {
                "geneve": Carrier("udp", (6081,), _REQUIREMENTS),
                "health": Carrier("tcp", (4240,), _REQUIREMENTS),
                "hubble": Carrier("tcp", (4244,), _REQUIREMENTS),
                "ipsec": Carrier(_ESP, (), _REQUIREMENTS),
                "vxlan": Carrier("udp", (8472,), _REQUIREMENTS),
                "wireguard": Carrier("udp", (51871,), _REQUIREMENTS),
            }
        ),
        # cilium 1.20.2 pkg/datapath/linux/linux_defaults/mark.go: MagicMarkHostMask, MagicMarkIsToProxy.
        proxy_mark=(0x0F00, 0x0200),
        # cilium 1.20.2 Documentation/network/kubernetes/kubeproxy-free.rst: no rule of netfilter for a Service.
        skips_netfilter=True,
    ),
    "k3s": CniPorts(MappingProxyType(_FLANNEL)),
    "kube-router": CniPorts(
        MappingProxyType(
            {
                "bgp": Carrier("tcp", (179,), f"{_OPTIONS}, DefaultBgpPort"),
                "fou": Carrier("udp", (5555,), f"{_OPTIONS}, defaultOverlayTunnelEncapPort"),
                "ipip": Carrier(_IPIP, (), f"{_OPTIONS}, overlay-encap"),
            }
        )
    ),
}
"""Network plug-ins whose source was read, by the name in kube/cnis.py."""
