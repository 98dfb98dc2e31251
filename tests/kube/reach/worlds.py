"""Small worlds of pods and policies: built by hand in few words, or drawn at random."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Object = dict[str, Any]


def namespace(name: str, **labels: str) -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def pod(place: str, labels: dict[str, Any] | None = None, address: str | None = None, **spec: Any) -> Object:
    """A pod by `namespace/name`; its ports are given as {name: TCP/80}."""
    where, _, name = place.partition("/")
    ports = [
        {"name": port, "protocol": text.split("/")[0], "containerPort": int(text.split("/")[1])}
        for port, text in spec.pop("ports", {}).items()
    ]
    made = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": where, "labels": labels or {}},
        "spec": {"containers": [{"name": "app", "image": "app", "ports": ports}], **spec},
    }
    return {**made, "status": {"podIP": address}} if address else made


def policy(place: str, /, **spec: Any) -> Object:
    """A policy by `namespace/name`; without podSelector it selects every pod."""
    where, _, name = place.partition("/")
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": where},
        "spec": spec,
    }


def by(**labels: str) -> Object:
    """A selector of labels."""
    return {"matchLabels": labels}


ADDRESSES = ("10.0.0.5", "10.1.2.3", "10.1.2.77", "192.168.0.9", "2001:db8::1")
NUMBERS = (80, 443, 8080, 9005)
_KEYS, _VALUES = ("app", "tier"), ("a", "b")
_NAMESPACES = ("one", "two", "three")
_BLOCKS = (
    ("10.0.0.0/8", ()),
    ("10.0.0.0/8", ("10.1.0.0/16",)),
    ("10.1.0.0/16", ("10.1.2.0/26",)),
    ("0.0.0.0/0", ("10.1.2.0/24",)),
    ("10.1.2.3/32", ()),
    ("::/0", ()),
    ("2001:db8::/32", ("2001:db8::/64",)),
)


def labels() -> st.SearchStrategy[dict[str, str]]:
    return st.dictionaries(st.sampled_from(_KEYS), st.sampled_from(_VALUES))


@st.composite
def expressions(draw: st.DrawFn) -> Object:
    operator = draw(st.sampled_from(("In", "NotIn", "Exists", "DoesNotExist")))
    made: Object = {"key": draw(st.sampled_from(_KEYS)), "operator": operator}
    if operator in ("In", "NotIn"):
        made["values"] = draw(st.lists(st.sampled_from(_VALUES), min_size=1, max_size=2))
    return made


def selectors() -> st.SearchStrategy[Object]:
    return st.one_of(
        st.just({}),
        st.fixed_dictionaries({"matchLabels": labels()}),
        st.fixed_dictionaries({"matchExpressions": st.lists(expressions(), max_size=2)}),
        st.fixed_dictionaries({"matchLabels": labels(), "matchExpressions": st.lists(expressions(), max_size=1)}),
    )


def namespace_selectors() -> st.SearchStrategy[Object]:
    named = st.sampled_from(_NAMESPACES).map(lambda name: {"matchLabels": {"kubernetes.io/metadata.name": name}})
    return st.one_of(selectors(), named)


def peers() -> st.SearchStrategy[Object]:
    blocks = st.sampled_from(_BLOCKS).map(
        lambda one: {"ipBlock": {"cidr": one[0], **({"except": list(one[1])} if one[1] else {})}}
    )
    return st.one_of(
        st.fixed_dictionaries({"podSelector": selectors()}),
        st.fixed_dictionaries({"namespaceSelector": namespace_selectors()}),
        st.fixed_dictionaries({"podSelector": selectors(), "namespaceSelector": namespace_selectors()}),
        blocks,
    )


def ports() -> st.SearchStrategy[Object]:
    protocol = st.fixed_dictionaries({}, optional={"protocol": st.sampled_from(("TCP", "UDP", "SCTP"))})
    which: st.SearchStrategy[Object] = st.one_of(
        st.just({}),
        st.sampled_from(NUMBERS).map(lambda number: {"port": number}),
        st.sampled_from(("web", "admin")).map(lambda name: {"port": name}),
        st.sampled_from(((80, 443), (443, 9000), (9000, 9010), (80, 80))).map(
            lambda pair: {"port": pair[0], "endPort": pair[1]}
        ),
    )
    return st.builds(lambda one, other: {**one, **other}, protocol, which)


def rules(peers_field: str) -> st.SearchStrategy[list[Object]]:
    rule = st.fixed_dictionaries(
        {}, optional={peers_field: st.lists(peers(), max_size=2), "ports": st.lists(ports(), max_size=2)}
    )
    return st.lists(rule, max_size=2)


def specs() -> st.SearchStrategy[Object]:
    return st.fixed_dictionaries(
        {},
        optional={
            "podSelector": selectors(),
            "policyTypes": st.lists(st.sampled_from(("Ingress", "Egress")), unique=True),
            "ingress": rules("from"),
            "egress": rules("to"),
        },
    )


@st.composite
def small_worlds(draw: st.DrawFn) -> list[Object]:
    """A few namespaces, pods and policies; every name once."""
    objects = [namespace(name, **draw(labels())) for name in _NAMESPACES]
    for number in range(draw(st.integers(1, 5))):
        named = draw(
            st.dictionaries(st.sampled_from(("web", "admin")), st.sampled_from(("TCP/80", "TCP/8080", "UDP/443")))
        )
        address = draw(st.sampled_from((None, None, *ADDRESSES[:3])))
        where = draw(st.sampled_from(_NAMESPACES))
        objects.append(pod(f"{where}/pod-{number}", draw(labels()), address, ports=named))
    policies = range(draw(st.integers(0, 5)))
    return [
        *objects,
        *(policy(f"{draw(st.sampled_from(_NAMESPACES))}/policy-{number}", **draw(specs())) for number in policies),
    ]
