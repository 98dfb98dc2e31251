"""What NetworkPolicies let through: who reaches whom, on which ports, and why.

    world = World.of(manifests, KubeVersion(1, 36))
    allows(world, "shop-web/web", "shop-cart/app=cart", 8080).because
    matrix(world).rows
    differences(before, after)

Answers are exact where policies are. Where a value is known only at apply, or where the node of a pod decides, they
have two bounds: what is reachable for sure, and what may be. Proofs of isolation go by the second.
"""

from k8s_hardening.kube.reach.changes import Change, differences
from k8s_hardening.kube.reach.coverage import Peer, idle_peers, idle_policies, peers_of, uncovered_pods
from k8s_hardening.kube.reach.ends import End, Owner, Pods
from k8s_hardening.kube.reach.matrix import Cell, Matrix, Row, matrix
from k8s_hardening.kube.reach.naming import Named, NoSuchEndError, end_named
from k8s_hardening.kube.reach.policies import Policy
from k8s_hardening.kube.reach.policy_flaws import Flaw
from k8s_hardening.kube.reach.ports import PortSet, port_texts
from k8s_hardening.kube.reach.regions import Region
from k8s_hardening.kube.reach.verdict import Because, Reason, Verdict, allows, end_text
from k8s_hardening.kube.reach.world import Enforcement, World

__all__ = [
    "Because",
    "Cell",
    "Change",
    "End",
    "Enforcement",
    "Flaw",
    "Matrix",
    "Named",
    "NoSuchEndError",
    "Owner",
    "Peer",
    "Pods",
    "Policy",
    "PortSet",
    "Reason",
    "Region",
    "Row",
    "Verdict",
    "World",
    "allows",
    "differences",
    "end_named",
    "end_text",
    "idle_peers",
    "idle_policies",
    "matrix",
    "peers_of",
    "port_texts",
    "uncovered_pods",
]
