"""The form of every model: frozen, closed, documented, with an example for each message."""

from __future__ import annotations

import typing
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from k8s_hardening.model.apparmor import AppArmorSpec
from k8s_hardening.model.base import Model
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.network import DenyAllInputs
from k8s_hardening.model.problems import example_of
from k8s_hardening.model.reading import read_baseline
from k8s_hardening.model.tenant import TenantInputs
from tests.model.sample import sample


def models_in(annotation: Any) -> set[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {annotation}.union(*(models_in(field.annotation) for field in annotation.model_fields.values()))
    return set().union(*map(models_in, typing.get_args(annotation)))


MODELS = sorted(
    models_in(Baseline) | models_in(TenantInputs) | models_in(DenyAllInputs), key=lambda model: model.__name__
)
FIELDS = [(model, name) for model in MODELS for name in model.model_fields]


def test_the_walk_reaches_every_part() -> None:
    assert {"Baseline", "CniSpec", "FlowSpec", "EndSpec", "LimitsSpec", "Exemption"} <= {m.__name__ for m in MODELS}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_models_are_frozen_closed_and_documented(model: type[BaseModel]) -> None:
    assert issubclass(model, Model)
    assert model.model_config["frozen"]
    assert model.model_config["extra"] == "forbid"
    assert model.__doc__


@pytest.mark.parametrize(("model", "name"), FIELDS)
def test_fields_are_documented_and_have_an_example_for_their_messages(model: type[BaseModel], name: str) -> None:
    field = model.model_fields[name]
    assert field.description
    if not (isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel) and not field.is_required()):
        assert example_of(field) is not None


def test_a_baseline_cannot_be_changed() -> None:
    made = read_baseline(sample())
    with pytest.raises(ValidationError):
        made.environment = "prod"  # type: ignore[misc]


def test_what_is_left_out_is_the_strict_choice() -> None:
    made = read_baseline(sample())
    assert made.images.allow_tags is False
    assert made.exemptions == ()
    namespace = made.tenants[0].namespaces[0]
    assert namespace.pod_security.value == "restricted"
    assert namespace.quota["services.nodeports"] == namespace.quota["services.loadbalancers"] == "0"
    assert AppArmorSpec().profiles == ()


def test_naming_one_resource_keeps_the_defaults_of_the_others() -> None:
    change = {
        "tenants/0/namespaces/0": {"name": "payments-api", "quota": {"pods": "9"}, "limits": {"max": {"cpu": "4"}}}
    }
    namespace = read_baseline(sample(change)).tenants[0].namespaces[0]
    assert namespace.quota == {
        "pods": "9",
        "requests.cpu": "4",
        "requests.memory": "8Gi",
        "limits.cpu": "8",
        "limits.memory": "16Gi",
        "services.nodeports": "0",
        "services.loadbalancers": "0",
    }
    assert namespace.limits.max == {"cpu": "4", "memory": "4Gi"}


@pytest.mark.parametrize(
    "change",
    [
        {"tenants/0/namespaces/0/quota": {"requests.nvidia.com/gpu": "1", "count/jobs.batch": "20"}},
        {"tenants/0/namespaces/0/quota": {"hugepages-2Mi": "0", "requests.hugepages-1Gi": "0"}},
        {"tenants/0/namespaces/0/quota": {"limits.cpu": "0", "requests.cpu": "0", "pods": "0"}},
        {"tenants/0/namespaces/0/limits": {"max": {"cpu": "64"}}},
        {"tenants/0/flows/0/source": {"end": "edge"}, "network/ends": {"edge": {"namespace": "ingress-nginx"}}},
        {"tenants/0/flows/0/destination": {"namespace": "kube-system", "pods": {"k8s-app": "metrics-server"}}},
        {"tenants/0/flows/0/destination": {"namespace": "shop-web"}, "tenants/1/accepts": ["payments/db"]},
        {"tenants/0/flows/0/destination": {"cidr": "0.0.0.0/0"}},
        {"tenants/0/flows/0/destination": {"cidr": "2001:db8::/32"}},
        {"tenants/0/flows/0/ports": ["TCP/1-65534", "UDP/53", "SCTP/65535", "TCP/http-alt", "TCP/8080-tcp"]},
        {"tenants/0/members": ["serviceaccount:ci/deployer", "serviceaccount:payments-api/operator", "user:Alice B"]},
        {"tenants/0/admins": ["group:shop-admins"]},
        {"tenants/0/labels": {"example.com/a": "", "plain": "x"}},
        {"kubernetes": "v1.30.2", "cni": {"name": "cilium", "version": "v1.16.0"}},
        {"kubernetes": "1.22", "tenants/0/flows/0/ports": ["TCP/1-9"]},
        {"kubernetes": "1.21", "tenants/0/flows/0/source": {"namespace": "kube-system"}},
        {"kubernetes": "1.18", "dns": {"namespace_labels": {"name": "kube-system"}}},
        {"cni": {"name": "cilium", "version": "1.16"}, "tenants/0/flows/0/ports": ["TCP/1-9"]},
        {"target": {"context_config": "kubeContext"}},
        {"images/registries": ["docker.io", "localhost:5000", "registry.example.com:443/a/b_c"]},
        {"dns": {"node_local_cidr": "fd00::a/128"}},
    ],
    ids=str,
)
def test_accepted(change: dict[str, Any]) -> None:
    assert read_baseline(sample(change)).environment == "dev"
