"""Facts of quotas, held to the source of Kubernetes where the Go modules are at hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from k8s_hardening.kube.quantities import parse_quantity, quantity_text
from k8s_hardening.kube.quotas import by_long_name, is_countable, is_quota_resource, resources_of_scope, scope_holds


@pytest.mark.parametrize(
    ("written", "read"),
    [("80", "80"), ("1500m", "1500m"), ("0.5", "500m"), ("8Gi", "8Gi"), ("2048Gi", "2Ti"), ("1Ki", "1024"),
     ("0", "0"), ("100n", "100n"), ("2500u", "2500u"), ("1G", "1000000000")],
)  # fmt: skip
def test_amounts_are_written_so_that_they_read_the_same(written: str, read: str) -> None:
    assert quantity_text(parse_quantity(written)) == read
    assert parse_quantity(read) == parse_quantity(written)


def test_scopes_hold_what_the_server_lets_them_hold() -> None:
    assert resources_of_scope("BestEffort") == ("pods",)
    assert resources_of_scope("VolumeAttributesClass") == ("persistentvolumeclaims", "requests.storage")
    for scope in ("Terminating", "NotTerminating", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity"):
        assert scope_holds(scope, "limits.memory")
        assert not scope_holds(scope, "services")
        assert not scope_holds(scope, "limits.ephemeral-storage")
        assert not scope_holds(scope, "count/jobs.batch")


def test_of_two_names_for_one_amount_the_lower_holds() -> None:
    assert by_long_name({"cpu": Decimal(2), "requests.cpu": Decimal(1), "pods": Decimal(5)}) == {
        "requests.cpu": Decimal(1),
        "pods": Decimal(5),
    }


@pytest.mark.parametrize("name", ["cpu", "hugepages-2Mi", "count/jobs.batch", "requests.nvidia.com/gpu"])
def test_resources_of_quotas(name: str) -> None:
    assert is_quota_resource(name)


@pytest.mark.parametrize("name", ["", "gpu", "count/", "/x", "storage"])
def test_no_resources_of_quotas(name: str) -> None:
    assert not is_quota_resource(name)


@pytest.mark.parametrize(("name", "known"), [("pods", True), ("jobs.batch", True), ("Jobs", False), ("jobs.", False)])
def test_what_can_be_counted(name: str, known: bool) -> None:
    assert is_countable(name) is known
