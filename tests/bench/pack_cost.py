"""What the pack costs a preview: its own processor time over the calls that the engine makes."""

from __future__ import annotations

import copy
import statistics
from collections.abc import Iterator, Sequence
from typing import Any

from k8s_hardening.controls.registry import CONTROLS
from k8s_hardening.model.enforcement import EXEMPT
from tests.bench.figures import Figure
from tests.bench.measuring import cpu_of, median
from tests.bench.samples import Registered, dev_configuration, mix, with_tenants
from tests.enforcement.pack_process import Pack, running_pack

COUNT = 1000
_WARM_UP = 100
ROUNDS = 15  # neighbours of a shared machine slow single rounds by half
_TENANTS, _NAMESPACES = 200, 3


def figures() -> Iterator[Figure]:
    """Milliseconds per resource: everything on, with many tenants, and with every control off; then the stack's."""
    resources = mix(COUNT)
    dev = dev_configuration()
    with running_pack() as pack:
        many = with_tenants(dev, _TENANTS, _NAMESPACES)
        all_on, with_many, all_off = _per_resource(pack, (dev, many, _all_disabled(dev)), resources)
        yield Figure("pack, one resource (mix of 1,000, dev configuration)", "CPU", all_on, "ms", 1)
        yield Figure(f"the same with {_TENANTS} tenants of {_NAMESPACES} namespaces", "CPU", with_many, "ms", 1)
        yield Figure("the same with every control disabled: the SDK's part and the plain copy", "CPU", all_off, "ms")
        yield Figure("pack, policies over a stack of 1,000", "CPU", _stack(pack, dev, resources), "s")
        yield Figure(
            f"the same with {_TENANTS} tenants of {_NAMESPACES} namespaces",
            "CPU",
            _stack(pack, many, resources),
            "s",
        )


def _per_resource(
    pack: Pack, configurations: Sequence[dict[str, dict[str, Any]]], resources: list[Registered]
) -> list[float]:
    """The median under each configuration; they take turns, so that what slows the machine slows all alike."""
    requests = [pack.request(token, properties) for token, properties in resources]

    def call(some: list[Any]) -> None:
        for request in some:
            found = [one for one in pack.stub.Analyze(request).diagnostics if not _is_exempt(one.message)]
            if found:
                raise RuntimeError(f"a clean resource has a finding: {found[0].message}")

    def measure(configuration: dict[str, dict[str, Any]]) -> float:
        pack.configure(configuration)
        call(requests[:_WARM_UP])
        before = cpu_of(pack.pid)
        call(requests)
        return (cpu_of(pack.pid) - before) / len(requests) * 1000

    rounds = [[measure(one) for one in configurations] for _ in range(ROUNDS)]
    return [statistics.median(one) for one in zip(*rounds, strict=True)]


def _is_exempt(message: str) -> bool:
    """Whether a message only says what an exemption covers, as about the AppArmor loader."""
    _, _, said = message.partition("] ")
    return EXEMPT.match(said) is not None


def _stack(pack: Pack, configuration: dict[str, dict[str, Any]], resources: list[Registered]) -> float:
    pack.configure(configuration)

    def measure() -> float:
        before = cpu_of(pack.pid)
        pack.analyze_stack(resources)
        return cpu_of(pack.pid) - before

    measure()
    return median(measure)


def _all_disabled(configuration: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    changed = copy.deepcopy(configuration)
    for one in changed.values():
        one["levels"] = {control.id: "disabled" for control in CONTROLS}
    return changed
