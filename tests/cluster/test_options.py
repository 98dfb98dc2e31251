"""Authentication, authorization and admission as the API server's own code reads them.

Whatever the plans emit is taken; what the plans refuse because a server would not start is refused by that server, too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from k8s_hardening.kube.admission_plugins import REFUSED, plugins
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.spec import ControlPlaneSpec
from k8s_hardening.model.dialect import Dialect
from k8s_hardening.plans.control_plane.admission import plan_admission
from k8s_hardening.plans.control_plane.authentication import plan_authentication
from k8s_hardening.plans.control_plane.authorization import plan_authorization
from k8s_hardening.plans.control_plane.part import Part, combined
from tests.cluster.binaries import NEWEST, OLDEST, Binaries, binaries
from tests.cluster.options import KUBERNETES, OptionsCheck, options_check

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1800)]

PKI = f"{KUBERNETES}/pki"
CLAIM = "claimMappings: {username: {claim: sub, prefix: 'a:'}}"
EVENT_RATE_LIMIT = "apiVersion: eventratelimit.admission.k8s.io/v1alpha1, kind: Configuration"
POD_SECURITY = "apiVersion: pod-security.admission.config.k8s.io/v1, kind: PodSecurityConfiguration"
ENDPOINT = {
    "url": "https://reviews.example.com/v1",
    "client_certificate_file": f"{PKI}/reviews-client.crt",
    "client_key_file": f"{PKI}/reviews-client.key",
}


@pytest.fixture(scope="module", params=[NEWEST, OLDEST])
def check(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> OptionsCheck:
    return _check(binaries(request.param), tmp_path_factory.mktemp(f"options-{request.param}"))


@pytest.fixture(scope="module")
def newest(tmp_path_factory: pytest.TempPathFactory) -> OptionsCheck:
    return _check(binaries(NEWEST), tmp_path_factory.mktemp("options"))


def _check(programs: Binaries, folder: Path) -> OptionsCheck:
    made = options_check(programs, folder)
    made.write("abac.jsonl", "")
    made.write("webhooks.conf", "{apiVersion: v1, kind: Config}")
    return made


def part(version: KubeVersion, dialect: Dialect, **fields: Any) -> Part:
    spec = ControlPlaneSpec.model_validate(fields)
    for one in (spec.authentication, spec.authorization, spec.admission):
        assert list(one.problems(version, dialect)) == []
    return combined(
        (
            plan_authentication(spec.authentication, version, dialect),
            plan_authorization(spec.authorization, version),
            plan_admission(spec.admission, version),
        )
    )


def version_of(check: OptionsCheck) -> KubeVersion:
    return KubeVersion.parse(check.program.name.split("-")[2])


@pytest.mark.parametrize("dialect", [one for one in Dialect if one is not Dialect.MANAGED])
def test_what_is_emitted_by_default_is_taken(check: OptionsCheck, dialect: Dialect) -> None:
    assert check.refusals(check.flags(part(version_of(check), dialect))) == ""


@pytest.mark.parametrize("dialect", [Dialect.KUBEADM, Dialect.K3S])
def test_everything_that_can_be_set_is_taken(check: OptionsCheck, dialect: Dialect) -> None:
    version = version_of(check)
    assert check.refusals(check.flags(part(version, dialect, **everything(check, version)))) == ""


def everything(check: OptionsCheck, version: KubeVersion) -> dict[str, Any]:
    """Every field of the three parts at once, as far as the version goes."""
    structured = version >= KubeVersion(1, 30)
    endpoint = {**ENDPOINT, "certificate_authority": (check.folder / "pki/ca.crt").read_text()}
    issuer = {
        "url": "https://login.example.com/realms/k8s",
        "audiences": ["kubernetes"],
        "groups_claim": "groups",
        "certificate_authority": endpoint["certificate_authority"],
        "required_claims": {"hd": "example.com"},
        "mfa": {"acr": ["urn:example:mfa"]},
    }
    second = {"url": "https://other.example.com", "audiences": ["k"], "username_claim": "email", "without_mfa": True}
    webhook: dict[str, Any] = {"name": "deny-list", "endpoint": endpoint, "failure_policy": "NoOpinion"}
    if structured:
        issuer |= {
            "audiences": ["kubernetes", "kubectl"],
            "discovery_url": "https://login.internal.example.com/.well-known/openid-configuration",
            "mfa": {"acr": ["urn:a", "urn:b"], "amr": ["mfa", "hwk"]},
        }
        webhook |= {
            "failure_policy": "Deny",
            "timeout": "2s",
            "match_conditions": [
                "has(request.resourceAttributes) && request.resourceAttributes.namespace == 'payments'",
                "!('system:nodes' in request.groups)",
            ],
        }
    return {
        "authentication": {
            "oidc": [issuer, second] if structured else [issuer],
            "token_webhook": {"endpoint": endpoint},
            "bootstrap_tokens": True,
            "service_accounts": {
                "issuers": ["https://new.example.com", "https://old.example.com"],
                "key_files": [f"{PKI}/sa.pub", f"{PKI}/sa.key"],
                "api_audiences": ["vault", "kubernetes"],
            },
        },
        "authorization": {
            "authorizers": [
                {"type": "Webhook", "webhook": webhook},
                {"type": "Node"},
                {"type": "RBAC"},
                {"type": "ABAC"},
                {"type": "AlwaysDeny"},
            ],
            "allow_abac": True,
            "abac_policy_file": f"{KUBERNETES}/abac.jsonl",
            "allow_always_deny": True,
        },
        "admission": {
            "enable": [name for name, one in plugins().items() if one.is_known(version) and name not in REFUSED],
            "image_policy_webhook": {"endpoint": endpoint},
            "node_selectors": {"payments-api": {"example.com/pool": "payments", "example.com/arch": "arm"}},
            "default_node_selector": {"example.com/pool": "shared"},
            "pod_tolerations": {
                "added": [{"key": "example.com/gpu", "value": "shared", "effect": "NoSchedule"}],
                "allowed": [{"key": "example.com/gpu"}],
            },
            "limited_resources": [
                {"resource": "pods", "priority_classes": ["system-cluster-critical"]},
                {"resource": "persistentvolumeclaims", "match_contains": ["gold.storageclass.storage.k8s.io"]},
            ],
            "webhook_kubeconfig_file": f"{KUBERNETES}/webhooks.conf",
        },
    }


def replaced(flags: list[str], *others: str) -> list[str]:
    """Flags with some of them set anew."""
    names = {flag.partition("=")[0] for flag in others}
    return [flag for flag in flags if flag.partition("=")[0] not in names] + list(others)


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (["--service-account-issuer="], "should not be an empty string"),
        (["--authorization-mode=Node,RBAC,RBAC"], "mode specified more than once"),
        (["--authorization-mode=Node,RBAC,ABAC"], "ABAC's authorization policy file not passed"),
        (["--authorization-mode=Node,RBAC,Webhook"], "Webhook's authorization config file not passed"),
        (["--authorization-mode=Node,RBAC,Anything"], "is not a valid mode"),
        (["--admission-control=ServiceAccount"], "mutually exclusive"),
        (["--enable-admission-plugins=NodeRestricton"], "is unknown"),
        (["--enable-admission-plugins=DenyEscalatingExec"], "is unknown"),
        (["--enable-admission-plugins=PodPreset"], "is unknown"),
        (["--disable-admission-plugins=NodeRestriction"], "overlapped"),
        (["--admission-control-config-file=", "--enable-admission-plugins=EventRateLimit"], "EventRateLimit"),
        (["--admission-control-config-file=", "--enable-admission-plugins=ImagePolicyWebhook"], "ImagePolicyWebhook"),
        (["--basic-auth-file=/dev/null"], "unknown flag"),
        (["--experimental-keystone-url=https://keystone.example.com"], "unknown flag"),
        (["--experimental-bootstrap-token-auth=true"], "unknown flag"),
    ],
)
def test_what_every_server_refuses(check: OptionsCheck, flags: list[str], text: str) -> None:
    emitted = check.flags(part(version_of(check), Dialect.KUBEADM))
    assert text in check.refusals(replaced(emitted, *flags))


@pytest.mark.parametrize(
    "plugin", ["PodSecurityPolicy", "SecurityContextDeny", "PersistentVolumeLabel", "JobValidation"]
)
def test_plugins_that_are_gone(newest: OptionsCheck, plugin: str) -> None:
    flags = newest.flags(part(version_of(newest), Dialect.KUBEADM))
    assert "is unknown" in newest.refusals(replaced(flags, f"--enable-admission-plugins={plugin}"))


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("anonymous: {enabled: false, conditions: [{path: /livez}]}", "enabled should be set to true"),
        ("anonymus: {enabled: false}", "unknown field"),
        ("jwt: [{issuer: {url: 'http://a.example.com', audiences: [k]}}]", "URL scheme must be https"),
        ("jwt: [{issuer: {url: 'https://a.example.com', audiences: []}}]", "at least one"),
        (f"jwt: [{{issuer: {{url: 'https://a.example.com', audiences: [k, l]}}, {CLAIM}}}]", "must be MatchAny"),
    ],
)
def test_what_an_authentication_configuration_cannot_be(newest: OptionsCheck, content: str, text: str) -> None:
    document = f"apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n{content}\n"
    flags = newest.flags(part(version_of(newest), Dialect.KUBEADM))
    file = newest.write("wrong-authentication.yaml", document)
    assert text in newest.refusals(replaced(flags, f"--authentication-config={file}"))


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (["--anonymous-auth=false"], "cannot be set when anonymous field is configured"),
        (
            ["--requestheader-client-ca-file={pki}/ca.crt", "--requestheader-allowed-names="],
            "contain overlapping certificates",
        ),
    ],
)
def test_what_the_newest_server_refuses(newest: OptionsCheck, flags: list[str], text: str) -> None:
    emitted = newest.flags(part(version_of(newest), Dialect.KUBEADM))
    assert text in newest.refusals(replaced(emitted, *(flag.format(pki=newest.folder / "pki") for flag in flags)))


def test_a_file_of_issuers_excludes_their_flags(newest: OptionsCheck) -> None:
    issuer = {"url": "https://a.example.com", "audiences": ["k"], "without_mfa": True}
    flags = newest.flags(part(version_of(newest), Dialect.KUBEADM, authentication={"oidc": [issuer]}))
    oidc = ["--oidc-issuer-url=https://b.example.com", "--oidc-client-id=k"]
    assert "oidc-* flags are mutually exclusive" in newest.refusals(flags + oidc)


def test_a_file_of_authorizers_excludes_their_flags(newest: OptionsCheck) -> None:
    webhook = {"type": "Webhook", "webhook": {"name": "deny-list", "endpoint": ENDPOINT}}
    authorization = {"authorizers": [webhook, {"type": "Node"}, {"type": "RBAC"}]}
    flags = newest.flags(part(version_of(newest), Dialect.KUBEADM, authorization=authorization))
    assert newest.refusals(flags) == ""
    assert "--authorization-mode" in newest.refusals([*flags, "--authorization-mode=Node,RBAC"])


@pytest.mark.parametrize(
    ("block", "text"),
    [
        (f"name: EventRateLimit, configuration: {{{EVENT_RATE_LIMIT}, limits: []}}", "must not be empty"),
        (f"name: PodSecurity, configuration: {{{POD_SECURITY}, defaults: {{enforced: baseline}}}}", "unknown field"),
        (f"name: PodSecurity, configuration: {{{POD_SECURITY}, defaults: {{enforce: strict}}}}", "defaults.enforce"),
        ("nam: EventRateLimit", "unknown field"),
    ],
)
def test_what_an_admission_configuration_cannot_be(newest: OptionsCheck, block: str, text: str) -> None:
    document = f"apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins: [{{{block}}}]\n"
    flags = newest.flags(part(version_of(newest), Dialect.KUBEADM))
    file = newest.write("wrong-admission.yaml", document)
    assert text in newest.refusals(replaced(flags, f"--admission-control-config-file={file}"))
