"""What one container, pod or claim of a namespace gets and may ask for: its LimitRange."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from k8s_hardening.kube.quantities import parse_quantity
from k8s_hardening.kube.quotas import is_container_resource, is_overcommitted
from k8s_hardening.model.base import Model
from k8s_hardening.model.checked import Quantity, over, wrong
from k8s_hardening.model.sizes import PRESETS, Size

DEFAULT_REQUEST = {"cpu": "100m", "memory": "128Mi"}
DEFAULT_LIMIT = {"cpu": "500m", "memory": "256Mi"}
DEFAULT_MAX = dict(PRESETS[Size.MEDIUM].container)


def _container_resource(name: str) -> str:
    if not is_container_resource(name):
        raise wrong("is not a resource of a container", '"memory"')
    return name


def _ratio(amount: str) -> str:
    if parse_quantity(amount) < 1:
        raise wrong("is below 1, and a limit is never below its request", '"4"')
    return amount


_Resource = Annotated[str, AfterValidator(_container_resource)]
_Amounts = dict[_Resource, Quantity]
_Ratios = dict[_Resource, Annotated[Quantity, AfterValidator(_ratio)]]


def _in_order(steps: tuple[tuple[str, Mapping[str, str]], ...]) -> None:
    for (low_name, low), (high_name, high) in itertools.combinations(steps, 2):
        for resource in sorted(low.keys() & high.keys()):
            if parse_quantity(low[resource]) > parse_quantity(high[resource]):
                raise wrong(
                    f"has {high_name} {resource} {high[resource]} below {low_name} {resource} {low[resource]}",
                    f'{{{low_name}: {{{resource}: "{high[resource]}"}}, '
                    f'{high_name}: {{{resource}: "{low[resource]}"}}}}',
                )


class PodLimitsSpec(Model):
    """What all containers of one pod may have together."""

    min: _Amounts = Field(default={}, examples=[{"cpu": "50m"}])
    """The least that a pod must ask for."""
    max: _Amounts = Field(default={}, examples=[{"cpu": "4", "memory": "8Gi"}])
    """The most that a pod may be limited to."""
    max_ratio: _Ratios = Field(default={}, examples=[{"cpu": "5"}])
    """How many times its request the limit of a pod may be."""

    @model_validator(mode="after")
    def _in_order(self) -> PodLimitsSpec:
        _in_order((("min", self.min), ("max", self.max)))
        return self


class ClaimLimitsSpec(Model):
    """How large one claim of storage may be."""

    min: Quantity | None = Field(default=None, examples=["1Gi"])
    """The least that a claim must ask for."""
    max: Quantity | None = Field(default=None, examples=["100Gi"])
    """The most that a claim may ask for."""

    @model_validator(mode="after")
    def _says_something_true(self) -> ClaimLimitsSpec:
        if self.min is None and self.max is None:
            raise wrong("limits nothing", '{max: "100Gi"}')
        if self.min is not None and self.max is not None and parse_quantity(self.min) > parse_quantity(self.max):
            raise wrong(f"has max {self.max} below min {self.min}", f'{{min: "{self.max}", max: "{self.min}"}}')
        return self


class LimitsSpec(Model):
    """The LimitRange of a namespace: what a container gets when it says nothing, and the most it may say.

    A resource that a mapping leaves out keeps its default, so that to raise one maximum does not remove another.
    """

    default_request: Annotated[_Amounts, over(DEFAULT_REQUEST)] = DEFAULT_REQUEST
    """Requests of a container that names none."""
    default: Annotated[_Amounts, over(DEFAULT_LIMIT)] = DEFAULT_LIMIT
    """Limits of a container that names none."""
    max: Annotated[_Amounts, over(DEFAULT_MAX)] = DEFAULT_MAX
    """The most that a container may be limited to; what is left out is that of the size."""
    min: _Amounts = Field(default={}, examples=[{"cpu": "10m"}])
    """The least that a container must ask for."""
    max_ratio: _Ratios = Field(default={}, examples=[{"cpu": "5"}])
    """How many times its request the limit of a container may be."""
    pod: PodLimitsSpec = PodLimitsSpec()
    """What all containers of one pod may have together."""
    claims: ClaimLimitsSpec | None = Field(default=None, examples=[{"max": "100Gi"}])
    """How large one claim of storage may be."""

    @model_validator(mode="after")
    def _lets_a_container_of_defaults_run(self) -> LimitsSpec:
        steps = (
            ("min", self.min), ("default_request", self.default_request), ("default", self.default), ("max", self.max),
        )  # fmt: skip
        _in_order(steps)
        for problem in (*self._devices(), *self._ratios("", self.max_ratio, self.min, self.max), *self._pod()):
            raise wrong(*problem)
        return self

    def limit_of_default(self) -> dict[str, str]:
        """The limits of a container that names none: where no default is written, the server takes the maximum."""
        return {**self.max, **self.default}

    def request_of_default(self) -> dict[str, str]:
        """The requests of a container that names none: without a default its limit, and without that the minimum."""
        return {**self.min, **self.limit_of_default(), **self.default_request}

    def _devices(self) -> Iterator[tuple[str, str]]:
        requests, limits = self.request_of_default(), self.limit_of_default()
        for name in sorted(self.max.keys() | self.min.keys() | self.default.keys()):
            if is_overcommitted(name):
                continue
            if name not in self.default:
                amount = limits.get(name, requests[name])
                yield (
                    f"limits {name} and has no default, so that every container that names none would get {amount}",
                    f'{{default: {{{name}: "0"}}, max: {{{name}: "{amount}"}}}}',
                )
            elif parse_quantity(requests[name]) != parse_quantity(limits[name]):
                yield (
                    f"has default_request {name} {requests[name]} and default {limits[name]}, which must be the same",
                    f'{{default_request: {{{name}: "{limits[name]}"}}, default: {{{name}: "{limits[name]}"}}}}',
                )

    def _ratios(
        self, where: str, ratios: Mapping[str, str], least: Mapping[str, str], most: Mapping[str, str]
    ) -> Iterator[tuple[str, str]]:
        requests, limits = self.request_of_default(), self.limit_of_default()
        inner, outer = ("{pod: {", "}}") if where else ("{", "}")
        for name, ratio in sorted(ratios.items()):
            request, limit = (parse_quantity(one.get(name, "0")) for one in (requests, limits))
            if not request or not limit:
                yield (
                    f"has {where}max_ratio {name} and no default, so that no container that names none could run",
                    f'{{default_request: {{{name}: "1Gi"}}, default: {{{name}: "1Gi"}}}}',
                )
            elif limit > request * parse_quantity(ratio):
                given = f"a container that names none gets a limit of {limits[name]} for a request of {requests[name]}"
                yield (
                    f"has {where}max_ratio {name} {ratio}, and {given}",
                    f'{inner}max_ratio: {{{name}: "{math.ceil(limit / request)}"}}{outer}',
                )
            elif name in least and name in most and parse_quantity(least[name]):
                reach = parse_quantity(most[name]) / parse_quantity(least[name])
                if parse_quantity(ratio) > reach:
                    yield (
                        f"has {where}max_ratio {name} {ratio} above what max and min let be",
                        f'{inner}max_ratio: {{{name}: "{math.floor(reach)}"}}{outer}',
                    )

    def _pod(self) -> Iterator[tuple[str, str]]:
        requests, limits = self.request_of_default(), self.limit_of_default()
        for name, most in sorted(self.pod.max.items()):
            if name not in limits:
                yield (
                    f"has pod.max {name} and no default, so that no pod that names none could run",
                    f'{{default: {{{name}: "{most}"}}}}',
                )
            elif parse_quantity(limits[name]) > parse_quantity(most):
                yield (
                    f"has pod.max {name} {most} below the {limits[name]} of a container that names none",
                    f'{{pod: {{max: {{{name}: "{limits[name]}"}}}}}}',
                )
        for name, least in sorted(self.pod.min.items()):
            request = requests.get(name, "0")
            if parse_quantity(request) < parse_quantity(least):
                yield (
                    f"has pod.min {name} {least} above the {request} of a container that names none",
                    f'{{pod: {{min: {{{name}: "{request}"}}}}}}',
                )
        yield from self._ratios("pod.", self.pod.max_ratio, self.pod.min, self.pod.max)
