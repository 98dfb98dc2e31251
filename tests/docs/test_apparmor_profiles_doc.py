"""The page about AppArmor names every profile that is ready-made, and every field that makes one weaker."""

from __future__ import annotations

from k8s_hardening.model.apparmor_profile import AppArmorProfileSpec, ReadyMade
from tests.docs.pages import PROJECT, Page

PAGE = Page(PROJECT / "docs/apparmor.md")


def test_every_ready_made_profile_is_there() -> None:
    for name in ReadyMade:
        assert f"| `{name}` |" in PAGE.text


def test_every_field_that_weakens_a_profile_is_there() -> None:
    weaker = [
        name
        for name, field in AppArmorProfileSpec.model_fields.items()
        if field.description is not None and field.description.startswith("Weaker")
    ]
    assert len(weaker) == 4
    assert all(f"`{name}`" in PAGE.text for name in weaker)
