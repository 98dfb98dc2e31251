"""What a control asks of the API server: its requirement once more, as expressions of an admission policy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from k8s_hardening.kube.admission_policies import POD_TARGETS, Target
from k8s_hardening.model.knowledge import Knowledge


@dataclass(frozen=True, slots=True)
class AdmissionRule:
    """The server's form of a requirement. Every expression must hold for an object to be let in.

    Attributes:
        fix: what to do, the end of the message.
        targets: the kinds it is about.
        expressions: on `object`, `oldObject`, `request` and the variables of rule and target.
        container: on `c`, of each container of a pod in any of the three lists; covered containers are left out.
        image: on `i`, of each image of a pod, an empty text where none is named; covered containers are left out.
        variables: what expressions may call `variables.<name>`.
        namespaces: the only ones in which it holds; None means all but kube-system.
        conditions: further ones under which the server looks at an object at all, by name.
    """

    fix: str
    targets: tuple[Target, ...] = POD_TARGETS
    expressions: tuple[str, ...] = ()
    container: str | None = None
    image: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    namespaces: tuple[str, ...] | None = None
    conditions: Mapping[str, str] = field(default_factory=dict)


Admission = Callable[[Knowledge], tuple[AdmissionRule, ...]]
"""From what the judge knows to the server's rules; none where there is nothing to ask."""
