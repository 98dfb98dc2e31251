"""Kubernetes versions: how they are written, how they compare, and which are known."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from k8s_hardening.kube.version import NEWEST, OLDEST, KubeVersion

FIELD = TypeAdapter(KubeVersion)


@pytest.mark.parametrize(
    ("text", "minor"),
    [("1.36", 36), ("v1.36", 36), ("1.36.3", 36), ("v1.30.0-rc.1", 30), ("v1.29.4+k3s1", 29),
     ("v1.31.2-eks-a5565ad", 31), ("v1.30.5-gke.1014001", 30), ("1.0", 0)],
)  # fmt: skip
def test_written_forms(text: str, minor: int) -> None:
    assert KubeVersion.parse(text) == KubeVersion(1, minor)


@pytest.mark.parametrize(
    "text",
    ["", "1", "latest", "2.0", "1.036", "1.36.", "1.36 ", "1.36\n", "1.1000", "V1.36", "1.٣", None, [], True, {}],
)
def test_no_versions(text: Any) -> None:
    with pytest.raises(ValueError, match=r'is not a Kubernetes version; for example "1.36"'):
        KubeVersion.parse(text)


@pytest.mark.parametrize("number", [1.3, 1.36, 1, 136])
def test_a_number_is_refused_whatever_it_says(number: float) -> None:
    with pytest.raises(ValueError, match="is a YAML number, which loses a trailing zero"):
        KubeVersion.parse(number)


def test_order_is_by_number_and_not_by_letter() -> None:
    assert KubeVersion.parse("1.9") < KubeVersion.parse("1.10") < KubeVersion.parse("1.36")


def test_shown_without_its_patch_level() -> None:
    assert str(KubeVersion.parse("v1.30.7")) == "1.30"


@pytest.mark.parametrize("text", ["1.17", "1.38", "1.0"])
def test_a_field_takes_known_versions_only(text: str) -> None:
    with pytest.raises(ValidationError, match=r"is outside the supported versions 1.18 to 1.37"):
        FIELD.validate_python(text)


@pytest.mark.parametrize("version", [OLDEST, NEWEST, "1.18", "1.37"])
def test_a_field_takes_both_ends(version: Any) -> None:
    assert FIELD.validate_python(version) in (OLDEST, NEWEST)


def test_a_field_becomes_a_text_again() -> None:
    assert FIELD.dump_json(KubeVersion(1, 30)) == b'"1.30"'
    assert FIELD.validate_json(b'"1.30"') == KubeVersion(1, 30)
