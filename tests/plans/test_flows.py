"""Flows of every kind between everybody: exactly what is meant comes about, whatever is declared."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from k8s_hardening.kube.manifest import Manifest, kind_of, name_of, namespace_of
from k8s_hardening.kube.reach import World, allows
from k8s_hardening.model.reading import read_baseline
from k8s_hardening.plans.baseline import plan_baseline
from tests.model.sample import sample
from tests.oracle.network_policies import Cluster
from tests.plans.intents import End, Intent, Pod

PODS = (
    Pod("web", "a-one", {"app": "web"}, {"http": 8080}),
    Pod("api", "a-one", {"app": "api", "tier": "back"}, {"http": 8081}),
    Pod("job", "a-two", {"app": "job"}),
    Pod("db", "b-one", {"app": "db", "tier": "back"}, {"http": 8080}),
    Pod("plain", "b-two"),
    Pod("prometheus", "mon", {"app": "prometheus"}, {"http": 9090}),
    Pod("grafana", "mon", {"app": "grafana"}),
    Pod("dns", "kube-system", {"k8s-app": "kube-dns"}),
    Pod("stranger", "out", {"app": "web", "tier": "back"}, {"http": 8080}),
)
ADDRESSES = ("10.20.0.7", "10.20.1.7", "198.51.100.7", "169.254.169.254", "169.254.20.10", "2001:db8::7")
PORTS = (("TCP", 53), ("UDP", 53), ("TCP", 80), ("TCP", 8080), ("TCP", 8081), ("TCP", 9090), ("UDP", 7005), ("SCTP", 9))
OWN = {"a": ("a-one", "a-two"), "b": ("b-one", "b-two"), "mon": ("mon",)}
NAMED = {
    "prometheus": {"namespace": "mon", "pods": {"app": "prometheus"}, "ports": ["TCP/9090"]},
    "back": {"namespace": "out", "expressions": [{"key": "tier", "operator": "Exists"}], "ports": ["TCP/http"]},
    "nets": {"cidrs": ["10.20.0.0/24", "2001:db8::/64"], "ports": ["TCP/80", "UDP/7000-7010"]},
    "api_server": {"cidrs": ["10.20.0.7/32"], "ports": ["TCP/8080"]},
    "nodes": {"cidrs": ["10.20.1.0/24"]},
    "dns_upstreams": {"cidrs": ["198.51.100.0/24"]},
}

conditions: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {},
        {"pods": {"app": "web"}},
        {"pods": {"tier": "back"}, "or_pods": [{"pods": {"app": "job"}}]},
        {"expressions": [{"key": "app", "operator": "In", "values": ["web", "db"]}]},
        {"expressions": [{"key": "tier", "operator": "DoesNotExist"}], "or_pods": [{"pods": {"app": "api"}}]},
        {"pods": {"app": "prometheus"}, "expressions": [{"key": "app", "operator": "NotIn", "values": ["x"]}]},
    ]
)
pod_ends: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.builds(lambda name, more: {"namespace": name, **more}, st.sampled_from([*sum(OWN.values(), ()), "kube-system"]),
              conditions),
    st.builds(lambda name, more: {"tenant": name, **more}, st.sampled_from(["a", "b"]), conditions),
    st.builds(
        lambda labels, more: {"namespaces_labelled": labels, **more},
        st.sampled_from([
            {"example.com/zone": "x"}, {"k8s-hardening/tenant": "b"}, {"kubernetes.io/metadata.name": "out"},
            {"kubernetes.io/metadata.name": "mon"}, {"k8s-hardening/tenant": "a", "example.com/zone": "x"},
        ]),
        conditions,
    ),
    st.builds(lambda more: {"all_namespaces": True, **more}, conditions),
)  # fmt: skip
other_ends: st.SearchStrategy[dict[str, Any]] = st.one_of(
    pod_ends,
    st.sampled_from([{"end": name} for name in ("prometheus", "back", "nets")]),
    st.sampled_from(
        [
            {"cidr": "10.20.0.0/16", "except_for": ["10.20.1.0/24"]},
            {"cidr": "169.254.0.0/16"},
            {"cidr": "169.254.169.254/32", "node_credentials": True},
            {"cidr": "2001:db8::/32"},
        ]
    ),
)
ports: st.SearchStrategy[list[str] | None] = st.sampled_from(
    [["TCP/80"], ["UDP/7000-7010", "TCP/8080-8081"], ["TCP/http"], ["SCTP/9"], [], None]
)


@st.composite
def flows_of(draw: st.DrawFn, declarer: str) -> list[dict[str, Any]]:
    made = []
    for number in range(draw(st.integers(0, 3))):
        own: dict[str, Any] = {"namespace": draw(st.sampled_from(OWN[declarer])), **draw(conditions)}
        ends = [own, draw(other_ends)]
        if draw(st.booleans()):
            ends.reverse()
        flow: dict[str, Any] = {"name": f"f{number}", "source": ends[0], "destination": ends[1]}
        to = ends[1]
        wanted = draw(ports)
        is_outside = "cidr" in to or to.get("end") == "nets"
        if wanted == ["TCP/http"] and is_outside:
            wanted = ["TCP/80"]
        if wanted is None:
            flow["all_ports"] = True
        elif wanted:
            flow["ports"] = wanted
        elif "end" not in to:
            flow["ports"] = ["TCP/80"]
        made.append(flow)
    return made


@st.composite
def environments(draw: st.DrawFn) -> dict[str, Any]:
    """A valid environment: whoever is named has agreed, and some have agreed to what may lead anywhere."""
    flows = {name: draw(flows_of(name)) for name in OWN}
    accepts: dict[str, list[str]] = {name: [] for name in OWN}
    owners = {namespace: name for name, namespaces in OWN.items() for namespace in namespaces}
    for declarer, declared in flows.items():
        for flow in declared:
            for end in (flow["source"], flow["destination"]):
                named = end.get("tenant") or owners.get(end.get("namespace", ""))
                is_wide = "all_namespaces" in end or "namespaces_labelled" in end
                accepting = [named] if named else [one for one in OWN if is_wide and draw(st.booleans())]
                for one in accepting:
                    if one != declarer and f"{declarer}/{flow['name']}" not in accepts[one]:
                        accepts[one].append(f"{declarer}/{flow['name']}")
    tenants = [
        {"name": name, "admins": ["group:admins"], "namespaces": [{"name": one} for one in OWN[name]],
         "flows": flows[name],
         "accepts": accepts[name], "labels": labels}
        for name, labels in (("a", {"example.com/zone": "x"}), ("b", {"example.com/team": "b"}))
    ]  # fmt: skip
    systems = [{"name": "mon", "called_by_api_server": [], "flows": flows["mon"], "accepts": accepts["mon"]}]
    reason = {"reason": "It is meant so in this test.", "owner": "tests", "expires": "2027-06-30"}
    return sample(
        {
            "tenants": tenants,
            "dns": {"node_local_cidr": "169.254.20.10/32"},
            "network": {"ends": NAMED, "namespace_labels": ["example.com/zone"], "system_namespaces": systems},
            "exemptions": [{"control": "network-policy-open", "namespace": one, **reason} for one in owners],
        }
    )


def objects_of(data: dict[str, Any]) -> list[Manifest]:
    manifests = plan_baseline(read_baseline(data)).manifests
    open_ones = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
                 for name in ("out", "mon", "kube-system")]  # fmt: skip
    return [*open_ones, *manifests, *(pod.manifest() for pod in PODS)]


def pairs() -> list[tuple[End, End]]:
    ends: tuple[End, ...] = (*PODS, *ADDRESSES)
    return [(one, other) for one, other in itertools.permutations(ends, 2) if Pod in (type(one), type(other))]


# The API server's way out of a closed system namespace is a flow as well, which no one has to write.
SYSTEM = {"name": "api", "source": {"namespace": "mon"}, "destination": {"end": "api_server"}}


def intent_of(data: dict[str, Any]) -> Intent:
    systems = data["network"]["system_namespaces"]
    read = [{**one, "flows": [*one.get("flows", []), SYSTEM]} for one in systems]
    return Intent({**data, "network": {**data["network"], "system_namespaces": read}})


@pytest.mark.thorough
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=environments())
def test_exactly_what_is_meant_comes_about(data: dict[str, Any]) -> None:
    objects = objects_of(data)
    intent, cluster = intent_of(data), Cluster(objects)
    kept = {name_of(one): one for one in objects if kind_of(one) == "Pod"}
    wrong = []
    for source, destination in pairs():
        here, there = (kept[one.name] if isinstance(one, Pod) else one for one in (source, destination))
        for protocol, port in PORTS:
            passes = cluster.permits(here, there, protocol, port)
            if passes != intent.wants(source, destination, protocol, port):
                wrong.append((source, destination, protocol, port, passes))
    assert wrong == []


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=environments())
def test_no_closed_namespace_is_without_its_pair(data: dict[str, Any]) -> None:
    """Deny-all for both directions and DNS, never one without the other, and nobody adds to the deny-all."""
    made = [one for one in plan_baseline(read_baseline(data)).manifests if kind_of(one) == "NetworkPolicy"]
    for namespace in (one for names in OWN.values() for one in names):
        own = {name_of(one): one["spec"] for one in made if namespace_of(one) == namespace}
        assert own["deny-all"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
        (rule,) = own["allow-dns"]["egress"]
        assert (own["allow-dns"]["podSelector"], own["allow-dns"]["policyTypes"]) == ({}, ["Egress"])
        assert {(port["protocol"], port["port"]) for port in rule["ports"]} == {("UDP", 53), ("TCP", 53)}
        assert [sorted(peer) for peer in rule["to"]] == [["namespaceSelector", "podSelector"], ["ipBlock"]]
    # No pod can be made in default, so none there needs names resolved.
    assert {namespace_of(one) for one in made} == {"default", *(one for names in OWN.values() for one in names)}


@pytest.mark.parametrize("name", ["a-one", "mon"])
def test_the_test_would_notice_a_policy_that_is_missing(name: str) -> None:
    flow = {"name": "f", "source": {"end": "prometheus"}, "destination": {"namespace": "a-one"}, "ports": ["TCP/80"]}
    data = sample(
        {
            "tenants": [{"name": "a", "admins": ["group:admins"], "namespaces": [{"name": "a-one"}], "flows": [flow]}],
            "network": {"ends": NAMED, "system_namespaces": [{"name": "mon", "called_by_api_server": []}]},
        }
    )
    objects = objects_of(data)
    less = [one for one in objects if not (namespace_of(one) == name and name_of(one).startswith("allow-"))]
    ends = {name_of(one): one for one in objects if kind_of(one) == "Pod"}
    assert Cluster(objects).permits(ends["prometheus"], ends["web"], "TCP", 80)
    assert not Cluster(less).permits(ends["prometheus"], ends["web"], "TCP", 80)
    assert allows(World.of(objects), "mon/prometheus", "a-one/web", 80).allowed
