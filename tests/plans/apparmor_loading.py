"""The loader of AppArmor profiles for tests, in any Kubernetes version."""

from __future__ import annotations

from typing import Any

from k8s_hardening.model.apparmor_loader import AppArmorLoaderInputs
from tests.builders import DIGEST

LOADER: dict[str, Any] = {
    "image": f"registry.example.com/platform/apparmor-loader@{DIGEST}",
    "api_server": ["10.0.0.10/32", "10.96.0.1/32"],
    "exemption": {"owner": "platform-team", "expires": "2027-06-30"},
}
"""The part `apparmor.loader` of a baseline."""


def loader_inputs(version: str = "1.36", **changes: Any) -> AppArmorLoaderInputs:
    """The inputs of a loader with one profile."""
    data = {**LOADER, "kubernetes": version, "profiles": [{"name": "web"}], **changes}
    return AppArmorLoaderInputs.model_validate(data)
