from __future__ import annotations

from typing import Any

import pytest
import yaml

from k8s_hardening.controls.judging import judge
from k8s_hardening.controls.registry import CONTROLS
from k8s_hardening.kube.api_requests import api_request
from k8s_hardening.kube.audit import Level, decide, refusals
from k8s_hardening.kube.audit_catalogue import CATALOGUE, NODE, Area
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.audit import AuditSpec
from k8s_hardening.model.knowledge import Knowledge
from k8s_hardening.plans.control_plane.audit import plan_audit
from k8s_hardening.plans.control_plane.audit_policy import audit_policy
from k8s_hardening.plans.control_plane.part import Mount, Part
from tests.controls.corpus import KNOWLEDGE, findings_of
from tests.plans.control_plane.reading import flags_of, versions

NEW = KubeVersion(1, 37)
WEBHOOK = {
    "url": "https://audit.example.com/events",
    "client_certificate_file": "/etc/kubernetes/pki/audit-client.crt",
    "client_key_file": "/etc/audit/client.key",
}


def plan(version: KubeVersion = NEW, **data: Any) -> Part:
    return plan_audit(AuditSpec.model_validate(data), version)


def level(method: str, url: str, user: str = "alice", *groups: str, metadata_only: tuple[str, ...] = ()) -> Level:
    policy = audit_policy(AuditSpec(metadata_only=metadata_only), NEW)
    return decide(policy, api_request(method, url, user, (*groups, "system:authenticated"))).level


@pytest.mark.parametrize("version", versions(), ids=str)
def test_every_version_starts_with_the_policy_and_every_area_is_logged(version: KubeVersion) -> None:
    policy = audit_policy(AuditSpec(), version)
    assert not list(refusals(policy, version))
    for probe in CATALOGUE:
        found = decide(policy, probe.request).level
        assert probe.least.rank <= found.rank <= probe.most.rank, probe.name


@pytest.mark.parametrize("version", versions(), ids=str)
def test_the_policy_has_no_finding_of_any_control(version: KubeVersion) -> None:
    knowledge = Knowledge.model_construct(kubernetes=version)
    assert not list(
        judge(audit_policy(AuditSpec(), version), [c for c in CONTROLS if c.id == "audit-policy"], knowledge)
    )


def test_secrets_configmaps_and_tokens_are_logged_at_metadata_whoever_asks() -> None:
    policy = audit_policy(AuditSpec(), NEW)
    for probe in CATALOGUE:
        if probe.area in (Area.SECRETS, Area.CONFIG_MAPS, Area.TOKENS):
            assert decide(policy, probe.request).level is Level.METADATA, probe.name


def test_no_rule_that_writes_bodies_comes_before_the_sensitive_ones() -> None:
    first, *rest = audit_policy(AuditSpec(), NEW)["rules"]
    assert first["level"] == "Metadata"
    assert not {"users", "userGroups", "verbs", "namespaces"} & first.keys(), "it holds for every request"
    assert "RequestResponse" not in {rule["level"] for rule in rest}


def test_who_reaches_into_containers_and_nodes_is_logged_in_full() -> None:
    for url in ("pods/a/exec", "pods/a/attach", "pods/a/portforward", "pods/a/proxy", "services/a/proxy/x"):
        for method in ("GET", "POST"):
            assert level(method, f"/api/v1/namespaces/shop/{url}") is Level.REQUEST
    assert level("GET", "/api/v1/nodes/one/proxy/run") is Level.REQUEST


@pytest.mark.parametrize(
    "url",
    [
        "/apis/rbac.authorization.k8s.io/v1/clusterroles/a",
        "/apis/certificates.k8s.io/v1/certificatesigningrequests/a/approval",
        "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/a",
        "/apis/apiregistration.k8s.io/v1/apiservices/a",
        "/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies/a",
        "/apis/policy/v1beta1/podsecuritypolicies/a",
        "/api/v1/namespaces/shop",
        "/api/v1/namespaces/shop/serviceaccounts/a",
        "/api/v1/namespaces/shop/resourcequotas/a",
    ],
)
def test_a_change_of_what_guards_the_cluster_is_logged_with_its_body_and_a_read_without(url: str) -> None:
    assert level("PATCH", url) is Level.REQUEST
    assert level("DELETE", url) is Level.REQUEST
    assert level("GET", url) is Level.METADATA


def test_noise_is_left_out_for_exactly_those_who_make_it() -> None:
    leases = "/apis/coordination.k8s.io/v1/namespaces"
    proxy, slices = "system:serviceaccount:kube-system:kube-proxy", "/apis/discovery.k8s.io/v1/endpointslices"
    noise = [
        ("GET", "/api/v1/services?watch=true", "system:kube-proxy", ()),
        ("GET", f"{slices}?watch=true", proxy, ()),
        ("GET", "/api/v1/nodes/node-1", NODE.user, NODE.groups),
        ("PUT", f"{leases}/kube-node-lease/leases/node-1", NODE.user, NODE.groups),
        ("GET", "/api/v1/namespaces/shop", "system:apiserver", ("system:masters",)),
        ("PUT", f"{leases}/kube-system/leases/kube-scheduler", "system:kube-scheduler", ()),
    ]
    for method, url, user, groups in noise:
        assert level(method, url, user, *groups) is Level.NONE, url
        assert level(method, url) is Level.METADATA, f"{url} by a person"
    assert level("PUT", f"{leases}/shop/leases/a", NODE.user, *NODE.groups) is Level.METADATA
    assert level("PATCH", "/api/v1/nodes/node-1", NODE.user, *NODE.groups) is Level.METADATA


