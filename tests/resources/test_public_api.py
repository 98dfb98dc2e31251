"""What the package offers, and that only those who use a component pay for pulumi."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import k8s_hardening

PACKAGE = Path(k8s_hardening.__file__).parent
WITHOUT_PULUMI = sorted(
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
    for layer in ("kube", "model", "controls", "plans")
    for path in (PACKAGE / layer).rglob("*.py")
    if path.name != "__init__.py"
)


def test_the_components_their_args_and_the_helper_are_offered() -> None:
    assert {name for name in k8s_hardening.__all__ if not name.endswith("Args")} == {
        "AdmissionPolicies",
        "AppArmorLoader",
        "ClusterDeny",
        "ControlPlane",
        "Change",
        "DenyAll",
        "Hardened",
        "HardenedBaseline",
        "PodSecurity",
        "Tenant",
        "TenantSecret",
        "harden",
        "harden_workloads",
        "secret_volume",
        "token_volume",
        "volume_mount",
    }


@pytest.mark.parametrize("name", k8s_hardening.__all__)
def test_every_offered_name_is_there_for_programs_and_for_type_checkers(name: str) -> None:
    assert getattr(k8s_hardening, name).__name__ == name
    tree = ast.parse(Path(k8s_hardening.__file__).read_text())
    typed = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert name in typed


def test_a_misspelt_name_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="Tennant"):
        getattr(k8s_hardening, "Tennant")  # noqa: B009 - the type checker refuses the plain form, as it should


def test_models_controls_and_plans_load_without_pulumi() -> None:
    program = f"import sys, importlib\nfor name in {WITHOUT_PULUMI!r}: importlib.import_module(name)\n"
    program += "print(sorted(name for name in sys.modules if name.split('.')[0].startswith('pulumi')))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert len(WITHOUT_PULUMI) > 20
