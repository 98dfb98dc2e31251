"""Why something is allowed or denied, and what policies cannot say."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest

from k8s_hardening.kube.manifest import UNKNOWN
from k8s_hardening.kube.reach import Because, Enforcement, NoSuchEndError, World, allows, end_named, matrix
from k8s_hardening.kube.version import KubeVersion
from tests.builders import KINDS_AROUND_A_POD, wrap_pod
from tests.kube.reach.worlds import Object, by, namespace, pod, policy

WEB, DB = pod("shop/web", {"app": "web"}), pod("shop/db", {"app": "db"})
CLOSED = policy("shop/deny-all", policyTypes=["Ingress", "Egress"])
OUT = policy("shop/web-out", podSelector=by(app="web"), policyTypes=["Egress"], egress=[{"ports": [{"port": 5432}]}])
IN = policy("shop/db-in", podSelector=by(app="db"), ingress=[{}, {"ports": [{"port": 5432}]}])


def why(world: World, source: str, destination: str, port: int | str | None = 5432, protocol: str = "TCP") -> list[str]:
    return [str(reason) for reason in allows(world, source, destination, port, protocol).because]


def answer(
    objects: list[Object], source: str, destination: str, port: int | str = 5432, **options: Any
) -> tuple[bool, bool]:
    verdict = allows(World.of(objects, **options), source, destination, port)
    return verdict.allowed, verdict.is_certain


def test_an_allowed_pair_names_the_rules_of_both_sides() -> None:
    assert why(World.of([WEB, DB, CLOSED, OUT, IN]), "shop/web", "shop/db") == [
        "NetworkPolicy shop/web-out, spec.egress[0]",
        "NetworkPolicy shop/db-in, spec.ingress[0]",
        "NetworkPolicy shop/db-in, spec.ingress[1]",
    ]


def test_a_reason_leads_to_the_rule() -> None:
    out, *_ = allows(World.of([WEB, DB, CLOSED, OUT, IN]), "shop/web", "shop/db", 5432).because
    assert (out.sort, out.path) == (Because.RULE, "spec.egress[0]")
    assert out.policy is not None
    assert out.policy.manifest == OUT


def test_a_denied_pair_names_the_isolation_that_denies() -> None:
    world = World.of([WEB, DB, CLOSED, OUT])
    assert why(world, "shop/web", "shop/db") == [
        "shop: policy deny-all isolates shop/Pod/db for ingress, and none allows it"
    ]
    assert why(world, "shop/web", "shop/db", 80) == [
        "shop: policies deny-all, web-out isolate shop/Pod/web for egress, and none allows it",
        "shop: policy deny-all isolates shop/Pod/db for ingress, and none allows it",
    ]


def test_what_no_policy_selects_is_open_and_says_so() -> None:
    assert why(World.of([WEB, DB]), "shop/web", "192.0.2.1") == [
        "no policy selects shop/Pod/web for egress, so everything is allowed there"
    ]


def test_without_a_port_every_port_of_the_protocol_is_asked_about() -> None:
    world = World.of([WEB, DB, CLOSED, OUT, IN])
    assert allows(world, "shop/web", "shop/db").ports == (("TCP", 5432, 5432),)
    assert not allows(world, "shop/web", "shop/db", protocol="UDP").allowed


def test_a_port_may_be_asked_about_by_its_name() -> None:
    world = World.of([WEB, pod("shop/db", {"app": "db"}, ports={"sql": "TCP/5432"}), CLOSED, OUT, IN])
    assert allows(world, "shop/web", "shop/db", "sql").allowed
    assert not allows(world, "shop/web", "shop/db", "http").allowed


@pytest.mark.parametrize(
    ("objects", "to", "said"),
    [
        ([pod("shop/db", ports={"sql": "TCP/5432", "dns": "UDP/53"})], "shop/db",
         "shop/Pod/db has no port with the name http for TCP; it has dns (UDP/53), sql (TCP/5432)"),
        ([pod("shop/db", ports={"http": "SCTP/80"})], "shop/db",
         "shop/Pod/db has no port with the name http for TCP; it has http (SCTP/80)"),
        ([pod("shop/db", ports={f"p{number}": f"TCP/{number}" for number in range(1, 9)})], "shop/db",
         "shop/Pod/db has no port with the name http for TCP; it has "
         + ", ".join(f"p{number} (TCP/{number})" for number in range(1, 7)) + " and 2 more"),
        ([pod("shop/db")], "shop/db",
         "shop/Pod/db has no port with the name http for TCP; none of its ports has a name"),
        ([pod("shop/db")], "shop/app=x", "no workload says which ports of shop/app=x have a name; ask about a number"),
        ([], "203.0.113.7", "an address outside has no names for ports, which only pods have; ask about a number"),
    ],
)  # fmt: skip
def test_a_port_that_has_no_such_name_is_denied_for_that(objects: list[Object], to: str, said: str) -> None:
    for rest in ([], [CLOSED]):
        verdict = allows(World.of([WEB, *objects, *rest]), "shop/web", to, "http")
        assert (verdict.allowed, verdict.is_certain) == (False, True)
        assert [(one.sort, one.text) for one in verdict.because] == [(Because.NAMELESS, said)]
    assert not allows(World.of([WEB]), "shop/web", "shop/web", "http").allowed


def test_a_name_that_is_not_known_yet_may_be_any_port() -> None:
    vague = pod("shop/db", {"app": "db"})
    vague["spec"]["containers"][0]["ports"] = UNKNOWN
    worlds: list[list[Object]] = [[], [CLOSED], [CLOSED, OUT, IN]]
    assert [answer([WEB, vague, *more], "shop/web", "shop/db", "http") for more in worlds] == [
        (True, False), (False, True), (True, False),
    ]  # fmt: skip
    assert why(World.of([WEB, vague]), "shop/web", "shop/db", "http")[-1] == (
        "which port of shop/Pod/db has the name http is not known yet"
    )


def test_a_pod_reaches_itself_but_the_pods_of_a_workload_are_several() -> None:
    """Kubernetes documentation, Network Policies: a pod cannot block access to itself."""
    assert why(World.of([WEB, CLOSED]), "shop/web", "shop/web") == ["a pod always reaches itself"]
    deployment, _ = wrap_pod(WEB, "Deployment")
    assert answer([deployment, CLOSED], "shop/web", "shop/web") == (False, True)


HOST = pod("shop/agent", {"app": "web"}, hostNetwork=True)


def test_a_pod_on_the_host_network_is_a_node_for_policies() -> None:
    """types.go: "OR if the traffic source is the pod's local node"; selectors see no pods on the host's network."""
    world = World.of(
        [
            WEB,
            DB,
            HOST,
            CLOSED,
            policy("shop/in", podSelector=by(app="db"), ingress=[{"from": [{"podSelector": by(app="web")}]}]),
        ]
    )
    there = allows(world, "shop/agent", "shop/db", 80)
    assert (there.allowed, there.is_certain) == (True, False)
    assert [str(one) for one in there.because] == [
        "shop/Pod/agent has the address of its node, and no NetworkPolicy governs it",
        "shop/Pod/agent has the address of its node, and nothing comes between a pod and its own node",
    ]
    back = allows(world, "shop/web", "shop/agent", 80)
    assert (back.allowed, back.is_certain) == (True, False)
    out = allows(world, "shop/agent", "192.0.2.1", 80)
    assert (out.allowed, out.is_certain) == (True, True)


