"""Hardening-as-code for Kubernetes: components and their Args, nothing else.

The components load with their first use: the command line and the judge must not pay for, nor need, pulumi.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from k8s_hardening.resources.args import DnsArgs, EndArgs, FlowArgs, LimitsArgs, NamespaceArgs
    from k8s_hardening.resources.baseline import (
        AppArmorArgs,
        AppArmorProfileArgs,
        BaselineTenantArgs,
        CniArgs,
        EnforcementArgs,
        ExemptionArgs,
        HardenedBaseline,
        HardenedBaselineArgs,
        ImagesArgs,
        TargetArgs,
    )
    from k8s_hardening.resources.deny_all import DenyAll, DenyAllArgs
    from k8s_hardening.resources.tenant import Tenant, TenantArgs

__all__ = [
    "AppArmorArgs",
    "AppArmorProfileArgs",
    "BaselineTenantArgs",
    "CniArgs",
    "DenyAll",
    "DenyAllArgs",
    "DnsArgs",
    "EndArgs",
    "EnforcementArgs",
    "ExemptionArgs",
    "FlowArgs",
    "HardenedBaseline",
    "HardenedBaselineArgs",
    "ImagesArgs",
    "LimitsArgs",
    "NamespaceArgs",
    "TargetArgs",
    "Tenant",
    "TenantArgs",
]

if not TYPE_CHECKING:  # a typed __getattr__ would make every misspelt name valid
    _HOME = {
        "args": ("DnsArgs", "EndArgs", "FlowArgs", "LimitsArgs", "NamespaceArgs"),
        "baseline": (
            "AppArmorArgs",
            "AppArmorProfileArgs",
            "BaselineTenantArgs",
            "CniArgs",
            "EnforcementArgs",
            "ExemptionArgs",
            "HardenedBaseline",
            "HardenedBaselineArgs",
            "ImagesArgs",
            "TargetArgs",
        ),
        "deny_all": ("DenyAll", "DenyAllArgs"),
        "tenant": ("Tenant", "TenantArgs"),
    }

    def __getattr__(name: str) -> Any:
        for module, names in _HOME.items():
            if name in names:
                return getattr(importlib.import_module(f"k8s_hardening.resources.{module}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
