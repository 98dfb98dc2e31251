"""What the network plug-ins make of NetworkPolicies, by the name that a baseline declares them by.

A NetworkPolicy on a cluster whose plug-in does not enforce it is accepted and does nothing. Sources, short names:
- calico 3.28.5: github.com/projectcalico/calico v1.11.0-cni-plugin.0.20250813170300-a0db560f0520 (its release notes
  end with v3.28.5);
- cilium 1.20.2: github.com/cilium/cilium v1.20.2; kube-router 2.1.0: github.com/cloudnativelabs/kube-router/v2 v2.1.0;
- agent 1.4.3: github.com/aws/aws-network-policy-agent v1.4.3; flannel 0.28.10: github.com/flannel-io/flannel v0.28.10;
- kube-network-policies 0.8.0: sigs.k8s.io/kube-network-policies v0.8.0;
- implementations.md: sigs.k8s.io/network-policy-api v0.2.0 site-src/implementations.md;
- documents, release notes and threads by their name, as they read in November 2026.
"""

from __future__ import annotations

import datetime

from k8s_hardening.kube.cni_facts import UNVERIFIED, Fact, PolicyKind, State, Switch, Upkeep
from k8s_hardening.kube.cni_facts import Cni as Cni  # its name here is public

GLOBAL = "GlobalNetworkPolicy"
CLUSTERWIDE = "CiliumClusterwideNetworkPolicy"
ADMIN = "AdminNetworkPolicy"
BASELINE_ADMIN = "BaselineAdminNetworkPolicy"
CLUSTER = "ClusterNetworkPolicy"

_API_V1ALPHA1 = ("policy.networking.k8s.io/v1alpha1",)
_API_V1ALPHA2 = ("policy.networking.k8s.io/v1alpha2",)
_CALICO_API = ("projectcalico.org/v3", "crd.projectcalico.org/v1")


def _maintained(source: str) -> Upkeep:
    return Upkeep(State.MAINTAINED, source)


_CALICO_POLICY = Fact(True, "calico 3.28.5 libcalico-go/lib/backend/k8s/conversion/conversion.go")
_CALICO_END_PORT = Fact(
    True,
    "calico 3.28.5 conversion.go (EndPort); kubernetes PR 102386: from 3.19, older than Kubernetes 1.22",
)
_CALICO_SCTP = Fact(True, "calico 3.28.5 libcalico-go/lib/backend/k8s/conversion/workload_endpoint_default.go")
_CALICO_HOST = Fact(
    False,
    "calico 3.28.5 conversion.go, IsValidCalicoWorkloadEndpoint",
    note="HostEndpoints guard the node instead",
)
_CALICO_GLOBAL = PolicyKind(
    GLOBAL,
    _CALICO_API,
    "calico 3.28.5 libcalico-go/config/crd; felix/rules/endpoints.go",
    note="in the default tier it isolates what it selects: what no policy allows is dropped",
)
_CALICO_KINDS = (
    PolicyKind(
        CLUSTER,
        _API_V1ALPHA2,
        "calico release notes 3.32.0: standard fields and networks; network-policy-api PR 376",
        since=(3, 32),
    ),
    PolicyKind(
        ADMIN,
        _API_V1ALPHA1,
        "calico release notes 3.29.0 (PR 9206; networks: PR 9303), 3.32.0: removed",
        since=(3, 29),
        until=(3, 31),
    ),
    PolicyKind(
        BASELINE_ADMIN,
        _API_V1ALPHA1,
        "calico release notes 3.32.0: removed; since when it was enforced is not said",
        until=(3, 31),
        denies_networks=False,
    ),
    _CALICO_GLOBAL,
)

_CILIUM_POLICY = Fact(True, "cilium 1.20.2 Documentation/network/kubernetes/policy.rst")
_CILIUM_HOST = Fact(
    False,
    "cilium 1.20.2 Documentation/security/policy/layer3.rst: host networking pods are the entity host",
    note="the host firewall guards the node instead",
)
_CILIUM_CIDR = "an ipBlock or CIDR matches neither pods nor nodes unless policyCIDRMatchMode says so (layer3.rst)"

_KUBE_NETWORK_POLICIES_END_PORT = Fact(True, "kube-network-policies 0.8.0 pkg/networkpolicy/networkpolicy.go")
_KUBE_NETWORK_POLICIES_SCTP = Fact(True, "kube-network-policies 0.8.0 pkg/networkpolicy/packet.go")
_KUBE_NETWORK_POLICIES_HOST = Fact(False, "kube-network-policies 0.8.0 pkg/networkpolicy/controller.go")

