from __future__ import annotations

from collections import Counter

from k8s_hardening.kube.audit import Level
from k8s_hardening.kube.audit_catalogue import CATALOGUE, Area, areas_beyond_metadata


def test_there_are_enough_different_requests_in_every_area() -> None:
    assert len(CATALOGUE) >= 40
    assert len({probe.name for probe in CATALOGUE}) == len(CATALOGUE)
    assert len({(probe.method, probe.url, probe.caller) for probe in CATALOGUE}) == len(CATALOGUE)
    found = Counter(probe.area for probe in CATALOGUE)
    assert found.keys() == set(Area)
    assert min(found.values()) >= 4


def test_every_verb_on_secrets_is_looked_at() -> None:
    verbs = {probe.request.verb for probe in CATALOGUE if probe.area is Area.SECRETS}
    assert verbs == {"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"}


def test_each_area_asks_for_the_resources_of_its_name() -> None:
    def resources(area: Area) -> set[str]:
        return {f"{probe.request.group}:{probe.request.full_resource}" for probe in CATALOGUE if probe.area is area}

    assert resources(Area.SECRETS) == {":secrets"}
    assert resources(Area.CONFIG_MAPS) == {":configmaps"}
    assert resources(Area.TOKENS) == {":serviceaccounts/token", "authentication.k8s.io:tokenreviews"}
    assert resources(Area.RIGHTS) == {
        f"rbac.authorization.k8s.io:{kind}" for kind in ("roles", "rolebindings", "clusterroles", "clusterrolebindings")
    }
    assert resources(Area.EXEC) == {
        ":pods/exec",
        ":pods/attach",
        ":pods/portforward",
        ":pods/proxy",
        ":services/proxy",
    }


def test_nothing_is_asked_of_the_noise_of_the_system_but_that_it_stays_short() -> None:
    system = [probe for probe in CATALOGUE if probe.caller.is_system]
    assert {probe.area for probe in system} == {Area.SECRETS, Area.CONFIG_MAPS, Area.TOKENS}
    assert {(probe.least, probe.most) for probe in system} == {(Level.NONE, Level.METADATA)}


def test_what_would_change_something_stays_in_its_own_namespace() -> None:
    for probe in CATALOGUE:
        if probe.method in ("DELETE", "PUT", "PATCH"):
            assert "audit-probe" in probe.url or "/probe" in probe.url, probe.name


def test_which_areas_a_resource_is_needed_for_in_full() -> None:
    assert areas_beyond_metadata("", "pods") == (Area.EXEC,)
    assert areas_beyond_metadata("*", "roles") == (Area.RIGHTS,)
    assert areas_beyond_metadata("rbac.authorization.k8s.io", "clusterroles") == (Area.RIGHTS,)
    assert areas_beyond_metadata("apps", "pods") == ()
    assert areas_beyond_metadata("example.com", "roles") == ()
