"""What a network plug-in makes of policies, where it is known to do less than they say, or not known to do it."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, given, settings

from k8s_hardening.kube.network_policies import PROTOCOLS
from k8s_hardening.kube.reach import Enforcement, Named, Pods, World, allows, matrix
from k8s_hardening.kube.reach.ports import met, of_protocol, without
from tests.kube.reach.test_verdict import CLOSED, DB, WEB, answer, why
from tests.kube.reach.worlds import Object, by, pod, policy, small_worlds

pytestmark = pytest.mark.thorough


@pytest.mark.parametrize(
    "enforcement",
    [
        Enforcement(ingress=False, egress=False),
        Enforcement(ingress=None, egress=None),
        Enforcement(egress=False),
        Enforcement(egress=None),
        Enforcement(port_ranges=None),
        Enforcement(sctp=False),
        Enforcement(sctp_rules=False),
        Enforcement(sctp=False, sctp_rules=False),
        Enforcement(spares_hosts=False),
    ],
    ids=repr,
)
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(objects=small_worlds())
def test_whatever_a_plug_in_does_the_bounds_hold_and_both_ways_to_ask_agree(
    enforcement: Enforcement, objects: list[Object]
) -> None:
    """What is sure is so whether the plug-in does it or not, and what may be holds both."""
    world, exact = World.of(objects, enforcement=enforcement), World.of(objects)
    found, plain = matrix(world), matrix(exact)
    assert world.ends == exact.ends
    for (here, source), (there, destination) in itertools.permutations(enumerate(world.ends), 2):
        if not isinstance(source, Pods) and not isinstance(destination, Pods):
            continue
        sure, may = found.ports(here, there)
        assert without(plain.ports(here, there)[1], may) == ()
        assert without(sure, may) == ()
        if not (enforcement.ingress is False or enforcement.egress is False):
            assert without(sure, plain.ports(here, there)[1]) == ()
        for protocol in PROTOCOLS:
            ends = Named("x", source), Named("y", destination)
            verdict = allows(world, *ends, protocol=protocol)
            every = of_protocol(protocol)
            assert (verdict.sure, verdict.ports) == (met(sure, every), met(may, every)), verdict.because


def test_a_plug_in_that_enforces_nothing_leaves_everything_open_for_sure() -> None:
    world = World.of([WEB, DB, CLOSED], enforcement=Enforcement(ingress=False, egress=False))
    verdict = allows(world, "shop/web", "shop/db", 80)
    assert (verdict.allowed, verdict.is_certain) == (True, True)
    assert why(world, "shop/web", "shop/db") == [
        "the network plug-in does not hold egress to policies, so everything is allowed there",
        "the network plug-in does not hold ingress to policies, so everything is allowed there",
    ]


def test_a_rule_about_sctp_opens_nothing_for_sure_where_the_plug_in_may_pass_over_it() -> None:
    rule = policy("shop/p", podSelector=by(app="db"), ingress=[{"ports": [{"protocol": "SCTP", "port": 9}]}])
    isolating = World.of([WEB, DB, rule], enforcement=Enforcement(sctp_rules=False))
    for port, expected in ((9, (True, False)), (10, (False, True))):
        verdict = allows(isolating, "shop/web", "shop/db", port, "SCTP")
        assert (verdict.allowed, verdict.is_certain) == expected
    assert "the network plug-in is not known to let SCTP through" in map(
        str, allows(isolating, "shop/web", "shop/db", 9, "SCTP").because
    )


def test_the_ports_of_a_range_after_its_first_may_be_open_where_nobody_knows() -> None:
    ranged = policy("shop/p", podSelector=by(app="db"), ingress=[{"ports": [{"port": 5430, "endPort": 5440}]}])
    vague = Enforcement(port_ranges=None)
    assert answer([WEB, DB, ranged], "shop/web", "shop/db", 5430, enforcement=vague) == (True, True)
    assert answer([WEB, DB, ranged], "shop/web", "shop/db", 5432, enforcement=vague) == (True, False)
    assert answer([WEB, DB, ranged], "shop/web", "shop/db", 5441, enforcement=vague) == (False, True)


def test_a_pod_on_the_host_may_be_governed_where_the_plug_in_is_not_known_to_spare_it() -> None:
    agent = pod("shop/agent", {"app": "agent"}, hostNetwork=True)
    assert answer([WEB, agent, CLOSED], "192.0.2.1", "shop/agent") == (True, True)
    vague = Enforcement(spares_hosts=False)
    assert answer([WEB, agent, CLOSED], "192.0.2.1", "shop/agent", enforcement=vague) == (True, False)
