"""What one container of a namespace gets, and the most it may ask for: its LimitRange."""

from __future__ import annotations

import itertools
from typing import Annotated

from pydantic import AfterValidator, model_validator

from k8s_hardening.kube.names import is_label_key
from k8s_hardening.kube.quantities import parse_quantity
from k8s_hardening.model.base import Model
from k8s_hardening.model.checked import Quantity, over, wrong

# k8s.io/kubernetes v1.37.2 pkg/apis/core/helper: what a container can ask for; extended resources are qualified names.
_CONTAINER_RESOURCES = frozenset({"cpu", "memory", "ephemeral-storage"})
DEFAULT_REQUEST = {"cpu": "100m", "memory": "128Mi"}
DEFAULT_LIMIT = {"cpu": "500m", "memory": "256Mi"}
DEFAULT_MAX = {"cpu": "2", "memory": "4Gi"}


def _container_resource(name: str) -> str:
    if name in _CONTAINER_RESOURCES or name.startswith("hugepages-") or ("/" in name and is_label_key(name)):
        return name
    raise wrong("is not a resource of a container", '"memory"')


_Amounts = dict[Annotated[str, AfterValidator(_container_resource)], Quantity]


class LimitsSpec(Model):
    """The LimitRange of a namespace: what a container gets when it says nothing, and the most it may say.

    A resource that a mapping leaves out keeps its default, so that to raise one maximum does not remove another.
    """

    default_request: Annotated[_Amounts, over(DEFAULT_REQUEST)] = DEFAULT_REQUEST
    """Requests of a container that names none."""
    default: Annotated[_Amounts, over(DEFAULT_LIMIT)] = DEFAULT_LIMIT
    """Limits of a container that names none."""
    max: Annotated[_Amounts, over(DEFAULT_MAX)] = DEFAULT_MAX
    """The most that a container may be limited to."""

    @model_validator(mode="after")
    def _in_order(self) -> LimitsSpec:
        steps = (("default_request", self.default_request), ("default", self.default), ("max", self.max))
        for (low_name, low), (high_name, high) in itertools.combinations(steps, 2):
            for resource in sorted(low.keys() & high.keys()):
                if parse_quantity(low[resource]) > parse_quantity(high[resource]):
                    raise wrong(
                        f"has {high_name} {resource} {high[resource]} below {low_name} {resource} {low[resource]}",
                        f'{{{low_name}: {{{resource}: "{high[resource]}"}}, '
                        f'{high_name}: {{{resource}: "{low[resource]}"}}}}',
                    )
        return self
