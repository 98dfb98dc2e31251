"""A typed profile that allows what was learnt, beside what it allowed before."""

from __future__ import annotations

from typing import Any

from k8s_hardening.model.apparmor_profile import AppArmorProfileSpec
from k8s_hardening.model.apparmor_ready_made import as_typed

_NARROWING = ("readable", "writable", "executables")


def extended(profile: AppArmorProfileSpec, learnt: dict[str, Any]) -> dict[str, Any]:
    """The fields of a profile with those of a learnt one; what it denies stays denied.

    A ready-made profile becomes a typed one, under the learnt name. A whole file of AppArmor's own language has no
    fields that could be extended.
    """
    assert profile.text_unchecked is None  # noqa: S101 - callers say so to the user
    typed = as_typed(profile)
    fields = typed.model_dump(mode="json", exclude_defaults=True)
    fields["name"] = learnt["name"] if profile.ready_made is not None else profile.name
    for name in _NARROWING:
        if (before := getattr(typed, name)) is not None:
            fields[name] = sorted({*before, *learnt[name]})
    for name, never in (("capabilities", typed.denied_capabilities), ("unchecked_rules", ())):
        if found := {*getattr(typed, name), *learnt.get(name, ())}.difference(never):
            fields[name] = sorted(found)
    if "protocols" in learnt:
        if not typed.network:
            fields["protocols"] = learnt["protocols"]
            fields.pop("network")
        elif typed.protocols is not None:
            fields["protocols"] = sorted({*fields["protocols"], *learnt["protocols"]})
    for name in ("raw_sockets", "packet_sockets"):
        if learnt.get(name):
            fields[name] = True
    return fields