def test_a_host_network_that_is_not_known_is_both() -> None:
    unsure = pod("shop/agent", {"app": "web"}, hostNetwork=UNKNOWN)
    assert answer([unsure, DB, CLOSED], "shop/agent", "shop/db") == (True, False)
    assert answer([unsure, DB], "shop/agent", "shop/db") == (True, True)


@pytest.mark.parametrize(
    "spec",
    [
        {"podSelector": UNKNOWN},
        {"podSelector": {"matchLabels": {"app": UNKNOWN}}},
        {"podSelector": {"matchLabels": UNKNOWN}},
        {"podSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": [UNKNOWN]}]}},
        {"podSelector": {"matchExpressions": [{"key": UNKNOWN, "operator": "Exists"}]}},
        {"policyTypes": UNKNOWN},
        {"policyTypes": [UNKNOWN]},
        {"ingress": UNKNOWN},
        {"ingress": [UNKNOWN]},
        {"ingress": [{"from": UNKNOWN}]},
        {"ingress": [{"from": [{"ipBlock": {"cidr": UNKNOWN}}]}]},
        {"ingress": [{"from": [{"podSelector": UNKNOWN}]}]},
        {"ingress": [{"ports": [{"port": UNKNOWN}]}]},
        {"ingress": [{"ports": [{"port": 5000, "endPort": UNKNOWN}]}]},
        {"ingress": [{"ports": [{"port": 5432, "protocol": UNKNOWN}]}]},
        UNKNOWN,
    ],
)
def test_a_value_that_is_not_known_yet_may_allow(spec: Any) -> None:
    unsure = policy("shop/p")
    unsure["spec"] = spec
    assert answer([WEB, DB, unsure], "shop/web", "shop/db") == (True, False)


