"""Authentication of the API server as flags and files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from k8s_hardening.kube.authentication import (
    ANONYMOUS_PATHS_SINCE,
    CLUSTER_INFO_PATH,
    EXEC_CREDENTIAL_V1_SINCE,
    EXTENDED_TOKENS_SINCE,
    HEALTH_PATHS,
    configuration_api,
)
from k8s_hardening.kube.flags import CONTROLLER_MANAGER, flags_of
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.authentication import PROBED_WITHOUT_CREDENTIALS, AuthenticationSpec
from k8s_hardening.model.control_plane.oidc import MfaSpec, OidcIssuerSpec
from k8s_hardening.model.dialect import Dialect
from k8s_hardening.plans.control_plane.files import endpoint_mounts, host_mounts, webhook_kubeconfig, yaml_file
from k8s_hardening.plans.control_plane.part import Component, Part, Setting
from k8s_hardening.plans.control_plane.paths import HARDENING
from k8s_hardening.plans.plan import HostFile

_PART = "authentication"
# Where the kubelet probes the API server by paths; k3s and RKE2 turn anonymous requests off by themselves.
_HEALTH_BY_PATHS = PROBED_WITHOUT_CREDENTIALS | {Dialect.STATIC_POD}
_NO_ANONYMOUS = (
    "Anonymous requests are off: the probes of the API server must bring credentials, or get 401 and restart it."
)


def plan_authentication(spec: AuthenticationSpec, kubernetes: KubeVersion, dialect: Dialect) -> Part:
    """Everything that decides whom the API server believes."""
    configuration = _configuration(spec, kubernetes, dialect)
    settings = [
        *_certificates(spec),
        *_service_accounts(spec, kubernetes),
        _flag("enable-bootstrap-token-auth", _truth(spec.is_bootstrapping())),
    ]
    if configuration:
        settings.append(_configuration_setting(configuration, kubernetes))
    else:
        settings += [one for issuer in spec.oidc for one in _oidc_flags(issuer)]
    if "anonymous" not in configuration and not _is_anonymous_needed(spec, dialect):
        settings.append(_flag("anonymous-auth", "false"))
    settings += _token_webhook(spec)
    return Part(settings=tuple(settings), advice=tuple(_advice(spec, kubernetes, dialect)))


def _flag(name: str, *values: str, files: Iterable[str] = ()) -> Setting:
    return Setting(Component.API_SERVER, name, values, mounts=host_mounts(files))


def _truth(value: bool) -> str:
    return "true" if value else "false"


def _certificates(spec: AuthenticationSpec) -> Iterator[Setting]:
    header = spec.request_header
    for name, file in (
        ("client-ca-file", spec.client_ca_file),
        ("requestheader-client-ca-file", header.client_ca_file),
        ("proxy-client-cert-file", header.proxy_certificate_file),
        ("proxy-client-key-file", header.proxy_key_file),
    ):
        yield _flag(name, file, files=(file,))
    yield _flag("requestheader-allowed-names", ",".join(header.allowed_names))
    yield _flag("requestheader-username-headers", "X-Remote-User")
    yield _flag("requestheader-group-headers", "X-Remote-Group")
    yield _flag("requestheader-extra-headers-prefix", "X-Remote-Extra-")


def _service_accounts(spec: AuthenticationSpec, kubernetes: KubeVersion) -> Iterator[Setting]:
    accounts = spec.service_accounts
    yield _flag("service-account-issuer", *accounts.issuers)
    yield _flag("service-account-signing-key-file", accounts.signing_key_file, files=(accounts.signing_key_file,))
    yield _flag("service-account-key-file", *accounts.key_files, files=accounts.key_files)
    yield _flag("service-account-lookup", "true")
    yield _flag("service-account-max-token-expiration", accounts.max_token_expiration)
    if kubernetes >= EXTENDED_TOKENS_SINCE:
        yield _flag("service-account-extend-token-expiration", "false")
    if audiences := spec.audiences():
        yield _flag("api-audiences", ",".join(audiences))


def _is_anonymous_needed(spec: AuthenticationSpec, dialect: Dialect) -> bool:
    return dialect in PROBED_WITHOUT_CREDENTIALS and not spec.own_probes


def _configuration(spec: AuthenticationSpec, kubernetes: KubeVersion, dialect: Dialect) -> dict[str, Any]:
    """The AuthenticationConfiguration without its kind; empty when flags say it all."""
    if configuration_api(kubernetes) is None:
        return {}
    found: dict[str, Any] = {}
    if spec.oidc:
        found["jwt"] = [_jwt(issuer) for issuer in spec.oidc]
    if kubernetes >= ANONYMOUS_PATHS_SINCE and dialect in _HEALTH_BY_PATHS and not spec.own_probes:
        paths = sorted({*HEALTH_PATHS, *((CLUSTER_INFO_PATH,) if spec.anonymous_cluster_info else ())})
        found["anonymous"] = {"enabled": True, "conditions": [{"path": path} for path in paths]}
    return found


def _configuration_setting(configuration: dict[str, Any], kubernetes: KubeVersion) -> Setting:
    document = {"apiVersion": configuration_api(kubernetes), "kind": "AuthenticationConfiguration", **configuration}
    file = yaml_file(_PART, "authentication-configuration.yaml", document)
    return Setting(Component.API_SERVER, "authentication-config", (file.path,), file)


def _jwt(issuer: OidcIssuerSpec) -> dict[str, Any]:
    source: dict[str, Any] = {"url": issuer.url, "audiences": list(issuer.audiences)}
    if issuer.discovery_url is not None:
        source["discoveryURL"] = issuer.discovery_url
    if issuer.certificate_authority is not None:
        source["certificateAuthority"] = issuer.certificate_authority
    if len(issuer.audiences) > 1:
        source["audienceMatchPolicy"] = "MatchAny"
    mappings: dict[str, Any] = {"username": {"claim": issuer.username_claim, "prefix": issuer.username_prefix}}
    if issuer.groups_claim is not None:
        mappings["groups"] = {"claim": issuer.groups_claim, "prefix": issuer.groups_prefix}
    rules = [
        {"claim": claim, "requiredValue": value} for claim, value in sorted(issuer.required_claims.items())
    ] + list(_mfa_rules(issuer.mfa))
    return {
        "issuer": source,
        **({"claimValidationRules": rules} if rules else {}),
        "claimMappings": mappings,
        # The prefixes see to it already; the rules hold should somebody edit the file.
        "userValidationRules": [
            {
                "expression": "!user.username.startsWith('system:')",
                "message": "names that start with system: belong to the system",
            },
            {
                "expression": "user.groups.all(group, !group.startsWith('system:'))",
                "message": "groups that start with system: belong to the system",
            },
        ],
    }


def _mfa_rules(mfa: MfaSpec | None) -> Iterator[dict[str, str]]:
    if mfa is not None and mfa.amr:
        # A claim that is no list makes the expression fail, which refuses the token as well. exists() would be shorter,
        # but does not compile: the values of claims have the type any.
        methods = " || ".join(f"{json.dumps(method)} in claims.amr" for method in mfa.amr)
        yield {
            "expression": f"has(claims.amr) && ({methods})",
            "message": "the login must use a second factor (claim amr)",
        }
    if mfa is not None and mfa.acr:
        yield {
            "expression": f"has(claims.acr) && claims.acr in {json.dumps(list(mfa.acr))}",
            "message": "the login must use a second factor (claim acr)",
        }


def _oidc_flags(issuer: OidcIssuerSpec) -> Iterator[Setting]:
    yield _flag("oidc-issuer-url", issuer.url)
    yield _flag("oidc-client-id", issuer.audiences[0])
    yield _flag("oidc-username-claim", issuer.username_claim)
    yield _flag("oidc-username-prefix", issuer.username_prefix)
    yield _flag("oidc-signing-algs", ",".join(one.value for one in issuer.signing_algorithms) or "RS256")
    if issuer.groups_claim is not None:
        yield _flag("oidc-groups-claim", issuer.groups_claim)
        yield _flag("oidc-groups-prefix", issuer.groups_prefix)
    if issuer.certificate_authority is not None:
        file = HostFile(f"{HARDENING}/{_PART}/oidc-ca.crt", issuer.certificate_authority)
        yield Setting(Component.API_SERVER, "oidc-ca-file", (file.path,), file)
    required = sorted(issuer.required_claims.items())
    required += [("acr", value) for value in (issuer.mfa.acr if issuer.mfa is not None else ())]
    if required:
        yield _flag("oidc-required-claim", *(f"{claim}={value}" for claim, value in required))


def _token_webhook(spec: AuthenticationSpec) -> Iterator[Setting]:
    if (webhook := spec.token_webhook) is None:
        return
    file = webhook_kubeconfig(_PART, "token-webhook", webhook.endpoint)
    yield Setting(
        Component.API_SERVER,
        "authentication-token-webhook-config-file",
        (file.path,),
        file,
        endpoint_mounts(webhook.endpoint),
    )
    yield _flag("authentication-token-webhook-version", "v1")
    yield _flag("authentication-token-webhook-cache-ttl", webhook.cache_ttl)


def _advice(spec: AuthenticationSpec, kubernetes: KubeVersion, dialect: Dialect) -> Iterator[str]:
    # The flag has its name since 1.19: k8s.io/kubernetes v1.19.16 cmd/kube-controller-manager/app/options.
    flag = "cluster-signing-duration"
    flag = flag if flags_of(CONTROLLER_MANAGER)[flag].is_known(kubernetes) else f"experimental-{flag}"
    yield (
        f"Client certificates cannot be revoked: keep them short with --{flag} of the controller manager, and give "
        "people oidc instead."
    )
    yield from _anonymous_advice(spec, kubernetes, dialect)
    if spec.is_bootstrapping():
        yield (
            "Bootstrap tokens are on: make each with a short life (kubeadm token create --ttl 15m), and turn "
            "bootstrap_tokens off when the nodes have joined (kubeadm token list must be empty)."
        )
    elif dialect in PROBED_WITHOUT_CREDENTIALS:
        yield (
            "Bootstrap tokens are off: turn bootstrap_tokens on while nodes join, or give each node a client "
            "certificate and join by kubeadm join --discovery-file."
        )
    if spec.token_webhook is not None:
        api = "v1" if kubernetes >= EXEC_CREDENTIAL_V1_SINCE else "v1beta1"
        yield (
            "The token webhook checks tokens that kubectl gets from an exec credential plug-in: name the plug-in in "
            f"users[].user.exec of each person's kubeconfig, with apiVersion client.authentication.k8s.io/{api}."
        )


def _anonymous_advice(spec: AuthenticationSpec, kubernetes: KubeVersion, dialect: Dialect) -> Iterator[str]:
    if spec.own_probes:
        yield _NO_ANONYMOUS
    elif kubernetes >= ANONYMOUS_PATHS_SINCE and dialect in _HEALTH_BY_PATHS:
        if dialect in PROBED_WITHOUT_CREDENTIALS and not spec.anonymous_cluster_info:
            yield (
                "Only health endpoints take anonymous requests: join nodes by kubeadm join --discovery-file, since "
                "discovery by token reads kube-public/cluster-info without a name (anonymous_cluster_info allows it)."
            )
    elif dialect in PROBED_WITHOUT_CREDENTIALS:
        yield (
            f"Anonymous requests stay on, since kubeadm's probes need them below Kubernetes {ANONYMOUS_PATHS_SINCE}; "
            "RBAC limits them to system:public-info-viewer: check with kubectl auth can-i --list "
            "--as=system:anonymous --as-group=system:unauthenticated that nothing else was granted."
        )
    elif dialect is Dialect.STATIC_POD:
        yield _NO_ANONYMOUS
