"""What the resource names of an EncryptionConfiguration must be so that each takes effect: a part of its control."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Set
from typing import Any

from k8s_hardening.controls.control import Finding
from k8s_hardening.kube.embedded import EmbeddedFile
from k8s_hardening.kube.encryption_resources import Resource, name_problem
from k8s_hardening.kube.manifest import UNKNOWN, as_list, as_map, as_str
from k8s_hardening.kube.version import KubeVersion


def name_findings(file: EmbeddedFile, entries: list[Any], version: KubeVersion) -> Iterator[Finding]:
    """Names that the server refuses or does not heed, and names that another one hides."""
    earlier: set[Resource] = set()
    for index, entry in enumerate(entries):
        names = as_list(as_map(entry).get("resources"))
        valid = [as_str(name) for name in names if name is not UNKNOWN and not name_problem(as_str(name), version)]
        here = Counter(map(Resource.parse, valid))
        for position, name in enumerate(names):
            path = file.at(f"resources[{index}].resources[{position}]")
            if name is UNKNOWN:
                yield Finding(path, "not known until apply", "give it a plain value", unknown=True)
            elif (problem := name_problem(as_str(name), version)) is not None:
                what, _, fix = problem.partition("; ")
                yield Finding(path, f"a name that {what}", fix)
            elif (hidden := _hidden(Resource.parse(as_str(name)), earlier, here)) is not None:
                yield Finding(path, hidden, "name each resource once, and put wildcards into an entry after the others")
        earlier.update(here)


def _hidden(resource: Resource, earlier: Set[Resource], here: Counter[Resource]) -> str | None:
    """Why a name has no effect of its own; the order of names matters between entries, and not within one."""
    wildcards = resource.wildcards()
    if here[resource] > 1:
        return "named twice in this entry"
    if resource in earlier:
        return "named by an earlier entry, too"
    if not earlier.isdisjoint(wildcards):
        return "masked by a wildcard of an earlier entry"
    if any(one in here for one in wildcards if one != resource):
        return "included in a wildcard of the same entry"
    return None
