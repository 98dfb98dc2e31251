"""Which ports of a destination a question is about, and why none where a name leads to none."""

from __future__ import annotations

from dataclasses import dataclass

from k8s_hardening.kube.reach.ends import End, Pods
from k8s_hardening.kube.reach.ports import PortSet, of_protocol, port_set

_MOST_NAMES = 6  # that a reason shows


@dataclass(frozen=True, slots=True)
class Question:
    """The ports in question."""

    ports: PortSet
    doubt: str = ""
    """Why there are none, or why it is not certain which they are."""


def question_of(end: End, name: str, port: int | str | None, protocol: str, *, is_imagined: bool) -> Question:
    """The ports of an end that a question is about.

    Args:
        end: the destination.
        name: the same for people.
        port: number or name; None asks about every port of the protocol.
        protocol: TCP, UDP or SCTP.
        is_imagined: nothing carries these pods, so that nothing says how their ports are called.
    """
    if port is None:
        return Question(of_protocol(protocol))
    if isinstance(port, int):
        return Question(port_set(((protocol, port, port),)))
    if not isinstance(end, Pods):
        return Question((), "an address outside has no names for ports, which only pods have; ask about a number")
    found = port_set(
        (one.protocol, one.number, one.number) for one in end.ports if (one.protocol, one.name) == (protocol, port)
    )
    if found:
        return Question(found)
    if end.is_vague:
        return Question(of_protocol(protocol), f"which port of {name} has the name {port} is not known yet")
    if is_imagined:
        return Question((), f"no workload says which ports of {name} have a name; ask about a number")
    known = ", ".join(f"{one.name} ({one.protocol}/{one.number})" for one in end.ports[:_MOST_NAMES])
    known += f" and {len(end.ports) - _MOST_NAMES} more" if len(end.ports) > _MOST_NAMES else ""
    has = f"it has {known}" if known else "none of its ports has a name"
    return Question((), f"{name} has no port with the name {port} for {protocol}; {has}")
