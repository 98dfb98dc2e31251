"""Rules in the words of Talos, whose nodes take a firewall from their machine configuration only.

Source: github.com/siderolabs/talos/pkg/machinery v1.11.5 config/types/network/default_action_config.go and
rule_config.go.
"""

from __future__ import annotations

import re
from typing import Any

from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.yaml_text import as_yaml
from k8s_hardening.plans.host_firewall.rules import Rule

_PROTOCOLS = ("tcp", "udp")


def documents_text(rules: tuple[Rule, ...]) -> str:
    """The rules as documents to add to the machine configuration; one for each that `is_expressible`."""
    default = {"apiVersion": "v1alpha1", "kind": "NetworkDefaultActionConfig", "ingress": "block"}
    made = [_document(rule) for rule in rules if is_expressible(rule)]
    return "---\n".join(as_yaml(one) for one in (default, *made))


def is_expressible(rule: Rule) -> bool:
    """Whether Talos has words for a rule: of protocols with ports it knows these two, and it names no destination."""
    return rule.protocol in _PROTOCOLS and rule.destination is None


def _document(rule: Rule) -> Manifest:
    ports: list[Any] = [int(rule.ports) if rule.ports.isdecimal() else rule.ports]
    return {
        "apiVersion": "v1alpha1",
        "kind": "NetworkRuleConfig",
        "name": re.sub(r"[^a-z0-9]+", "-", f"{rule.title} {rule.protocol} {rule.ports}".lower()),
        "portSelector": {"ports": ports, "protocol": rule.protocol},
        "ingress": [{"subnet": str(network)} for network in rule.sources],
    }
