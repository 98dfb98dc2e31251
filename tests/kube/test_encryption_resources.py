"""Names of resources as an entry means them, and the keys of etcd under which they lie."""

from __future__ import annotations

import pytest

from k8s_hardening.kube.encryption_resources import BUILT_IN, Resource, chosen, name_problem, resource_at
from k8s_hardening.kube.version import NEWEST, OLDEST, KubeVersion


@pytest.mark.parametrize(
    ("text", "group", "name"),
    [
        ("secrets", "", "secrets"),
        ("deployments.apps", "apps", "deployments"),
        ("widgets.shop.example.com", "shop.example.com", "widgets"),
        ("*.", "", "*"),
        ("*.apps", "apps", "*"),
        ("*.*", "*", "*"),
    ],
)
def test_a_name_is_read_as_the_server_reads_it_and_written_back(text: str, group: str, name: str) -> None:
    assert Resource.parse(text) == Resource(group, name)
    assert str(Resource.parse(text)) == text


@pytest.mark.parametrize(
    ("one", "other", "covers"),
    [
        ("secrets", "secrets", True),
        ("*.", "secrets", True),
        ("*.", "deployments.apps", False),
        ("*.apps", "deployments.apps", True),
        ("*.apps", "secrets", False),
        ("*.*", "secrets", True),
        ("*.*", "*.apps", True),
        ("*.apps", "*.*", False),
        ("secrets", "*.", False),
    ],
)
def test_a_wildcard_covers_its_group(one: str, other: str, covers: bool) -> None:
    assert Resource.parse(one).covers(Resource.parse(other)) is covers


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("secrets", ()),
        ("deployments.apps", ()),
        ("customresourcedefinitions.apiextensions.k8s.io", ()),
        ("widgets.example.com", range(18, 26)),
        ("*.", range(18, 27)),
        ("*.apps", range(18, 27)),
        ("*.*", range(18, 27)),
        ("*.example.com", range(18, 27)),
        ("*", range(18, 38)),
        ("", range(18, 38)),
        ("Secrets", range(18, 38)),
        ("secret", range(18, 38)),
        ("events.events.k8s.io", range(18, 38)),
        ("*.extensions", range(18, 38)),
        ("secrets.*", range(18, 38)),
        ("apiserveripinfo", range(18, 38)),
    ],
)
def test_a_name_is_refused_where_servers_refuse_it_or_do_not_heed_it(name: str, refused: range) -> None:
    minors = range(OLDEST.minor, NEWEST.minor + 1)
    assert [minor for minor in minors if name_problem(name, KubeVersion(1, minor))] == list(refused)


def test_every_built_in_resource_may_be_named_and_lies_where_it_is_looked_for() -> None:
    elsewhere = {
        Resource("", "services"): "services/specs",
        Resource("", "endpoints"): "services/endpoints",
        Resource("", "nodes"): "minions",
        Resource("", "replicationcontrollers"): "controllers",
        Resource("networking.k8s.io", "ingresses"): "ingress",
        Resource("policy", "podsecuritypolicies"): "podsecuritypolicy",
    }
    for group, names in BUILT_IN.items():
        for name in names:
            resource = Resource(group, name)
            assert name_problem(str(resource), OLDEST) is None
            assert resource_at(f"/registry/{elsewhere.get(resource, name)}/payments/a") == resource
    assert len({name for names in BUILT_IN.values() for name in names}) == sum(map(len, BUILT_IN.values()))


@pytest.mark.parametrize(
    ("key", "resource"),
    [
        ("/registry/secrets/payments/token", "secrets"),
        ("/other-prefix/secrets/payments/token", "secrets"),
        ("/registry/namespaces/payments", "namespaces"),
        ("/registry/example.com/widgets/payments/a", "widgets.example.com"),
        ("/registry/apiregistration.k8s.io/apiservices/v1.", "apiservices.apiregistration.k8s.io"),
        ("/registry/masterleases/10.0.0.1", None),
        ("/registry/ranges/serviceips", None),
        ("compact_rev_key", None),
        ("/registry/health", None),
        ("", None),
    ],
)
def test_an_object_is_known_by_its_key_in_etcd(key: str, resource: str | None) -> None:
    found = resource_at(key)
    assert (None if found is None else str(found)) == resource


def test_the_closest_name_decides() -> None:
    named = frozenset(map(Resource.parse, ("secrets", "*.", "*.*")))
    assert str(chosen(Resource("", "secrets"), named)) == "secrets"
    assert str(chosen(Resource("", "pods"), named)) == "*."
    assert str(chosen(Resource("apps", "deployments"), named)) == "*.*"
    assert chosen(Resource("apps", "deployments"), frozenset({Resource("", "*")})) is None
