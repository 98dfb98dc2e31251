"""Authorization of the API server as flags and files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.kube.authorization import Authorizer, FailurePolicy, configuration_api
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.authorization import (
    AuthorizationSpec,
    AuthorizationWebhookSpec,
    AuthorizerSpec,
)
from k8s_hardening.plans.control_plane.files import endpoint_mounts, host_mounts, webhook_kubeconfig, yaml_file
from k8s_hardening.plans.control_plane.part import Component, Mount, Part, Setting
from k8s_hardening.plans.plan import HostFile

_PART = "authorization"


def plan_authorization(spec: AuthorizationSpec, kubernetes: KubeVersion) -> Part:
    """Everything that decides who may do what.

    The mode is always written, since a server that is told nothing allows everything, in every version up to 1.37
    (k8s.io/kubernetes v1.37.2 pkg/kubeapiserver/options/authorization.go, Complete).
    """
    structured = configuration_api(kubernetes) is not None and bool(spec.webhooks())
    settings = list(_configuration(spec, kubernetes) if structured else _flags(spec))
    if spec.abac_policy_file is not None:
        file = spec.abac_policy_file
        settings.append(Setting(Component.API_SERVER, "authorization-policy-file", (file,), mounts=host_mounts([file])))
    files = tuple(_kubeconfig(webhook) for webhook in spec.webhooks()) if structured else ()
    return Part(settings=tuple(settings), files=files, advice=tuple(_advice(spec)))


def _flags(spec: AuthorizationSpec) -> Iterator[Setting]:
    yield Setting(Component.API_SERVER, "authorization-mode", (",".join(one.type.value for one in spec.authorizers),))
    for webhook in spec.webhooks():
        file = _kubeconfig(webhook)
        mounts = endpoint_mounts(webhook.endpoint)
        yield Setting(Component.API_SERVER, "authorization-webhook-config-file", (file.path,), file, mounts)
        for flag, value in (
            ("authorization-webhook-version", "v1"),
            ("authorization-webhook-cache-authorized-ttl", webhook.authorized_ttl),
            ("authorization-webhook-cache-unauthorized-ttl", webhook.unauthorized_ttl),
        ):
            yield Setting(Component.API_SERVER, flag, (value,))


def _configuration(spec: AuthorizationSpec, kubernetes: KubeVersion) -> Iterator[Setting]:
    document = {
        "apiVersion": configuration_api(kubernetes),
        "kind": "AuthorizationConfiguration",
        "authorizers": [_authorizer(one) for one in spec.authorizers],
    }
    file = yaml_file(_PART, "authorization-configuration.yaml", document)
    mounts = {mount for webhook in spec.webhooks() for mount in endpoint_mounts(webhook.endpoint)}
    mounts |= {Mount(_kubeconfig(webhook).path) for webhook in spec.webhooks()}
    ordered = tuple(sorted(mounts, key=lambda mount: mount.path))
    yield Setting(Component.API_SERVER, "authorization-config", (file.path,), file, ordered)


def _kubeconfig(webhook: AuthorizationWebhookSpec) -> HostFile:
    return webhook_kubeconfig(_PART, webhook.name, webhook.endpoint)


def _authorizer(one: AuthorizerSpec) -> dict[str, Any]:
    if one.webhook is None:
        return {"type": one.type.value, "name": one.type.value.lower()}
    webhook = one.webhook
    settings: dict[str, Any] = {
        "authorizedTTL": webhook.authorized_ttl,
        "unauthorizedTTL": webhook.unauthorized_ttl,
        "timeout": webhook.timeout,
        "subjectAccessReviewVersion": "v1",
        "matchConditionSubjectAccessReviewVersion": "v1",
        "failurePolicy": webhook.failure_policy.value,
        "connectionInfo": {"type": "KubeConfigFile", "kubeConfigFile": _kubeconfig(webhook).path},
    }
    if webhook.match_conditions:
        settings["matchConditions"] = [{"expression": text} for text in webhook.match_conditions]
    return {"type": one.type.value, "name": webhook.name, "webhook": settings}


def _advice(spec: AuthorizationSpec) -> Iterator[str]:
    types = [one.type for one in spec.authorizers]
    for index, one in enumerate(spec.authorizers):
        webhook = one.webhook
        if webhook is None or webhook.failure_policy is not FailurePolicy.DENY:
            continue
        if not webhook.match_conditions and Authorizer.RBAC in types[index:]:
            yield (
                f"The authorization webhook {webhook.name} comes before RBAC, is asked for every request and denies "
                "when it does not answer: run it outside the cluster, or leave the system's own requests out by "
                "match_conditions such as !request.user.startsWith('system:')."
            )
    if spec.allow_abac:
        yield (
            f"The rights in {spec.abac_policy_file} apply beside RBAC, and only a restart reads them anew: move them "
            "to RBAC, then remove the authorizer ABAC."
        )
