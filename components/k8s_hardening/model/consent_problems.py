"""What others must agree to before a flow may be: the tenant at its other end, and whoever answers for a weakness."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from k8s_hardening.kube.networks import METADATA_NETWORKS
from k8s_hardening.model.flow_problems import Known, is_wide
from k8s_hardening.model.parts import ENDS_OF_FLOWS, Party, ends_of, plain_list, plain_map, plain_text
from k8s_hardening.model.raw import Problem
from k8s_hardening.model.subtenants import is_part_of

_OPEN = "network-policy-open"  # the control that finds policies which admit everybody
_METADATA = frozenset(map(str, METADATA_NETWORKS))


def consent_problems(parties: Sequence[Party], known: Known) -> Iterator[Problem]:
    """Flows that end at somebody who does not accept them, and consent to flows that do not exist."""
    by_name = {party.name: party for party in parties if party.name}
    accepted = {(party.name, text) for party in parties for _, text in party.accepts()}
    for party in parties:
        own = {name for _, name in party.namespaces()}
        for loc, flow in party.flows():
            if not any(known.namespaces_of(end) & own for _, end in ends_of(flow)):
                continue  # a problem of its own
            name = plain_text(flow.get("name"))
            for key, end in ends_of(flow):
                for other in _owners_of(end, known, by_name):
                    text = f"{party.name}/{name}"
                    # The whole's admins are the part's own, so that its word is theirs; the part asks the whole.
                    if is_part_of(other, party, by_name):
                        continue
                    if other.name != party.name and party.name and name and (other.name, text) not in accepted:
                        yield (
                            (*loc, key),
                            end,
                            (
                                f"belongs to {other.title}, which does not accept this flow; "
                                f'for example {_place(other)}.accepts: ["{text}"]'
                            ),
                        )
    yield from _nothing_to_accept(parties, by_name, known)


def ends_at_tenants(known: Known) -> Iterator[Problem]:
    """Named ends in namespaces of tenants: whoever declares one speaks for its namespace, which only the tenant may."""
    for key, end in known.named.items():
        name = plain_text(end.get("namespace"))
        if (owner := known.owners.get(name)) is not None and owner.is_tenant:
            yield (
                ("network", "ends", key, "namespace"),
                name,
                (
                    f"is a namespace of {owner.title}, whose consent to a flow no named end can give; name the "
                    f'namespace in the flow itself; for example destination: {{namespace: "{name}"}}'
                ),
            )


def _place(party: Party) -> str:
    *steps, index = party.loc
    return f"{'.'.join(map(str, steps))}[{index}]"


def _owners_of(end: dict[str, Any], known: Known, by_name: Mapping[str, Party]) -> list[Party]:
    """Whom the namespaces belong to that an end names directly; a named end, which no tenant's is, consents itself."""
    if end.get("end") is not None:
        return []
    if (tenant := by_name.get(plain_text(end.get("tenant")))) is not None and tenant.is_tenant:
        return [tenant]
    owner = known.owners.get(plain_text(end.get("namespace")))
    return [] if owner is None else [owner]


def _nothing_to_accept(parties: Sequence[Party], by_name: Mapping[str, Party], known: Known) -> Iterator[Problem]:
    ending: dict[str, set[str]] = {}
    wide: set[str] = set()
    for party in parties:
        for _, flow in party.flows():
            text = f"{party.name}/{plain_text(flow.get('name'))}"
            for _, end in ends_of(flow):
                for owner in _owners_of(end, known, by_name):
                    if owner.name != party.name:
                        ending.setdefault(owner.name, set()).add(text)
                if is_wide(end):
                    wide.add(text)
    for party in parties:
        possible = ending.get(party.name, set()) | {one for one in wide if not one.startswith(f"{party.name}/")}
        for loc, text in party.accepts():
            if "/" in text and text not in possible:
                near = next(iter(difflib.get_close_matches(text, sorted(possible), n=1, cutoff=0)), "")
                example = f'"{near}"' if near else "accepts: []"
                yield loc, text, f"is no flow of somebody else that ends here; for example {example}"


def weakness_problems(data: dict[str, Any], parties: Sequence[Party], known: Known) -> Iterator[Problem]:
    """Flows that admit everybody, or reach the credentials of nodes, and for which nobody answers by an exemption."""
    exemptions = [one for one in map(plain_map, plain_list(data.get("exemptions"))) if one.get("control") == _OPEN]
    for party in parties:
        for loc, flow in party.flows():
            for key, end in ends_of(flow):
                other = ENDS_OF_FLOWS[key == "source"]
                here = plain_map(flow.get(other))
                if (what := _weakness(key, end, known)) is None:
                    continue
                half = "out" if key == "destination" else "in"
                for namespace in sorted(known.namespaces_of(here) & known.owners.keys()):
                    names = _policies(party, known.owners[namespace], flow, known.meant(here), half)
                    if not all(_is_exempt(exemptions, namespace, name) for name in names):
                        yield (*loc, key), end, f"{what}; {_example(namespace, names[0])}"


def _weakness(key: str, end: dict[str, Any], known: Known) -> str | None:
    meant = known.meant(end)
    has_conditions = any(meant.get(field) for field in ("pods", "expressions"))
    if meant.get("all_namespaces") is True and not has_conditions:
        return "is everybody in the cluster, for which somebody must answer"
    cidrs = {text for text in (meant.get("cidr"), *plain_list(meant.get("cidrs"))) if isinstance(text, str)}
    if key == "destination" and meant.get("node_credentials") is True and cidrs & _METADATA:
        return "is where clouds serve the credentials of a node, for which somebody must answer"
    return None


def _policies(party: Party, owner: Party, flow: dict[str, Any], here: dict[str, Any], half: str) -> list[str]:
    """Names of the policies that the half of a flow consists of, as plans/flows.py calls them."""
    name = plain_text(flow.get("name"))
    first = f"allow-{name if owner is party else f'{party.name}.{name}'}-{half}"
    return [first, *(f"{first}-{2 + index}" for index in range(len(plain_list(here.get("or_pods")))))]


def _is_exempt(exemptions: Sequence[dict[str, Any]], namespace: str, name: str) -> bool:
    return any(
        one.get("namespace") in (None, namespace)
        and one.get("kind") in (None, "NetworkPolicy")
        and one.get("name") in (None, name)
        for one in exemptions
    )


def _example(namespace: str, name: str) -> str:
    return (
        f'for example exemptions: [{{control: "{_OPEN}", namespace: "{namespace}", name: "{name}", '
        'reason: "Why it must be so, in a sentence.", owner: "platform-team", expires: "2027-06-30"}]'
    )
