"""The rules that a policy of a network plug-in holds, whatever the plug-in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.kube.manifest import Manifest, api_group_of, as_list, as_map, kind_of

_DIRECTIONS = {"ingress": True, "egress": False}
_TIERED = ("policy.networking.k8s.io", "ClusterNetworkPolicy")  # elsewhere servers drop the field, or it names another


def rules_of_plugin_policy(manifest: Manifest) -> Iterator[tuple[str, Any, bool]]:
    """Path, content and whether it is for ingress, of each rule that decides before or beside NetworkPolicies.

    Those of network-policy-api's tier Baseline decide after NetworkPolicies and are left out.
    """
    specs = [("spec", manifest.get("spec"))]
    # Cilium alone has several specs in one policy.
    specs += [(f"specs[{index}]", spec) for index, spec in enumerate(as_list(manifest.get("specs")))]
    is_tiered = (api_group_of(manifest), kind_of(manifest)) == _TIERED
    for at, spec in specs:
        if is_tiered and as_map(spec).get("tier") == "Baseline":
            continue
        for direction, is_ingress in _DIRECTIONS.items():
            for index, rule in enumerate(as_list(as_map(spec).get(direction))):
                yield f"{at}.{direction}[{index}]", rule, is_ingress
