"""The components behind the SDK's provider, as a program of another language meets them."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest
import yaml
from pulumi.errors import InputPropertiesError, InputPropertyError
from pulumi.provider.server import ComponentInitError

from k8s_hardening import (
    AdmissionPolicies,
    AppArmorLoader,
    ClusterDeny,
    ControlPlane,
    DenyAll,
    HardenedBaseline,
    PodSecurity,
    Tenant,
)
from k8s_hardening.resources import host
from tests.resources.monitor import Recording, record

PACKAGE = Path(__file__).parents[2] / "components"
INPUTS: dict[str, Any] = {
    "name": "payments",
    "kubernetes": "1.36",
    "admins": ["group:admins"],
    "namespaces": [{"name": "payments-api"}],
}


def construct(**changes: Any) -> tuple[Recording, dict[str, Any]]:
    state: dict[str, Any] = {}

    def program() -> None:
        provider = host.HardeningProvider([Tenant])
        made = provider.construct("pay", "k8s-hardening:index:Tenant", {**INPUTS, **changes})
        state.update(made.state)

    return record(program), state


def test_a_component_is_made_under_its_token_with_its_outputs() -> None:
    recording, state = construct()
    assert recording.named("pay").type == "k8s-hardening:index:Tenant"
    assert recording.named("pay/Namespace/payments-api").parent == "pay"
    assert set(state) == {"namespaceNames"}


def test_mistakes_are_problems_of_properties_and_no_crash() -> None:
    with pytest.raises(InputPropertiesError) as error:
        construct(name="Pay_ments", namespaces=[{"name": "kube-system"}, {"name": "payments-api"}])
    problems = {problem["property_path"]: problem["reason"] for problem in error.value.errors or []}
    assert set(problems) == {"name", "namespaces[0].name"}
    assert problems["name"] == '"Pay_ments" is not a DNS-1123 label; for example "pay-ments"'


def test_a_missing_property_is_named() -> None:
    with pytest.raises(InputPropertyError) as error:
        construct(kubernetes=None)
    assert error.value.property_path == "kubernetes"


def test_a_defect_of_ours_keeps_its_stack_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(inputs: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("k8s_hardening.resources.tenant.plan_tenant", broken)
    with pytest.raises(ComponentInitError):
        construct()


def test_the_entry_point_serves_every_component(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[Any] = []
    monkeypatch.setattr(host, "serve", served.extend)
    runpy.run_path(str(PACKAGE / "__main__.py"), run_name="__main__")
    assert served == [
        AdmissionPolicies,
        AppArmorLoader,
        ClusterDeny,
        ControlPlane,
        DenyAll,
        HardenedBaseline,
        PodSecurity,
        Tenant,
    ]


def test_the_engine_can_install_the_package_alone() -> None:
    plugin = yaml.safe_load((PACKAGE / "PulumiPlugin.yaml").read_text())
    assert plugin == {"name": "k8s-hardening", "runtime": {"name": "python", "options": {"virtualenv": ".venv"}}}
    wanted = [line for line in (PACKAGE / "requirements.txt").read_text().splitlines() if not line.startswith("#")]
    assert wanted == ["."]
