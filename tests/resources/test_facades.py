"""The plain dictionaries of the components say what the strict models say: fields, what may be left out, words."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from typing import Any

import pytest
from pulumi.provider.experimental.analyzer import Analyzer
from pydantic import BaseModel

from k8s_hardening import (
    AdmissionPoliciesArgs,
    AppArmorLoaderArgs,
    ClusterDenyArgs,
    ControlPlaneArgs,
    DenyAllArgs,
    HardenedBaselineArgs,
    PodSecurityArgs,
    TenantArgs,
    TenantSecretArgs,
)
from k8s_hardening.model.admission_policies import AdmissionPoliciesInputs
from k8s_hardening.model.apparmor_loader import AppArmorLoaderInputs
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.cluster_deny import ClusterDenyInputs
from k8s_hardening.model.control_plane.spec import ControlPlaneInputs
from k8s_hardening.model.network import DenyAllInputs
from k8s_hardening.model.pod_security import PodSecurityInputs
from k8s_hardening.model.tenant import TenantInputs
from k8s_hardening.model.tenant_secrets import TenantSecretInputs
from tests.resources.facade_text import TARGET, facade_names, facade_text

_FIX = "change the facade in components/k8s_hardening/resources with the model"


def _pairs(facade: type, model: type[BaseModel]) -> Iterator[tuple[type, type[BaseModel]]]:
    """A facade with its model, and those of their fields, all the way down."""
    yield facade, model
    for key, annotation in typing.get_type_hints(facade).items():
        inner = next(_inside(annotation, typing.is_typeddict), None)
        inner_model = (
            next(_inside(model.model_fields[key].annotation, _is_model), None) if key in _fields(model) else None
        )
        assert (inner is None) == (inner_model is None), f"{facade.__name__}.{key}: {_FIX}"
        if inner is not None and inner_model is not None:
            yield from _pairs(inner, inner_model)


def _fields(model: type[BaseModel]) -> set[str]:
    return set(model.model_fields)


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _inside(annotation: Any, wanted: Any) -> Iterator[Any]:
    if wanted(annotation):
        yield annotation
    for part in typing.get_args(annotation):
        yield from _inside(part, wanted)


ROOTS: tuple[tuple[type, type[BaseModel]], ...] = (
    (AdmissionPoliciesArgs, AdmissionPoliciesInputs),
    (AppArmorLoaderArgs, AppArmorLoaderInputs),
    (ClusterDenyArgs, ClusterDenyInputs),
    (ControlPlaneArgs, ControlPlaneInputs),
    (DenyAllArgs, DenyAllInputs),
    (PodSecurityArgs, PodSecurityInputs),
    (TenantArgs, TenantInputs),
    (TenantSecretArgs, TenantSecretInputs),
    (HardenedBaselineArgs, Baseline),
)
PAIRS = {facade.__name__: (facade, model) for root in ROOTS for facade, model in _pairs(*root)}


@pytest.mark.parametrize(("facade", "model"), PAIRS.values(), ids=PAIRS)
def test_facade_and_model_have_the_same_fields(facade: Any, model: type[BaseModel]) -> None:
    assert set(facade.__annotations__) == _fields(model), _FIX


@pytest.mark.parametrize(("facade", "model"), PAIRS.values(), ids=PAIRS)
def test_what_the_model_needs_may_not_be_left_out(facade: Any, model: type[BaseModel]) -> None:
    needed = {name for name, field in model.model_fields.items() if field.is_required()}
    assert facade.__required_keys__ == needed, _FIX


@pytest.mark.parametrize(("facade", "model"), PAIRS.values(), ids=PAIRS)
def test_both_describe_a_field_in_the_same_words(facade: Any, model: type[BaseModel]) -> None:
    analyzer = Analyzer("k8s-hardening")
    found = {name: analyzer.get_docstring(facade, name) for name in facade.__annotations__}
    assert found == {name: field.description for name, field in model.model_fields.items()}, _FIX


def test_every_model_is_compared() -> None:
    assert len(PAIRS) >= 14 + len(facade_names())


def test_the_facade_of_the_control_plane_is_what_the_models_give() -> None:
    assert TARGET.read_text() == facade_text(), "run python -m tests.resources.facade_text"