def test_unknown_labels_and_namespaces_may_be_any() -> None:
    vague = pod("shop/db")
    vague["metadata"]["labels"] = UNKNOWN
    selecting = policy("shop/p", podSelector=by(app="db"))
    assert answer([WEB, vague, selecting], "shop/web", "shop/db") == (True, False)
    elsewhere = policy("shop/p", podSelector=by(app="db"))
    elsewhere["metadata"]["namespace"] = UNKNOWN
    assert answer([WEB, DB, elsewhere], "shop/web", "shop/db") == (True, False)


def test_a_range_counts_from_the_version_that_reads_it() -> None:
    ranged = policy("shop/p", podSelector=by(app="db"), ingress=[{"ports": [{"port": 5430, "endPort": 5440}]}])
    assert answer([WEB, DB, ranged], "shop/web", "shop/db", version=KubeVersion(1, 22)) == (True, True)
    assert answer([WEB, DB, ranged], "shop/web", "shop/db", version=KubeVersion(1, 21)) == (False, True)
    blind = Enforcement(port_ranges=False)
    assert answer([WEB, DB, ranged], "shop/web", "shop/db", enforcement=blind) == (False, True)
    assert answer([WEB, DB, ranged], "shop/web", "shop/db", 5430, enforcement=blind) == (True, True)


@pytest.mark.parametrize(
    ("options", "reader"),
    [
        ({"version": KubeVersion(1, 21)}, "Kubernetes 1.21"),
        ({"enforcement": Enforcement(port_ranges=False)}, "the network plug-in"),
    ],
)
def test_a_range_that_is_not_read_is_told(options: dict[str, Any], reader: str) -> None:
    ranged = policy("shop/p", podSelector=by(app="db"), ingress=[{"ports": [{"port": 5430, "endPort": 5440}]}])
    world = World.of([WEB, DB, ranged], **options)
    told = (
        "NetworkPolicy shop/p, spec.ingress[0] opens only the first port of a range, "
        f"since {reader} does not read endPort"
    )
    assert why(world, "shop/web", "shop/db") == [
        "shop: policy p isolates shop/Pod/db for ingress, and none allows it",
        told,
    ]
    assert told in why(world, "shop/web", "shop/db", None)
    for port in (5430, 80):
        assert told not in why(world, "shop/web", "shop/db", port)
    assert "endPort" not in str(why(World.of([WEB, DB, ranged]), "shop/web", "shop/db", None))


def test_namespaces_carry_their_name_from_the_version_that_writes_it() -> None:
    """The label is the server's: whatever somebody writes there does not last."""
    peer = {"namespaceSelector": by(**{"kubernetes.io/metadata.name": "bank"})}
    rule = policy("shop/p", podSelector=by(app="db"), ingress=[{"from": [peer]}])
    forged = namespace("evil", **{"kubernetes.io/metadata.name": "bank"})
    objects = [pod("bank/till"), pod("evil/thief"), forged, DB, rule]
    assert answer(objects, "bank/till", "shop/db") == (True, True)
    assert answer(objects, "evil/thief", "shop/db") == (False, True)
    assert answer(objects, "bank/till", "shop/db", version=KubeVersion(1, 20)) == (False, True)


NETWORK = {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}
BY_NETWORK = policy("shop/p", podSelector=by(app="db"), ingress=[{"from": [NETWORK]}])


