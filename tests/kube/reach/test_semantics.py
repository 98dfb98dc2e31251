"""What NetworkPolicies mean, point by point: each case with the sentence of the API documentation that it proves.

Sentences without a source are of k8s.io/api v0.37.2 networking/v1/types.go.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from k8s_hardening.kube.reach import World, allows, matrix
from k8s_hardening.kube.reach.ports import holds
from tests.kube.reach.test_naive import Places
from tests.kube.reach.worlds import Object, by, namespace, pod, policy
from tests.oracle.network_policies import Cluster, End

WEB, DB = pod("shop/web", {"app": "web"}), pod("shop/db", {"app": "db"}, ports={"sql": "TCP/5432", "probe": "UDP/5432"})
FRONT = pod("shop/front", {"app": "web", "tier": "front"})
ODD_DB = pod("shop/odd-db", {"app": "db"}, ports={"sql": "TCP/15432"})
OTHER = pod("bank/web", {"app": "web"})
TILL = pod("bank/till", {"app": "till"})
SPACES = (namespace("shop", team="blue"), namespace("bank", team="red"))
BASE = (*SPACES, WEB, DB, FRONT, ODD_DB, OTHER, TILL)
WEB_PEER = {"podSelector": by(app="web")}
RED = {"namespaceSelector": by(team="red")}


@dataclass(frozen=True)
class Case:
    """One point: policies among the pods above, and traffic that passes or does not."""

    sentence: str
    policies: tuple[Object, ...]
    passes: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()


def db_in(**rule: object) -> Object:
    return policy("shop/p", podSelector=by(app="db"), ingress=[rule])


def web_out(**rule: object) -> Object:
    return policy("shop/p", podSelector=by(app="web"), policyTypes=["Egress"], egress=[rule])


CASES = {
    "no policy": Case(
        "Traffic is allowed to a pod if there are no NetworkPolicies selecting the pod",
        (policy("bank/p", ingress=[]),),
        ("shop/web shop/db TCP/1", "192.0.2.1 shop/db TCP/1"),
        ("shop/web bank/web TCP/1",),
    ),
    "union of rules": Case(
        "OR if the traffic matches at least one ingress rule across all of the NetworkPolicy objects whose podSelector "
        "matches the pod",
        (
            policy("shop/deny", ingress=[]),
            policy("shop/a", podSelector=by(app="db"), ingress=[{"ports": [{"port": 1}]}, {"ports": [{"port": 2}]}]),
            policy("shop/b", podSelector=by(app="db"), ingress=[{"ports": [{"port": 3}]}]),
        ),
        ("shop/web shop/db TCP/1", "shop/web shop/db TCP/2", "shop/web shop/db TCP/3"),
        ("shop/web shop/db TCP/4", "shop/db shop/web TCP/1"),
    ),
    "ingress absent": Case(
        "If this field is empty then this NetworkPolicy does not allow any traffic (and serves solely to ensure that "
        "the pods it selects are isolated by default)",
        (policy("shop/p", podSelector=by(app="db")),),
        ("shop/web shop/front TCP/1", "shop/db shop/web TCP/1"),
        ("shop/web shop/db TCP/1", "192.0.2.1 shop/db TCP/1"),
    ),
    "ingress empty": Case(
        "If this field is empty then this NetworkPolicy does not allow any traffic",
        (policy("shop/p", podSelector=by(app="db"), ingress=[]),),
        stops=("shop/web shop/db TCP/1",),
    ),
    "a rule without conditions": Case(
        "If this field is empty or missing, this rule matches all sources (traffic not restricted by source)",
        (policy("shop/p", podSelector=by(app="db"), ingress=[{}]),),
        ("shop/web shop/db TCP/1", "192.0.2.1 shop/db SCTP/65535", "bank/web shop/db UDP/9"),
    ),
    "from empty": Case(
        "If this field is empty or missing, this rule matches all sources",
        (db_in(**{"from": [], "ports": [{"port": 1}]}),),
        ("192.0.2.1 shop/db TCP/1", "bank/web shop/db TCP/1"),
        ("192.0.2.1 shop/db TCP/2",),
    ),
    "to missing": Case(
        "If this field is empty or missing, this rule matches all destinations (traffic not restricted by destination)",
        (web_out(ports=[{"port": 1}]),),
        ("shop/web 192.0.2.1 TCP/1", "shop/web bank/web TCP/1"),
        ("shop/web 192.0.2.1 TCP/2",),
    ),
    "ports empty": Case(
        "If this field is empty or missing, this rule matches all ports (traffic not restricted by port)",
        (db_in(**{"from": [WEB_PEER], "ports": []}),),
        ("shop/web shop/db TCP/1", "shop/web shop/db SCTP/2"),
        ("bank/till shop/db TCP/1",),
    ),
    "peers and ports": Case(
        "The traffic must match both ports and from",
        (db_in(**{"from": [WEB_PEER], "ports": [{"port": 1}]}),),
        ("shop/web shop/db TCP/1",),
        ("shop/web shop/db TCP/2", "bank/till shop/db TCP/1"),
    ),
    "podSelector absent": Case(
        "This field is optional. If it is not specified, it defaults to an empty selector",
        (policy("shop/p"),),
        ("shop/web bank/web TCP/1",),
        ("shop/web shop/db TCP/1", "shop/web shop/front TCP/1"),
    ),
    "podSelector empty": Case(
        "An empty selector matches all pods in the policy's namespace",
        (policy("shop/p", podSelector={}),),
        ("shop/web bank/web TCP/1",),
        ("bank/web shop/db TCP/1",),
    ),
    "types absent": Case(
        "policies that contain an egress section are assumed to affect egress, and all policies (whether or not they "
        "contain an ingress section) are assumed to affect ingress",
        (policy("shop/p", podSelector=by(app="web"), egress=[{"ports": [{"port": 1}]}]),),
        ("shop/web shop/db TCP/1",),
        ("shop/web shop/db TCP/2", "shop/db shop/web TCP/1"),
    ),
    "types absent, egress empty": Case(
        'such a policy would not include an egress section and would otherwise default to just [ "Ingress" ]',
        (policy("shop/p", podSelector=by(app="web"), egress=[]),),
        ("shop/web shop/db TCP/1",),
        ("shop/db shop/web TCP/1",),
    ),
    "types egress": Case(
        'If you want to write an egress-only policy, you must explicitly specify policyTypes [ "Egress" ]',
        (policy("shop/p", podSelector=by(app="web"), policyTypes=["Egress"], ingress=[{"ports": [{"port": 9}]}]),),
        ("shop/db shop/web TCP/1",),
        ("shop/web shop/db TCP/1",),
    ),
    "types ingress beside egress rules": Case(
        "policyTypes is a list of rule types that the NetworkPolicy relates to",
        (policy("shop/p", podSelector=by(app="web"), policyTypes=["Ingress"], egress=[{"ports": [{"port": 1}]}]),),
        ("shop/web shop/db TCP/2",),
        ("shop/db shop/web TCP/1",),
    ),
    "both sides": Case(
        "Outgoing traffic is allowed if there are no NetworkPolicies selecting the pod (and cluster policy otherwise "
        "allows the traffic), OR if the traffic matches at least one egress rule",
        (
            policy(
                "shop/out",
                podSelector=by(app="web"),
                policyTypes=["Egress"],
                egress=[{"ports": [{"port": 1}, {"port": 2}]}],
            ),
            policy("shop/in", podSelector=by(app="db"), ingress=[{"ports": [{"port": 2}, {"port": 3}]}]),
        ),
        ("shop/web shop/db TCP/2",),
        ("shop/web shop/db TCP/1", "shop/web shop/db TCP/3"),
    ),
    "replies need no rule": Case(
        "egress is a list of egress rules to be applied to the selected pods",
        (policy("shop/out", podSelector=by(app="db"), policyTypes=["Egress"]),),
        ("shop/web shop/db TCP/1",),
        ("shop/db shop/web TCP/1",),
    ),
    "peer of pods": Case(
        "Otherwise it selects the pods matching podSelector in the policy's own namespace",
        (db_in(**{"from": [WEB_PEER]}),),
        ("shop/web shop/db TCP/1",),
        ("bank/web shop/db TCP/1", "192.0.2.1 shop/db TCP/1"),
    ),
    "peer of every pod": Case(
        "if present but empty, it selects all pods",
        (db_in(**{"from": [{"podSelector": {}}]}),),
        ("shop/web shop/db TCP/1",),
        ("bank/web shop/db TCP/1", "192.0.2.1 shop/db TCP/1"),
    ),
    "peer of namespaces": Case(
        "Otherwise it selects all pods in the namespaces selected by namespaceSelector",
        (db_in(**{"from": [RED]}),),
        ("bank/web shop/db TCP/1", "bank/till shop/db TCP/1"),
        ("shop/web shop/db TCP/1",),
    ),
    "peer of every namespace": Case(
        "This field follows standard label selector semantics; if present but empty, it selects all namespaces",
        (db_in(**{"from": [{"namespaceSelector": {}}]}),),
        ("bank/web shop/db TCP/1", "shop/web shop/db TCP/1"),
        ("192.0.2.1 shop/db TCP/1",),
    ),
    "one peer of both selectors": Case(
        "If podSelector is also set, then the NetworkPolicyPeer as a whole selects the pods matching podSelector in "
        "the namespaces selected by namespaceSelector",
        (db_in(**{"from": [{**RED, **WEB_PEER}]}),),
        ("bank/web shop/db TCP/1",),
        ("shop/web shop/db TCP/1", "bank/till shop/db TCP/1"),
    ),
    "two peers": Case(
        "Items in this list are combined using a logical OR operation",
        (db_in(**{"from": [RED, WEB_PEER]}),),
        ("bank/web shop/db TCP/1", "shop/web shop/db TCP/1", "bank/till shop/db TCP/1"),
        ("shop/odd-db shop/db TCP/1",),
    ),
    "the name of a namespace": Case(
        "namespaceSelector selects namespaces using cluster-scoped labels",
        (db_in(**{"from": [{"namespaceSelector": by(**{"kubernetes.io/metadata.name": "bank"})}]}),),
        ("bank/web shop/db TCP/1",),
        ("shop/web shop/db TCP/1",),
    ),
    "ipBlock": Case(
        "The except entry describes CIDRs that should not be included within this rule",
        (db_in(**{"from": [{"ipBlock": {"cidr": "192.0.2.0/24", "except": ["192.0.2.128/25"]}}]}),),
        ("192.0.2.1 shop/db TCP/1",),
        ("192.0.2.200 shop/db TCP/1", "198.51.100.1 shop/db TCP/1", "2001:db8::1 shop/db TCP/1"),
    ),
    "except is no denial": Case(
        "the ingress rules for each are combined additively",
        (
            policy(
                "shop/p",
                podSelector=by(app="db"),
                ingress=[
                    {"from": [{"ipBlock": {"cidr": "192.0.2.0/24", "except": ["192.0.2.128/25"]}}]},
                    {"from": [{"ipBlock": {"cidr": "192.0.2.200/32"}}]},
                ],
            ),
        ),
        ("192.0.2.1 shop/db TCP/1", "192.0.2.200 shop/db TCP/1"),
        ("192.0.2.201 shop/db TCP/1",),
    ),
    "IPv6": Case(
        'IPBlock describes a particular CIDR (Ex. "192.168.1.0/24","2001:db8::/64")',
        (db_in(**{"from": [{"ipBlock": {"cidr": "::/0"}}]}),),
        ("2001:db8::1 shop/db TCP/1",),
        ("192.0.2.1 shop/db TCP/1",),
    ),
    "protocol absent": Case(
        "If not specified, this field defaults to TCP",
        (db_in(ports=[{"port": 1}]),),
        ("shop/web shop/db TCP/1",),
        ("shop/web shop/db UDP/1",),
    ),
    "port absent": Case(
        "If this field is not provided, this matches all port names and numbers",
        (db_in(ports=[{"protocol": "UDP"}]),),
        ("shop/web shop/db UDP/1", "shop/web shop/db UDP/65535"),
        ("shop/web shop/db TCP/1",),
    ),
    "port and protocol": Case(
        "If present, only traffic on the specified protocol AND port will be matched",
        (db_in(ports=[{"protocol": "SCTP", "port": 5}]),),
        ("shop/web shop/db SCTP/5",),
        ("shop/web shop/db SCTP/6", "shop/web shop/db TCP/5"),
    ),
    "named port, ingress": Case(
        "This can either be a numerical or named port on a pod",
        (db_in(ports=[{"port": "sql"}]),),
        ("shop/web shop/db TCP/5432", "shop/web shop/odd-db TCP/15432"),
        ("shop/web shop/odd-db TCP/5432", "shop/web shop/db TCP/15432", "shop/web shop/db UDP/5432"),
    ),
    "named port, egress": Case(
        "ports is a list of destination ports for outgoing traffic",
        (web_out(ports=[{"port": "sql"}]),),
        ("shop/web shop/db TCP/5432", "shop/web shop/odd-db TCP/15432"),
        ("shop/web bank/web TCP/5432", "shop/web 192.0.2.1 TCP/5432"),
    ),
    "named port of another protocol": Case(
        "port represents the port on the given protocol",
        (db_in(ports=[{"port": "probe"}, {"port": "probe", "protocol": "UDP"}]),),
        ("shop/web shop/db UDP/5432",),
        ("shop/web shop/db TCP/5432",),
    ),
    "endPort": Case(
        "endPort indicates that the range of ports from port to endPort if set, inclusive, should be allowed",
        (db_in(ports=[{"port": 10, "endPort": 12}]),),
        ("shop/web shop/db TCP/10", "shop/web shop/db TCP/11", "shop/web shop/db TCP/12"),
        ("shop/web shop/db TCP/9", "shop/web shop/db TCP/13"),
    ),
    "policies of another namespace": Case(
        "Multiple network policies can select the same set of pods",
        (db_in(**{"from": [WEB_PEER]}), policy("bank/p", podSelector=by(app="db"), ingress=[{}])),
        ("shop/web shop/db TCP/1",),
        ("bank/till shop/db TCP/1",),
    ),
}


def ends(objects: tuple[Object, ...]) -> dict[str, End]:
    return {f"{one['metadata']['namespace']}/{one['metadata']['name']}": one for one in objects if one["kind"] == "Pod"}


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_it_means_what_the_documentation_says(case: Case) -> None:
    objects = (*BASE, *case.policies)
    world, cluster, known = World.of(objects), Cluster(objects), ends(objects)
    found, places = matrix(world), Places(world)
    assert world.flaws == ()
    for expected, traffic in [*((True, one) for one in case.passes), *((False, one) for one in case.stops)]:
        source, destination, port = traffic.split()
        protocol, _, number = port.partition("/")
        verdict = allows(world, source, destination, int(number), protocol)
        assert (verdict.allowed, verdict.is_certain) == (expected, True), traffic
        here, there = known.get(source, source), known.get(destination, destination)
        assert holds(found.ports(places.of(here), places.of(there))[1], protocol, int(number)) == expected, traffic
        assert cluster.permits(here, there, protocol, int(number)) == expected, traffic


def test_every_sentence_is_told_and_every_case_asks_something() -> None:
    assert all(case.sentence and (case.passes or case.stops) for case in CASES.values())
    assert sum(len(case.passes) + len(case.stops) for case in CASES.values()) > 80
