from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.audit import AuditSpec
from k8s_hardening.model.dialect import Dialect


def problems(data: dict[str, Any], minor: int = 36) -> list[tuple[Any, ...]]:
    spec = AuditSpec.model_validate(data)
    return [(loc, text) for loc, _, text in spec.problems(KubeVersion(1, minor), Dialect.KUBEADM)]


def test_what_is_left_out_keeps_the_log_as_long_as_cis_asks() -> None:
    log = AuditSpec().log
    assert (log.max_age_days, log.max_backups, log.max_size_mb) == (30, 10, 100)
    assert not problems({}, 18)


@pytest.mark.parametrize(
    ("log", "what"),
    [
        ({"max_age_days": 29}, "is not between 30 and"),
        ({"max_age_days": 0}, "is not between 30 and"),
        ({"max_backups": 9}, "is not between 10 and"),
        ({"max_size_mb": 0}, "is not between 100 and"),
        ({"max_size_mb": "100"}, "valid integer"),
        ({"max_size_mb": True}, "valid integer"),
        ({"mode": "batch"}, "'blocking' or 'blocking-strict'"),
        ({"compress": "yes"}, "valid boolean"),
        ({"format": "legacy"}, "not permitted"),
    ],
)
def test_a_log_that_forgets_is_refused(log: dict[str, Any], what: str) -> None:
    with pytest.raises(ValidationError, match=what):
        AuditSpec.model_validate({"log": log})


@pytest.mark.parametrize("name", ["Secrets", "secrets/status", "a.b/v1", "*", ".group", "widgets.", "widgets.*.x", ""])
def test_a_resource_is_written_with_its_group(name: str) -> None:
    with pytest.raises(ValidationError, match="is not a resource with its API group"):
        AuditSpec.model_validate({"metadata_only": [name]})


def test_the_policy_itself_cannot_be_set() -> None:
    with pytest.raises(ValidationError, match="not permitted"):
        AuditSpec.model_validate({"rules": [{"level": "None"}]})


def test_a_webhook_without_tls_is_refused() -> None:
    files = {"client_certificate_file": "/etc/a.crt", "client_key_file": "/etc/a.key"}
    with pytest.raises(ValidationError, match="is not an https URL"):
        AuditSpec.model_validate({"webhook": {"url": "http://audit.example.com", **files}})


def test_compression_needs_1_20() -> None:
    data = {"log": {"compress": True}}
    assert problems(data, 19) == [(("log", "compress"), "needs Kubernetes 1.20, and this is 1.19; leave it out")]
    assert not problems(data, 20)


def test_every_group_at_once_needs_1_36() -> None:
    [(loc, text)] = problems({"metadata_only": ["widgets.example.com", "vaultsecrets.*"]}, 35)
    assert loc == ("metadata_only", 1)
    assert text.startswith("stands for every group, which needs Kubernetes 1.36, and this is 1.35; name each group")
    assert not problems({"metadata_only": ["vaultsecrets.*"]}, 36)


@pytest.mark.parametrize("name", ["pods", "services", "roles.rbac.authorization.k8s.io", "clusterrolebindings.*"])
def test_what_the_audit_needs_in_full_cannot_be_cut_to_metadata(name: str) -> None:
    [(loc, text)] = problems({"metadata_only": [name]})
    assert loc == ("metadata_only", 0)
    assert text.startswith("is needed in full by the audit of ")


def test_other_resources_of_the_core_group_can_be() -> None:
    assert not problems({"metadata_only": ["podtemplates", "replicationcontrollers"]})