def test_a_network_covers_a_pod_only_when_its_address_is_known() -> None:
    world = World.of([WEB, DB, BY_NETWORK])
    assert why(world, "shop/web", "shop/db")[-1] == (
        "networks of rules are not held against shop/Pod/web, whose addresses are not known"
    )
    assert answer([pod("shop/web", address="10.2.0.1"), DB, BY_NETWORK], "shop/web", "shop/db") == (True, True)
    assert answer([pod("shop/web", address="10.1.0.1"), DB, BY_NETWORK], "shop/web", "shop/db") == (False, True)


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        ("10.2.0.0/16", (True, True)),
        ("10.0.0.0/15", (True, False)),
        ("10.1.0.0/16", (False, True)),
        ("172.16.0.0/12", (False, True)),
    ],
)
def test_where_pods_have_their_addresses_may_be_told(network: str, expected: tuple[bool, bool]) -> None:
    told = Enforcement(pod_networks=(ipaddress.ip_network(network),))
    assert answer([WEB, DB, BY_NETWORK], "shop/web", "shop/db", enforcement=told) == expected


def test_an_address_of_a_pod_is_the_pod() -> None:
    world = World.of([pod("shop/web", {"app": "web"}, address="10.2.0.1"), DB, IN, CLOSED])
    assert not allows(world, "10.2.0.1", "shop/db", 5432).allowed
    assert allows(world, "10.2.0.2", "shop/db", 5432).allowed


def test_a_plug_in_without_sctp_lets_it_pass() -> None:
    world = World.of([WEB, DB, CLOSED], enforcement=Enforcement(sctp=False))
    verdict = allows(world, "shop/web", "shop/db", 9, "SCTP")
    assert (verdict.allowed, verdict.is_certain) == (True, False)
    assert "the network plug-in is not known to hold SCTP to policies" in map(str, verdict.because)
    assert not allows(world, "shop/web", "shop/db", 9, "TCP").allowed


@pytest.mark.parametrize("kind", KINDS_AROUND_A_POD)
def test_every_kind_that_carries_a_pod_is_an_end(kind: str) -> None:
    wrapped, path = wrap_pod(DB, kind)
    world = World.of([WEB, wrapped, CLOSED, OUT, IN])
    assert allows(world, "shop/web", f"shop/{kind}/db", 5432).allowed
    assert allows(world, "shop/web", "shop/db", 5432).allowed
    (owner,) = next(owners for pods, owners in world.owners.items() if owners[0].kind == kind)
    assert owner.path == f"{path}.spec"


def test_a_sidecar_has_ports_and_an_init_container_has_none() -> None:
    """k8s.io/kubernetes v1.37.2: an init container that is restarted always runs beside the others."""
    rule = policy("shop/p", podSelector=by(app="db"), ingress=[{"ports": [{"port": "sql"}]}])
    for restart, expected in ({"restartPolicy": "Always"}, True), ({}, False):
        container = {"name": "a", "image": "a", "ports": [{"name": "sql", "containerPort": 5432}], **restart}
        assert (
            answer([WEB, pod("shop/db", {"app": "db"}, initContainers=[container]), rule], "shop/web", "shop/db")[0]
            is expected
        )


BAD = {
    "spec.ingress[0].ports[0].port": {"ingress": [{"ports": [{"port": 0}]}]},
    "spec.ingress[0].ports[0].endPort": {"ingress": [{"ports": [{"port": 9, "endPort": 8}]}]},
    "spec.ingress[0].ports[0].protocol": {"ingress": [{"ports": [{"protocol": "tcp"}]}]},
    "spec.egress[0].to[0].ipBlock.cidr": {"egress": [{"to": [{"ipBlock": {"cidr": "10.0.0.0"}}]}]},
    "spec.egress[0].to[0].ipBlock.except[0]": {
        "egress": [{"to": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["11.0.0.0/9"]}}]}]
    },
    "spec.ingress[0].from[0]": {"ingress": [{"from": [{}]}]},
    "spec.ingress": {"ingress": "all"},
    "spec.policyTypes[0]": {"policyTypes": ["ingress"]},
    "spec.podSelector.matchExpressions[0].operator": {
        "podSelector": {"matchExpressions": [{"key": "a", "operator": "Equals", "values": ["b"]}]}
    },
    "spec.podSelector.matchExpressions[0].values": {
        "podSelector": {"matchExpressions": [{"key": "a", "operator": "In"}]}
    },
    "spec.podSelector.matchLabels.a": {"podSelector": {"matchLabels": {"a": 1}}},
}


