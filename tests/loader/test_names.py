"""The loader and the rest of the package call the same things the same."""

from __future__ import annotations

import pytest

from k8s_hardening.kube import apparmor
from k8s_hardening.loader import names, usage

NAMES = [
    "k8s-hardening-web-0123456789",
    "k8s-hardening-a-b-0123456789",
    "k8s-hardening--0123456789",
    "k8s-hardening-web-012345678",
    "k8s-hardening-Web-0123456789",
    "k8s-hardening-web-0123456789x",
    "docker-default",
    f"k8s-hardening-{'a' * apparmor.LONGEST_PROFILE_NAME}-0123456789",
]


def test_labels() -> None:
    assert names.LABEL_PREFIX == apparmor.LABEL_PREFIX
    assert names.STATE_LABEL == apparmor.STATE_LABEL
    assert names.LOADED == apparmor.LOADED
    assert names.node_label("x") == apparmor.node_label("x")
    assert usage.ANNOTATION == apparmor.ANNOTATION


@pytest.mark.parametrize("name", NAMES)
def test_own_profiles(name: str) -> None:
    assert names.is_own(name) is (apparmor.OWN_PROFILE.fullmatch(name) is not None)


def test_a_name_that_is_too_long_for_a_label_is_not_its_own() -> None:
    assert not names.is_own(f"k8s-hardening-{'a' * (apparmor.LONGEST_PROFILE_NAME + 1)}-0123456789")
