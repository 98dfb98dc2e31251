"""The configuration file of the policy pack: generated from the platform's baseline, and committed."""

from __future__ import annotations

import json
from typing import Any

from k8s_hardening.engine.pack_lint import POLICIES
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.enforcement import EnforcementSpec, PackConfiguration
from k8s_hardening.plans.knowing import full_knowledge_of


def pack_configuration(baseline: Baseline) -> dict[str, Any]:
    """The configuration of every policy for an environment, as the engine reads it."""
    enforcement = {name: getattr(baseline.enforcement, name) for name in EnforcementSpec.model_fields}
    one = PackConfiguration(knowledge=full_knowledge_of(baseline), **enforcement).model_dump(mode="json")
    return dict.fromkeys(POLICIES, one)


def pack_configuration_text(baseline: Baseline) -> str:
    """The same as the text of the committed file."""
    return json.dumps(pack_configuration(baseline), indent=2, sort_keys=True) + "\n"