@pytest.mark.parametrize(("path", "spec"), BAD.items())
def test_a_policy_that_the_server_refuses_is_told_and_does_not_count(path: str, spec: Object) -> None:
    world = World.of([WEB, DB, policy("shop/p", **spec)])
    (flaw,) = world.flaws
    assert (flaw.subject, flaw.path) == ("NetworkPolicy shop/p", path)
    assert flaw.what.endswith(", so the server refuses the policy")
    assert world.policies == ()
    assert answer([WEB, DB, policy("shop/p", **spec)], "shop/web", "shop/db") == (True, True)


def test_two_policies_of_one_name_count_for_nothing_sure() -> None:
    same = policy("shop/deny-all", podSelector=by(app="web"))
    world = World.of([WEB, DB, CLOSED, same])
    assert [str(flaw) for flaw in world.flaws] == [
        "NetworkPolicy shop/deny-all: metadata.name is that of several objects, so none counts for sure"
    ]
    assert answer([WEB, DB, CLOSED, same], "shop/web", "shop/db") == (True, False)
    assert World.of([WEB, DB, CLOSED, CLOSED]).flaws == ()


def test_two_namespaces_of_one_name_have_no_labels_for_sure() -> None:
    objects = [namespace("shop", team="blue"), namespace("shop", team="red"), WEB, DB]
    assert [flaw.subject for flaw in World.of(objects).flaws] == ["Namespace shop"]
    peer = {"namespaceSelector": by(team="red")}
    rule = policy("shop/p", podSelector=by(app="db"), ingress=[{"from": [peer]}])
    assert answer([*objects, rule], "shop/web", "shop/db") == (True, False)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("shup/web", 'shup/web: there is no namespace shup; did you mean "shop"?'),
        ("shop/wep", 'shop/wep: there is no pod or workload wep in shop; did you mean "web"?'),
        ("shop/pod/wep", 'shop/pod/wep: there is no pod or workload pod/wep in shop; did you mean "Pod/web"?'),
        (
            "shop/zzzz",
            "shop/zzzz: there is no pod or workload zzzz in shop; name a pod by its labels, for example shop/app=zzzz",
        ),
        ("shop/app=-", "shop/app=-: app=- is no list of labels; for example shop/app=web,tier=front"),
        ("1.2.3", "1.2.3: there is no namespace 1.2.3"),
        ("", ": there is no namespace "),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest(text: str, message: str) -> None:
    with pytest.raises(NoSuchEndError) as error:
        end_named(World.of([WEB, DB]), text)
    assert str(error.value) == message


def test_a_name_of_several_is_refused_with_their_kinds() -> None:
    one, _ = wrap_pod(pod("shop/web", {"app": "one"}), "Deployment")
    two, _ = wrap_pod(pod("shop/web", {"app": "two"}), "StatefulSet")
    with pytest.raises(NoSuchEndError, match=r"say which: shop/Deployment/web, shop/StatefulSet/web"):
        end_named(World.of([one, two]), "shop/web")


def test_a_pod_may_be_named_by_labels_that_nothing_carries_yet() -> None:
    world = World.of([DB, CLOSED, OUT, IN, namespace("shop")])
    assert allows(world, "shop/app=web", "shop/db", 5432).allowed
    assert not allows(world, "shop", "shop/db", 5432).allowed
    assert not allows(world, "shop/*", "shop/db", 5432).allowed


def test_policies_alone_tell_which_pods_there_could_be() -> None:
    world = World.of([namespace("shop"), CLOSED, OUT, IN], imagine=True)
    assert [str(one) for one in world.pods] == ["shop/*", "shop/app=db", "shop/app=web"]
    found, places = matrix(world), {str(end): place for end, place in world.place_of.items()}
    assert found.ports(places["shop/app=web"], places["shop/app=db"])[1] == (("TCP", 5432, 5432),)
    assert found.ports(places["shop/*"], places["shop/app=db"])[1] == ()