def test_of_urls_only_health_and_version_are_left_out() -> None:
    for url in ("/healthz", "/livez", "/readyz/etcd", "/version"):
        assert level("GET", url) is Level.NONE
        assert level("POST", url) is Level.METADATA
    for url in ("/healthzz", "/metrics", "/logs/audit.log", "/openapi/v2", "/apis", "/debug/pprof/"):
        assert level("GET", url) is Level.METADATA


def test_only_the_event_at_the_start_is_omitted() -> None:
    policy = audit_policy(AuditSpec(), NEW)
    assert policy["omitStages"] == ["RequestReceived"]
    assert not any("omitStages" in rule for rule in policy["rules"])


def test_managed_fields_are_omitted_where_the_version_can() -> None:
    assert "omitManagedFields" not in audit_policy(AuditSpec(), KubeVersion(1, 22))
    assert audit_policy(AuditSpec(), KubeVersion(1, 23))["omitManagedFields"] is True


def test_more_resources_can_be_kept_at_metadata_with_their_subresources() -> None:
    names = ("vaultsecrets.example.com", "podtemplates", "keys.example.com", "sealed.*")
    url = "/apis/example.com/v1/namespaces/shop"
    assert level("POST", f"{url}/vaultsecrets", metadata_only=names) is Level.METADATA
    first, *_ = audit_policy(AuditSpec(metadata_only=names), NEW)["rules"]
    assert first["resources"][2:] == [
        {"group": "", "resources": ["podtemplates/*"]},
        {"group": "*", "resources": ["sealed/*"]},
        {"group": "example.com", "resources": ["keys/*", "vaultsecrets/*"]},
    ]


def test_the_log_has_every_flag_written_out_its_file_and_its_folder() -> None:
    part = plan(log={"max_age_days": 45, "max_backups": 20, "max_size_mb": 200, "mode": "blocking-strict"})
    assert flags_of(part) == {
        "audit-policy-file": ("/etc/kubernetes/hardening/audit/policy.yaml",),
        "audit-log-path": ("/var/log/kubernetes/audit/audit.log",),
        "audit-log-format": ("json",),
        "audit-log-version": ("audit.k8s.io/v1",),
        "audit-log-mode": ("blocking-strict",),
        "audit-log-maxage": ("45",),
        "audit-log-maxbackup": ("20",),
        "audit-log-maxsize": ("200",),
    }
    by_flag = {setting.flag: setting for setting in part.settings}
    file = by_flag["audit-policy-file"].file
    assert file is not None
    assert yaml.safe_load(file.text) == audit_policy(AuditSpec(), NEW)
    assert by_flag["audit-log-path"].mounts == (Mount("/var/log/kubernetes/audit", is_folder=True, writable=True),)


def test_old_files_are_compressed_when_asked_for() -> None:
    assert flags_of(plan(log={"compress": True}))["audit-log-compress"] == ("true",)


def test_a_collector_gets_the_events_in_batches_and_keeps_its_key_on_the_host() -> None:
    part = plan(webhook=WEBHOOK)
    found = flags_of(part)
    assert found["audit-webhook-mode"] == ("batch",)
    assert found["audit-webhook-version"] == ("audit.k8s.io/v1",)
    [setting] = [one for one in part.settings if one.flag == "audit-webhook-config-file"]
    assert setting.file is not None
    assert setting.values == (setting.file.path,)
    kubeconfig = yaml.safe_load(setting.file.text)
    assert kubeconfig["clusters"][0]["cluster"]["server"] == WEBHOOK["url"]
    assert kubeconfig["users"][0]["user"]["client-key"] == WEBHOOK["client_key_file"]
    assert {mount.path for mount in setting.mounts} == {"/etc/kubernetes/pki", "/etc/audit/client.key"}
    assert not part.advice


def test_without_a_collector_the_operator_is_told_to_ship_the_log() -> None:
    assert not any(flag.startswith("audit-webhook") for flag in flags_of(plan()))
    [advice] = plan().advice
    assert "off the node" in advice


def test_alert_rules_watch_the_audit_log_itself() -> None:
    assert not plan().manifests
    [rule] = plan(alerts={"namespace": "monitoring", "labels": {"release": "prometheus"}}).manifests
    assert (rule["apiVersion"], rule["kind"]) == ("monitoring.coreos.com/v1", "PrometheusRule")
    assert rule["metadata"]["namespace"] == "monitoring"
    assert rule["metadata"]["labels"] == {"release": "prometheus"}
    [group] = rule["spec"]["groups"]
    expressions = {one["alert"]: one["expr"] for one in group["rules"]}
    assert "apiserver_audit_error_total" in expressions["AuditEventsLost"]
    assert "apiserver_audit_requests_rejected_total" in expressions["AuditRequestsRejected"]
    assert "absent(apiserver_audit_event_total{" in expressions["AuditSilent"]
    assert all(one["labels"]["severity"] in ("critical", "warning") for one in group["rules"])
    assert not findings_of([rule], Knowledge.model_validate(KNOWLEDGE))