_KUBE_ROUTER_POLICY = Fact(True, "kube-router 2.1.0 pkg/controllers/netpol/policy.go")
_KUBE_ROUTER_END_PORT = Fact(True, "kube-router 2.1.0 pkg/controllers/netpol/policy.go; PR 1080")
_KUBE_ROUTER_SCTP = Fact(None, "kube-router issue 1019 asks for it and is open")
_KUBE_ROUTER_SCTP_ISOLATION = Fact(
    True, "kube-router 2.1.0 pkg/controllers/netpol/pod.go: what no policy marked is rejected, whatever its protocol"
)
_KUBE_ROUTER_HOST = Fact(False, "kube-router 2.1.0 pkg/controllers/netpol/utils.go")

_AWS_END_PORT = Fact(True, "agent 1.4.3 pkg/fwruleprocessor/fw_rule_processor.go")
_AWS_SCTP = Fact(True, "agent 1.4.3 pkg/utils/utils.go")
_AWS_HOST = Fact(False, "agent 1.4.3 controllers/policyendpoints_controller.go: host network pods are skipped")
_AWS_CLUSTER = PolicyKind(
    CLUSTER,
    ("networking.k8s.aws/v1alpha1",),
    "agent 1.4.3 api/v1alpha1/clusterpolicyendpoints_types.go",
    denies_networks=False,
    note="a kind of AWS, not of the Kubernetes project; its definition was not read",
)

_ENDED = Fact(None, "no living document was found")

