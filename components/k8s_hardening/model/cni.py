"""The network plug-in of a cluster, as a baseline declares it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from k8s_hardening.kube.cni_facts import Cni, is_at_least, version_text
from k8s_hardening.kube.cnis import CNIS
from k8s_hardening.kube.meshes import MESHES
from k8s_hardening.model.base import Model
from k8s_hardening.model.checked import matching, wrong


def _cni_name(text: str) -> str:
    if text not in CNIS:
        raise wrong(f"is not a known CNI ({', '.join(sorted(CNIS))})", '"calico"')
    cni = CNIS[text]
    if cni.enforces:
        return text
    if cni.network_policy.holds is None:
        raise wrong(
            f"is not known to enforce NetworkPolicies ({cni.evidence}), so every deny-all might do nothing; "
            f"{cni.remedy}",
            '"calico"',
        )
    raise wrong(
        "does not enforce NetworkPolicies, so every deny-all would do nothing (control network-policy-enforced); "
        f"use {cni.remedy}",
        '"canal"' if text == "flannel" else '"calico"',
    )


def _mesh(text: str) -> str:
    if text not in MESHES:
        raise wrong(f"is not a known service mesh ({', '.join(sorted(MESHES))})", '"istio"')
    return text


CniVersion = Annotated[str, matching(r"v?[0-9]+\.[0-9]+(\.[0-9]+)?", "is not a version", '"3.32"')]


class CniSpec(Model):
    """The network plug-in of the cluster."""

    name: Annotated[str, AfterValidator(_cni_name)] = Field(examples=["calico"])
    """Name of the CNI; one that does not enforce NetworkPolicies is refused."""
    version: CniVersion | None = Field(default=None, examples=["3.32"])
    """Version of the CNI; needed where older ones do not enforce."""
    switches: tuple[str, ...] = Field(default=(), examples=[["enable-network-policy"]])
    """What is off by default and switched on in this cluster; needed where nothing is enforced without it."""
    mesh_plugins: tuple[Annotated[str, AfterValidator(_mesh)], ...] = Field(default=(), examples=[["istio"]])
    """Service meshes whose CNI plug-in is installed; pods of others may not ask for injection."""

    @model_validator(mode="after")
    def _enforces(self) -> CniSpec:
        for problem in _problems(self, self.facts):
            raise wrong(problem, _example(self.name, self.facts))
        return self

    @property
    def facts(self) -> Cni:
        """What is known of it."""
        return CNIS[self.name]


def _problems(spec: CniSpec, facts: Cni) -> Iterator[str]:
    first = facts.first_version
    if first is not None and spec.version is None:
        yield f"has no version, and {spec.name} enforces NetworkPolicies only from {version_text(first)}"
    elif first is not None and not is_at_least(str(spec.version), first):
        yield f"does not enforce NetworkPolicies before {version_text(first)}"
    for name in spec.switches:
        if facts.switch(name) is None:
            known = ", ".join(f'"{one}"' for one, _ in facts.switches)
            yield f'has no switch "{name}"; ' + (f"its switches are {known}" if known else "it has none")
    missing = [name for name in facts.required_switches if name not in spec.switches]
    if missing:
        how = "; ".join(f"{name}: {switch.how}" for name, switch in facts.switches if name in missing)
        yield f"enforces NetworkPolicies only where that is switched on ({how}), so say that it is"


def _example(name: str, facts: Cni) -> str:
    """The least that has to be written of a plug-in."""
    parts = [f'name: "{name}"']
    if facts.first_version is not None:
        parts.append(f'version: "{version_text(facts.first_version)}"')
    if facts.required_switches:
        parts.append(f"switches: {json.dumps(facts.required_switches)}")
    return "{" + ", ".join(parts) + "}"
