"""Admission of the API server: the plug-ins, and one AdmissionConfiguration with a block for each that has one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from k8s_hardening.kube.admission_plugins import default_plugins, names_in, plugins, switched_off_by
from k8s_hardening.kube.durations import parse_duration
from k8s_hardening.kube.nodes import TOLERATIONS_OF_THE_SERVER
from k8s_hardening.kube.pod_security import GATE as POD_SECURITY_GATE
from k8s_hardening.kube.pod_security import configuration_api as pod_security_api
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.admission import (
    AdmissionSpec,
    EventLimitSpec,
    ImagePolicyWebhookSpec,
    LimitedResourceSpec,
    LimitKind,
    PodSecurityDefaultsSpec,
    PodTolerationsSpec,
)
from k8s_hardening.plans.control_plane.files import endpoint_mounts, host_mounts, webhook_kubeconfig, yaml_file
from k8s_hardening.plans.control_plane.part import Component, Mount, Part, Setting
from k8s_hardening.plans.plan import HostFile
from k8s_hardening.plans.tolerations import toleration

_PART = "admission"
_WEBHOOK_PLUGINS = ("MutatingAdmissionWebhook", "ValidatingAdmissionWebhook")


def plan_admission(spec: AdmissionSpec, kubernetes: KubeVersion, policies: Sequence[HostFile] = ()) -> Part:
    """Everything that looks at objects before they are stored; what runs by default is never turned off.

    `policies` are files that the server reads as its own admission policies, all in one folder with nothing else in it.
    """
    enabled = spec.enabled(kubernetes)
    settings = [Setting(Component.API_SERVER, "enable-admission-plugins", (",".join(enabled),))]
    if spec.pod_security_gate:
        settings.append(Setting(Component.API_SERVER, "feature-gates", (f"{POD_SECURITY_GATE}=true",)))
    folders = sorted({file.path.rpartition("/")[0] for file in policies})
    blocks = _blocks(spec, kubernetes, folders)
    if blocks:
        document = {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AdmissionConfiguration", "plugins": blocks}
        file = yaml_file(_PART, "admission-configuration.yaml", document)
        mounts = (*_mounts(spec), *(Mount(folder, is_folder=True) for folder in folders))
        settings.append(Setting(Component.API_SERVER, "admission-control-config-file", (file.path,), file, mounts))
    webhook = spec.image_policy_webhook
    files = (*policies, *(() if webhook is None else (_image_policy_kubeconfig(webhook),)))
    return Part(settings=tuple(settings), files=files, advice=tuple(_advice(spec, kubernetes)))


def _blocks(spec: AdmissionSpec, kubernetes: KubeVersion, folders: Sequence[str]) -> list[dict[str, Any]]:
    """The configuration of each plug-in that runs and has one; a block for one that does not run would do nothing."""
    running = default_plugins(kubernetes).union(spec.enabled(kubernetes))
    found = dict(_configurations(spec, kubernetes))
    for folder in folders:
        found["ValidatingAdmissionPolicy"] = {
            "apiVersion": "apiserver.config.k8s.io/v1",
            "kind": "ValidatingAdmissionPolicyConfiguration",
            "staticManifestsDir": folder,
        }
    return [{"name": name, "configuration": found[name]} for name in sorted(found) if name in running]


def _configurations(spec: AdmissionSpec, kubernetes: KubeVersion) -> Iterator[tuple[str, dict[str, Any]]]:
    yield (
        "EventRateLimit",
        {
            "apiVersion": "eventratelimit.admission.k8s.io/v1alpha1",
            "kind": "Configuration",
            "limits": [_event_limit(one) for one in spec.event_rate_limits],
        },
    )
    if (api := pod_security_api(kubernetes, gate=spec.pod_security_gate)) is not None:
        yield "PodSecurity", _pod_security(spec.pod_security, kubernetes, api)
    if spec.image_policy_webhook is not None:
        yield "ImagePolicyWebhook", _image_policy(spec.image_policy_webhook)
    selectors = {"clusterDefaultNodeSelector": spec.default_node_selector, **dict(sorted(spec.node_selectors.items()))}
    if spec.node_selectors or spec.default_node_selector:
        yield (
            "PodNodeSelector",
            {
                "podNodeSelectorPluginConfig": {
                    name: ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
                    for name, labels in selectors.items()
                }
            },
        )
    if spec.pod_tolerations is not None:
        yield (
            "PodTolerationRestriction",
            {
                "apiVersion": "podtolerationrestriction.admission.k8s.io/v1alpha1",
                "kind": "Configuration",
                "default": [toleration(one) for one in spec.pod_tolerations.added],
                "whitelist": list(_allowed(spec.pod_tolerations)),
            },
        )
    if spec.limited_resources:
        yield (
            "ResourceQuota",
            {
                "apiVersion": "apiserver.config.k8s.io/v1",
                "kind": "ResourceQuotaConfiguration",
                "limitedResources": [_limited(one) for one in spec.limited_resources],
            },
        )
    if spec.webhook_kubeconfig_file is not None:
        for name in _WEBHOOK_PLUGINS:
            yield (
                name,
                {
                    "apiVersion": "apiserver.config.k8s.io/v1",
                    "kind": "WebhookAdmissionConfiguration",
                    "kubeConfigFile": spec.webhook_kubeconfig_file,
                },
            )


def _event_limit(one: EventLimitSpec) -> dict[str, Any]:
    limit = {"type": one.kind.value, "qps": one.per_second, "burst": one.burst}
    return limit if one.kind is LimitKind.SERVER else {**limit, "cacheSize": one.remembered}


def _pod_security(spec: PodSecurityDefaultsSpec, kubernetes: KubeVersion, api: str) -> dict[str, Any]:
    """The default for namespaces without labels, and who is not looked at; the reasons stay in the baseline."""
    levels = {"enforce": spec.enforce.value, "audit": "restricted", "warn": "restricted"}
    defaults = {}
    for mode, level in levels.items():
        defaults[mode] = level
        defaults[f"{mode}-version"] = f"v{kubernetes}"
    return {
        "apiVersion": api,
        "kind": "PodSecurityConfiguration",
        "defaults": defaults,
        "exemptions": {
            "usernames": sorted(spec.exempt_users),
            "runtimeClasses": sorted(spec.exempt_runtime_classes),
            "namespaces": sorted(set(spec.exempt_namespaces)),
        },
    }


def _image_policy(spec: ImagePolicyWebhookSpec) -> dict[str, Any]:
    return {
        "imagePolicy": {
            "kubeConfigFile": _image_policy_kubeconfig(spec).path,
            "allowTTL": int(parse_duration(spec.allowed_for)),
            "denyTTL": int(parse_duration(spec.denied_for)),
            "retryBackoff": 500,  # milliseconds
            "defaultAllow": spec.allow_when_unreachable,
        }
    }


def _image_policy_kubeconfig(spec: ImagePolicyWebhookSpec) -> HostFile:
    return webhook_kubeconfig(_PART, "image-policy-webhook", spec.endpoint)


def _allowed(spec: PodTolerationsSpec) -> Iterator[dict[str, str]]:
    """Any when nothing is named; otherwise also what pods get without asking, or none of them could be made."""
    if spec.allowed:
        yield from map(toleration, spec.allowed)
        yield from (dict(one) for one in TOLERATIONS_OF_THE_SERVER)


def _limited(one: LimitedResourceSpec) -> dict[str, Any]:
    limited: dict[str, Any] = {"resource": one.resource}
    if one.api_group:
        limited["apiGroup"] = one.api_group
    if one.match_contains:
        limited["matchContains"] = list(one.match_contains)
    if one.priority_classes:
        limited["matchScopes"] = [
            {"scopeName": "PriorityClass", "operator": "In", "values": list(one.priority_classes)}
        ]
    return limited


def _exempt_everywhere(spec: PodSecurityDefaultsSpec, kubernetes: KubeVersion) -> Iterator[str]:
    """Exemptions that no label of a namespace can take back."""
    if pod_security_api(kubernetes) is None:
        return
    for what, exempt in (("user", spec.exempt_users), ("runtime class", spec.exempt_runtime_classes)):
        for name, reason in sorted(exempt.items()):
            yield (
                f"Pod Security Admission refuses no pod of the {what} {name}, in the namespaces of tenants neither: "
                f"{reason} Let nobody else use it."
            )


def _mounts(spec: AdmissionSpec) -> tuple[Mount, ...]:
    """What the blocks name beside the file itself."""
    mounts: set[Mount] = set()
    if spec.image_policy_webhook is not None:
        mounts.add(Mount(_image_policy_kubeconfig(spec.image_policy_webhook).path))
        mounts.update(endpoint_mounts(spec.image_policy_webhook.endpoint))
    if spec.webhook_kubeconfig_file is not None:
        mounts.update(host_mounts([spec.webhook_kubeconfig_file]))
    return tuple(sorted(mounts, key=lambda mount: mount.path))


def _advice(spec: AdmissionSpec, kubernetes: KubeVersion) -> Iterator[str]:
    listed = names_in(spec.historical_list or "")
    if listed:
        yield (
            "The historical list of --admission-control is translated and not used: the flag is deprecated since 1.10, "
            "excludes --enable-admission-plugins, ignores the order, and as it stands would switch off "
            f"{', '.join(switched_off_by(listed, kubernetes))}."
        )
    for name in sorted(set(listed)):
        if plugins()[name].is_past(kubernetes):
            yield (
                f"{name} of the historical list is gone in Kubernetes {kubernetes}; its work is done by "
                f"{plugins()[name].instead}."
            )
    yield from _exempt_everywhere(spec.pod_security, kubernetes)
    if "PodSecurityPolicy" in spec.enabled(kubernetes):
        yield (
            "PodSecurityPolicy refuses every pod for which no policy may be used: apply the policies and their RBAC "
            "(verb use) first, one for kube-system included, then restart the API server; on a new cluster, where "
            "static pods run without it, apply them as soon as the API server answers."
        )
    if "AlwaysPullImages" in spec.enabled(kubernetes):
        yield (
            "AlwaysPullImages asks the registry at every start of a pod: keep the registry as available as the cluster."
        )