CNIS: dict[str, Cni] = {
    "antrea": Cni(
        "Antrea",
        network_policy=Fact(True, "antrea docs/admin-network-policy.md; CHANGELOG"),
        egress=Fact(True, "antrea docs/antrea-network-policy.md"),
        end_port=Fact(True, "antrea CHANGELOG-1.1 (PR 2190): from 1.1, older than Kubernetes 1.22"),
        sctp_ports=UNVERIFIED,
        host_network=Fact(False, "antrea CHANGELOG-2.7 (PR 8042): host-network pods are excluded"),
        upkeep=_maintained("CHANGELOG-2.7, August 2026"),
        policies=(
            PolicyKind(CLUSTER, _API_V1ALPHA2, "antrea CHANGELOG-2.7 (PR 8018: networks as ipBlocks)", since=(2, 7)),
            PolicyKind(
                ADMIN,
                _API_V1ALPHA1,
                "antrea docs/admin-network-policy.md",
                since=(1, 13),
                switch="AdminNetworkPolicy",
                denies_networks=False,
                note="whether it reads networks is unverified",
            ),
            PolicyKind(
                BASELINE_ADMIN,
                _API_V1ALPHA1,
                "antrea docs/admin-network-policy.md",
                since=(1, 13),
                switch="AdminNetworkPolicy",
                denies_networks=False,
            ),
            PolicyKind(
                CLUSTER,
                ("crd.antrea.io/v1beta1",),
                "antrea docs/antrea-network-policy.md",
                denies_networks=False,
                note="Antrea's own kind; decides before the Kubernetes project's kinds unless in the tier baseline",
            ),
        ),
        switches=(
            (
                "AdminNetworkPolicy",
                Switch("feature gate AdminNetworkPolicy in antrea-config", "antrea docs/admin-network-policy.md"),
            ),
        ),
    ),
    "aws-vpc-cni": Cni(
        "AWS VPC CNI",
        network_policy=Fact(
            True, "agent 1.4.3 README.md; AWS VPC CNI network policy FAQ", since=(1, 14), switch="enable-network-policy"
        ),
        egress=Fact(True, "agent 1.4.3 README.md", since=(1, 14), switch="enable-network-policy"),
        end_port=_AWS_END_PORT,
        sctp_ports=_AWS_SCTP,
        host_network=_AWS_HOST,
        upkeep=_maintained("agent 1.4.3; EKS User Guide"),
        policies=(_AWS_CLUSTER,),
        switches=(
            (
                "enable-network-policy",
                Switch("enableNetworkPolicy: true of the add-on, or the agent's flag", "agent 1.4.3 README.md"),
            ),
            (
                "strict-mode",
                Switch("NETWORK_POLICY_ENFORCING_MODE=strict in aws-node", "aws-network-policy-agent issues 271, 83"),
            ),
        ),
        notes=(
            "without strict-mode a new pod may talk until its policies land (issues 271, 83)",
            "24 unique ports per protocol and selector (AWS documentation)",
        ),
    ),
    "azure-cni": Cni(
        "Azure CNI or kubenet without a policy engine",
        network_policy=Fact(False, "AKS API, NetworkPolicy none: will not be enforced; the default"),
        egress=Fact(False, "AKS API, NetworkPolicy none"),
        end_port=Fact(False, "AKS API, NetworkPolicy none"),
        sctp_ports=Fact(False, "AKS API, NetworkPolicy none"),
        host_network=Fact(False, "AKS API, NetworkPolicy none"),
        upkeep=_maintained("AKS documentation"),
        remedy="create the cluster with the network policy cilium (azure-cni-cilium)",
    ),
    "azure-cni-calico": Cni(
        "Azure CNI with Calico managed by AKS",
        network_policy=Fact(True, "AKS API, NetworkPolicy calico"),
        egress=Fact(True, "Calico documentation, Migrate from Azure-managed Calico: ingress and egress"),
        end_port=UNVERIFIED,
        sctp_ports=UNVERIFIED,
        host_network=UNVERIFIED,
        upkeep=_maintained("AKS documentation"),
        notes=("only NetworkPolicy: no kinds of Calico (Calico documentation, Migrate from Azure-managed Calico)",),
    ),
    "azure-cni-cilium": Cni(
        "Azure CNI powered by Cilium",
        network_policy=Fact(True, "AKS API, NetworkPolicy cilium; azure-container-networking docs/cilium.md"),
        egress=Fact(True, "AKS documentation"),
        end_port=UNVERIFIED,
        sctp_ports=UNVERIFIED,
        host_network=UNVERIFIED,
        upkeep=_maintained("AKS documentation"),
        notes=("an ipBlock cannot select node or pod addresses (AKS documentation)",),
    ),
    "azure-npm": Cni(
        "Azure Network Policy Manager",
        network_policy=Fact(True, "azure-container-networking docs/npm.md"),
        egress=Fact(True, "AKS documentation"),
        end_port=UNVERIFIED,
        sctp_ports=UNVERIFIED,
        host_network=UNVERIFIED,
        upkeep=Upkeep(
            State.ENDING,
            "AKS documentation: on Windows 2026-09-30",
            ends=datetime.date(2028, 9, 30),
            instead="azure-cni-cilium",
        ),
    ),
    "calico": Cni(
        "Calico",
        network_policy=_CALICO_POLICY,
        egress=_CALICO_POLICY,
        end_port=_CALICO_END_PORT,
        sctp_ports=_CALICO_SCTP,
        host_network=_CALICO_HOST,
        upkeep=_maintained("release notes 3.32.0, April 2026, and later"),
        policies=_CALICO_KINDS,
    ),
    "canal": Cni(
        "Canal: Flannel with Calico's policies",
        network_policy=Fact(True, "calico 3.28.5 manifests/canal.yaml; RKE2 documentation"),
        egress=_CALICO_POLICY,
        end_port=_CALICO_END_PORT,
        sctp_ports=_CALICO_SCTP,
        host_network=_CALICO_HOST,
        upkeep=_maintained("release notes 3.32.0, April 2026, and later"),
        policies=(_CALICO_GLOBAL,),
        notes=("the version is that of Calico",),
    ),
    "cilium": Cni(
        "Cilium",
        network_policy=_CILIUM_POLICY,
        egress=_CILIUM_POLICY,
        end_port=Fact(
            True, "cilium 1.20.2 pkg/k8s/network_policy.go; before, it is ignored: issue 28684", since=(1, 16)
        ),
        sctp_ports=Fact(True, "cilium 1.20.2 Documentation/configuration/sctp.rst: beta", switch="sctp.enabled"),
        host_network=_CILIUM_HOST,
        upkeep=_maintained("cilium 1.20.2"),
        sctp_isolation=Fact(
            True,
            "cilium 1.20.2 bpf/lib/conntrack.h: without sctp.enabled, it is an unknown protocol and dropped",
        ),
        policies=(
            PolicyKind(
                CLUSTERWIDE,
                ("cilium.io/v2",),
                "cilium 1.20.2 Documentation/security/policy/deny.rst (deny rules from 1.9); PR 30572",
                since=(1, 9),
                note="before 1.16 it isolates what it selects",
            ),
            PolicyKind(
                CLUSTER,
                _API_V1ALPHA2,
                "cilium 1.20.2 Documentation/network/kubernetes/policy.rst; pkg/k8s/cluster_network_policy.go",
                since=(1, 20),
                switch="k8sClusterNetworkPolicy.enabled",
                note=_CILIUM_CIDR,
            ),
        ),
        switches=(
            ("k8sClusterNetworkPolicy.enabled", Switch("the Helm value of that name", "cilium 1.20.2 policy.rst")),
            (
                "policyCIDRMatchMode",
                Switch("the Helm value of that name holds nodes", "cilium 1.20.2 layer3.rst: beta"),
            ),
            ("sctp.enabled", Switch("the Helm value of that name", "cilium 1.20.2 sctp.rst")),
        ),
        notes=(_CILIUM_CIDR,),
    ),
    "contiv": Cni(
        "Contiv",
        network_policy=_ENDED,
        egress=_ENDED,
        end_port=_ENDED,
        sctp_ports=_ENDED,
        host_network=_ENDED,
        upkeep=Upkeep(State.UNVERIFIED, "no release and no living document was found", instead="calico or cilium"),
        remedy="move to calico or cilium",
    ),
    "eks-auto-mode": Cni(
        "EKS Auto Mode",
        network_policy=Fact(True, "EKS User Guide, Use Network Policies with EKS Auto Mode", switch="controller"),
        egress=Fact(True, "EKS User Guide, Use Network Policies with EKS Auto Mode", switch="node-class"),
        end_port=_AWS_END_PORT,
        sctp_ports=_AWS_SCTP,
        host_network=_AWS_HOST,
        upkeep=_maintained("EKS User Guide"),
        policies=(_AWS_CLUSTER,),
        switches=(
            (
                "controller",
                Switch(
                    'enable-network-policy-controller: "true" in the ConfigMap kube-system/amazon-vpc-cni',
                    "EKS User Guide, Use Network Policies with EKS Auto Mode; AWS samples: else not enforced",
                ),
            ),
            (
                "node-class",
                Switch(
                    "spec.networkPolicy of every NodeClass; DefaultDeny is the strict mode",
                    "EKS User Guide, Use Network Policies with EKS Auto Mode",
                ),
            ),
        ),
    ),
    "flannel": Cni(
        "Flannel",
        network_policy=Fact(False, "flannel 0.28.10 README.md: flanneld does not natively enforce Network Policies"),
        egress=Fact(False, "flannel 0.28.10 README.md; issue 2183"),
        end_port=Fact(False, "flannel 0.28.10 README.md"),
        sctp_ports=Fact(False, "flannel 0.28.10 README.md"),
        host_network=Fact(False, "flannel 0.28.10 README.md"),
        upkeep=_maintained("flannel 0.28.10"),
        remedy="canal (Flannel with Calico's policies), flannel-netpol (its controller, netpol.enabled) or "
        "another plug-in",
    ),
    "flannel-netpol": Cni(
        "Flannel with kube-network-policies",
        network_policy=Fact(True, "flannel 0.28.10 Documentation/netpol.md: from 0.25.5", since=(0, 26)),
        egress=Fact(True, "kube-network-policies 0.8.0 pkg/networkpolicy/networkpolicy.go", since=(0, 26)),
        end_port=_KUBE_NETWORK_POLICIES_END_PORT,
        sctp_ports=_KUBE_NETWORK_POLICIES_SCTP,
        host_network=_KUBE_NETWORK_POLICIES_HOST,
        upkeep=_maintained("flannel 0.28.10"),
        notes=("the version is that of Flannel, with netpol.enabled of its chart",),
    ),
    "gke-dataplane-v2": Cni(
        "GKE Dataplane V2",
        network_policy=Fact(True, "GKE documentation, Dataplane V2: always enabled"),
        egress=Fact(True, "GKE documentation, Control communication between Pods and Services"),
        end_port=UNVERIFIED,
        sctp_ports=Fact(
            True, "GKE documentation, Deploy workloads with SCTP: from 1.32.2-gke.1297000, Ubuntu nodes", switch="sctp"
        ),
        host_network=UNVERIFIED,
        upkeep=_maintained("GKE documentation"),
        policies=(
            PolicyKind(
                CLUSTERWIDE,
                ("cilium.io/v2",),
                "google_container_cluster, enable_cilium_clusterwide_network_policy",
                switch="clusterwide-policies",
                denies_networks=False,
                note="which fields it takes was not read",
            ),
        ),
        switches=(
            (
                "clusterwide-policies",
                Switch("enable_cilium_clusterwide_network_policy of the cluster", "Google provider documentation"),
            ),
            ("sctp", Switch("GKE 1.32.2-gke.1297000 and Ubuntu nodes", "GKE documentation")),
        ),
        notes=("built on Cilium",),
    ),
    "k3s": Cni(
        "k3s, its built-in network policy controller",
        network_policy=Fact(True, "k3s documentation: embedded kube-router"),
        egress=_KUBE_ROUTER_POLICY,
        end_port=_KUBE_ROUTER_END_PORT,
        sctp_ports=_KUBE_ROUTER_SCTP,
        host_network=_KUBE_ROUTER_HOST,
        upkeep=_maintained("k3s documentation"),
        sctp_isolation=_KUBE_ROUTER_SCTP_ISOLATION,
        notes=("off with disable-network-policy: true (k3s documentation); this package never sets that",),
    ),
    "kindnet": Cni(
        "kindnet, the plug-in of kind",
        network_policy=Fact(True, "kind release notes 0.24.0: kube-network-policies", since=(0, 24)),
        egress=Fact(True, "kube-network-policies 0.8.0 pkg/networkpolicy/networkpolicy.go", since=(0, 24)),
        end_port=_KUBE_NETWORK_POLICIES_END_PORT,
        sctp_ports=_KUBE_NETWORK_POLICIES_SCTP,
        host_network=_KUBE_NETWORK_POLICIES_HOST,
        upkeep=_maintained("kind v0.33.0: an image of August 2026"),
        notes=("the version is that of kind",),
    ),
    "kube-ovn": Cni(
        "Kube-OVN",
        network_policy=Fact(True, "kube-ovn release notes 0.5.0"),
        egress=Fact(True, "Kube-OVN documentation"),
        end_port=Fact(True, "kube-ovn PR 1249, January 2022"),
        sctp_ports=UNVERIFIED,
        host_network=UNVERIFIED,
        upkeep=_maintained("implementations.md, January 2026"),
        policies=(
            PolicyKind(
                ADMIN,
                _API_V1ALPHA1,
                "implementations.md: standard fields; kube-ovn pkg/controller/admin_network_policy.go",
                denies_networks=False,
                note="since which version, and whether it reads networks, is unverified",
            ),
            PolicyKind(BASELINE_ADMIN, _API_V1ALPHA1, "implementations.md", denies_networks=False),
            PolicyKind(
                CLUSTER, _API_V1ALPHA2, "implementations.md", denies_networks=False, note="experimental support"
            ),
        ),
    ),
    "kube-router": Cni(
        "kube-router",
        network_policy=_KUBE_ROUTER_POLICY,
        egress=_KUBE_ROUTER_POLICY,
        end_port=_KUBE_ROUTER_END_PORT,
        sctp_ports=_KUBE_ROUTER_SCTP,
        host_network=_KUBE_ROUTER_HOST,
        upkeep=Upkeep(State.UNVERIFIED, "the newest module that was found, v2.1.0, is of March 2024"),
        sctp_isolation=_KUBE_ROUTER_SCTP_ISOLATION,
    ),
    "ovn-kubernetes": Cni(
        "OVN-Kubernetes",
        network_policy=Fact(True, "OpenShift documentation, OVN-Kubernetes network policy"),
        egress=Fact(True, "OpenShift documentation, OVN-Kubernetes network policy"),
        end_port=Fact(True, "ovn-kubernetes PR 2466, 2021"),
        sctp_ports=Fact(True, "OpenShift documentation, Using SCTP: with pods, services and network policy"),
        host_network=UNVERIFIED,
        upkeep=_maintained("implementations.md"),
        policies=(
            PolicyKind(
                ADMIN,
                _API_V1ALPHA1,
                "implementations.md: standard fields, Nodes, Networks; OpenShift documentation, Admin network policy",
            ),
            PolicyKind(
                BASELINE_ADMIN,
                _API_V1ALPHA1,
                "implementations.md: standard fields, Nodes, Networks; OpenShift documentation, Admin network policy",
            ),
        ),
    ),
    "romana": Cni(
        "Romana",
        network_policy=_ENDED,
        egress=_ENDED,
        end_port=_ENDED,
        sctp_ports=_ENDED,
        host_network=_ENDED,
        upkeep=Upkeep(State.UNVERIFIED, "no release and no living document was found", instead="calico or cilium"),
        remedy="move to calico or cilium",
    ),
    "weave": Cni(
        "Weave Net",
        network_policy=Fact(True, "Weaveworks, Security and encryption in Weave Net: from 1.7"),
        egress=Fact(True, "secondary: from 2.4, 2018"),
        end_port=UNVERIFIED,
        sctp_ports=UNVERIFIED,
        host_network=UNVERIFIED,
        upkeep=Upkeep(State.ARCHIVED, "secondary: weaveworks/weave archived in 2024", instead="calico or cilium"),
    ),
}
"""Name -> what is known."""
