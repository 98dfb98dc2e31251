"""A managed control plane: no files, whose each part is, and what a user does at the provider."""

from __future__ import annotations

import pytest

from k8s_hardening.model.control_plane.spec import ControlPlaneSpec
from k8s_hardening.plans.control_plane.dialects.managed import OWNED
from tests.plans.control_plane.dialects.samples import VERSIONS, planned


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("provider", "title"), [("eks", "EKS"), ("gke", "GKE"), ("aks", "AKS")])
def test_nothing_is_written_and_everything_has_an_owner(provider: str, title: str, version: str) -> None:
    output = planned("managed", version, managed={"provider": provider, "cluster": "prod"})
    assert (output.host_files, output.manifests) == ((), ())
    assert len(output.owned_by_provider) == len(OWNED)
    assert all(text.startswith(f"{title} ") for text in output.owned_by_provider)


def test_every_part_has_an_owner() -> None:
    assert set(OWNED) == set(ControlPlaneSpec.model_fields) - {"static_pods", "cluster_api", "managed"}


@pytest.mark.parametrize("provider", ["eks", "gke", "aks"])
def test_who_reaches_the_endpoint_is_a_command_of_the_provider(provider: str) -> None:
    spec = {"provider": provider, "cluster": "prod"}
    limited = planned("managed", "1.36", managed={**spec, "endpoint_cidrs": ["203.0.113.8/32", "198.51.100.0/24"]})
    (command,) = (text for text in limited.advice if text.startswith("Limit who reaches the API"))
    assert "203.0.113.8/32,198.51.100.0/24" in command
    (private,) = (
        text for text in planned("managed", "1.36", managed=spec).advice if text.startswith("Limit who reaches the API")
    )
    assert "private" in private.lower() or "vnet" in private


def test_eks_encrypts_by_itself_from_1_28_on() -> None:
    assert any("associate-encryption-config" in text for text in planned("managed", "1.27").advice)
    assert not any("associate-encryption-config" in text for text in planned("managed", "1.28").advice)
