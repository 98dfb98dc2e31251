"""What the API server looks at before it stores an object: the admission plug-ins and their configuration."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, PositiveInt, model_validator

from k8s_hardening.kube.admission_plugins import REFUSED, names_in, plugins
from k8s_hardening.kube.pod_security import GATED as POD_SECURITY_GATED
from k8s_hardening.kube.pod_security import judges
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.base import Model
from k8s_hardening.model.checked import (
    LabelKey,
    LabelValue,
    Name,
    ObjectName,
    Reason,
    Switch,
    Word,
    not_empty,
    wrong,
)
from k8s_hardening.model.control_plane.leaves import Duration, HostPath, duration_between
from k8s_hardening.model.control_plane.webhook import WebhookEndpoint
from k8s_hardening.model.dialect import Dialect
from k8s_hardening.model.raw import Problem

# What every hardened server runs where its version has it, beside what runs by default.
_SECURE = ("AlwaysPullImages", "DenyServiceExternalIPs", "EventRateLimit", "NodeRestriction")
_CAN_STAY_OFF = ("AlwaysPullImages", "DenyServiceExternalIPs", "EventRateLimit")
_PLUGIN_EXAMPLE = '"OwnerReferencesPermissionEnforcement"'


def _plugin(name: str) -> str:
    if name not in plugins():
        raise wrong("is not the name of an admission plug-in", _PLUGIN_EXAMPLE)
    if name in REFUSED:
        raise wrong(f"is refused: {REFUSED[name]}", _PLUGIN_EXAMPLE)
    return name


def _left_out(name: str) -> str:
    if name not in _CAN_STAY_OFF:
        raise wrong(f"always runs; only {', '.join(_CAN_STAY_OFF)} can stay off", '"AlwaysPullImages"')
    return name


def _historical(text: str) -> str:
    for name in names_in(text):
        if name not in plugins():
            raise wrong(f"names {name}, which is no admission plug-in", '"NamespaceLifecycle,LimitRanger"')
        if name in REFUSED:
            raise wrong(f"names {name}, which is refused: {REFUSED[name]}", '"NamespaceLifecycle,LimitRanger"')
    if not names_in(text):
        raise wrong("names no plug-in", '"NamespaceLifecycle,LimitRanger"')
    return text


def _exempt_user(name: str) -> str:
    # Every pod that a controller makes for somebody else is the controller's: k8s.io/pod-security-admission v0.37.2
    # looks at the user of the request only (admission/admission.go, exemptUser).
    is_account = name.startswith(_ACCOUNT) and not name.startswith(f"{_ACCOUNT}kube-system:")
    if name.startswith("system:") and not is_account and not name.startswith("system:node:"):
        raise wrong("is a part of the control plane, which makes pods for everybody", '"alice@example.com"')
    return name


_ACCOUNT = "system:serviceaccount:"
_Plugin = Annotated[str, AfterValidator(_plugin)]
_ExemptUser = Annotated[Word, AfterValidator(_exempt_user)]
_LeftOut = Annotated[str, AfterValidator(_left_out)]
_HistoricalList = Annotated[str, AfterValidator(_historical)]
_CachedFor = Annotated[Duration, duration_between("1s", "30m")]
_ENDPOINT = {
    "url": "https://images.example.com/review",
    "client_certificate_file": "/etc/kubernetes/pki/images-client.crt",
    "client_key_file": "/etc/kubernetes/pki/images-client.key",
}


class DefaultLevel(StrEnum):
    """Levels to which a namespace without labels can be held; privileged is not among them."""

    BASELINE = "baseline"
    RESTRICTED = "restricted"


class PodSecurityDefaultsSpec(Model):
    """Pod Security Admission for namespaces without labels of their own."""

    enforce: DefaultLevel = DefaultLevel.BASELINE
    """Level that pods of such namespaces must keep to; restricted is always warned about and audited."""
    exempt_namespaces: dict[Name, Reason] = {"kube-system": "It runs parts of the system that share the node."}
    """Weaker: namespaces that are not looked at, each with the reason; none of a tenant."""
    exempt_users: dict[_ExemptUser, Reason] = Field(
        default={}, examples=[{"system:serviceaccount:storage:driver": "It starts the helpers that mount volumes."}]
    )
    """Weaker: users whose pods are not looked at in any namespace, each with the reason; never a controller."""
    exempt_runtime_classes: dict[ObjectName, Reason] = Field(
        default={}, examples=[{"kata": "Its pods run in a virtual machine of their own."}]
    )
    """Weaker: runtime classes whose pods are not looked at in any namespace, each with the reason."""


class LimitKind(StrEnum):
    """Whose events share one limit."""

    SERVER = "Server"
    NAMESPACE = "Namespace"
    USER = "User"
    SOURCE_AND_OBJECT = "SourceAndObject"


class EventLimitSpec(Model):
    """How many events may come in."""

    kind: LimitKind = Field(examples=["Namespace"])
    """Whose events share the limit."""
    per_second: PositiveInt = Field(examples=[50], le=2**31 - 1)
    """Events each second in the long run."""
    burst: PositiveInt = Field(examples=[100], le=2**31 - 1)
    """Events at once after a quiet time."""
    remembered: PositiveInt = Field(default=4096, le=2**31 - 1)
    """How many namespaces, users or objects are told apart; without meaning for Server."""


class ImagePolicyWebhookSpec(Model):
    """A service that says which images may run."""

    endpoint: WebhookEndpoint = Field(examples=[_ENDPOINT])
    """Where the service answers."""
    allowed_for: _CachedFor = "1m"
    """How long a yes is kept; whole seconds."""
    denied_for: _CachedFor = "30s"
    """How long a no is kept; whole seconds."""
    allow_when_unreachable: Switch = False
    """Weaker: let every image run while the service does not answer."""


class Effect(StrEnum):
    """What a taint does."""

    NO_SCHEDULE = "NoSchedule"
    PREFER_NO_SCHEDULE = "PreferNoSchedule"
    NO_EXECUTE = "NoExecute"


class TolerationSpec(Model):
    """Taints that a pod may tolerate."""

    key: LabelKey = Field(examples=["example.com/gpu"])
    """Key of the taint."""
    value: LabelValue | None = Field(default=None, examples=["shared"])
    """Value of the taint; every value when left out."""
    effect: Effect | None = Field(default=None, examples=["NoSchedule"])
    """Effect of the taint; every effect when left out."""


class PodTolerationsSpec(Model):
    """Tolerations for namespaces that have no annotations about them."""

    added: tuple[TolerationSpec, ...] = Field(default=(), examples=[[{"key": "example.com/gpu"}]])
    """Tolerations that every pod gets."""
    allowed: tuple[TolerationSpec, ...] = Field(default=(), examples=[[{"key": "example.com/gpu"}]])
    """Tolerations that pods may have; any when empty."""


class LimitedResourceSpec(Model):
    """What can be used only where a ResourceQuota covers it."""

    resource: Word = Field(examples=["pods"])
    """Resource by its plural name."""
    api_group: str = Field(default="", examples=["batch"])
    """API group of the resource; empty for the core."""
    match_contains: tuple[Word, ...] = Field(default=(), examples=[[".storageclass.storage.k8s.io/requests.storage"]])
    """Names of quota entries (or parts of them) that must be covered."""
    priority_classes: tuple[ObjectName, ...] = Field(default=(), examples=[["system-cluster-critical"]])
    """Pods of these priority classes must be covered."""

    @model_validator(mode="after")
    def _says_what(self) -> LimitedResourceSpec:
        if not self.match_contains and not self.priority_classes:
            raise wrong("limits nothing", '{resource: "pods", priority_classes: ["system-cluster-critical"]}')
        return self


class AdmissionSpec(Model):
    """What the API server looks at before it stores an object."""

    enable: tuple[_Plugin, ...] = Field(default=(), examples=[["OwnerReferencesPermissionEnforcement"]])
    """Plug-ins beside the default ones and the secure set, which always run."""
    without: tuple[_LeftOut, ...] = Field(default=(), examples=[["AlwaysPullImages"]])
    """Weaker: plug-ins of the secure set that stay off."""
    historical_list: _HistoricalList | None = Field(
        default=None, examples=["NamespaceLifecycle,LimitRanger,ServiceAccount"]
    )
    """The list of --admission-control as an old manifest has it; its intent is translated."""
    event_rate_limits: Annotated[
        tuple[EventLimitSpec, ...], not_empty('[{kind: "Namespace", per_second: 50, burst: 100}]')
    ] = (
        EventLimitSpec(kind=LimitKind.SERVER, per_second=1000, burst=5000),
        EventLimitSpec(kind=LimitKind.NAMESPACE, per_second=50, burst=200),
        EventLimitSpec(kind=LimitKind.SOURCE_AND_OBJECT, per_second=10, burst=50),
    )
    """Limits of the plug-in EventRateLimit, so that no namespace fills etcd with events."""
    pod_security: PodSecurityDefaultsSpec = PodSecurityDefaultsSpec()
    """Pod Security Admission for namespaces without labels."""
    pod_security_gate: Switch = False
    """Turn on the feature gate without which Kubernetes 1.22 has no Pod Security Admission."""
    image_policy_webhook: ImagePolicyWebhookSpec | None = Field(default=None, examples=[{"endpoint": _ENDPOINT}])
    """A service that says which images may run."""
    node_selectors: dict[Name, dict[LabelKey, LabelValue]] = Field(
        default={}, examples=[{"payments-api": {"example.com/pool": "payments"}}]
    )
    """Labels of nodes that the pods of a namespace may ask for, and no others; turns PodNodeSelector on."""
    default_node_selector: dict[LabelKey, LabelValue] = Field(default={}, examples=[{"example.com/pool": "shared"}])
    """Labels of nodes that pods get whose namespace has none of its own; turns PodNodeSelector on, too."""
    pod_tolerations: PodTolerationsSpec | None = Field(
        default=None, examples=[{"allowed": [{"key": "example.com/gpu"}]}]
    )
    """Taints that pods may tolerate; turns PodTolerationRestriction on."""
    limited_resources: tuple[LimitedResourceSpec, ...] = Field(
        default=(), examples=[[{"resource": "pods", "priority_classes": ["system-cluster-critical"]}]]
    )
    """What can be used only where a ResourceQuota covers it."""
    webhook_kubeconfig_file: HostPath | None = Field(default=None, examples=["/etc/kubernetes/admission-webhooks.conf"])
    """A kubeconfig on the host by which the server shows admission webhooks who it is."""

    def enabled(self, kubernetes: KubeVersion) -> tuple[str, ...]:
        """What the server is told to run, beside what runs by default; sorted, since the order has no effect."""
        historical = {name for name in names_in(self.historical_list or "") if not plugins()[name].default_on}
        wanted = {*_SECURE, *self.enable, *self._by_configuration(), *historical}
        if judges(kubernetes, gate=self.pod_security_gate):
            wanted.add("PodSecurity")  # named although it runs by default: the file configures it
        wanted -= set(self.without)
        return tuple(sorted(name for name in wanted if plugins()[name].is_known(kubernetes)))

    def problems(self, kubernetes: KubeVersion, dialect: Dialect) -> Iterator[Problem]:  # noqa: ARG002 as every part
        """What this version does not have, and plug-ins without the configuration that they need."""
        for index, name in enumerate(self.enable):
            if (text := self._plugin_problem(name, kubernetes)) is not None:
                yield ("enable", index), name, text
        if "ImagePolicyWebhook" in names_in(self.historical_list or "") and self.image_policy_webhook is None:
            yield ("historical_list",), self.historical_list, _NEEDS_WEBHOOK
        if self.pod_security_gate and kubernetes != POD_SECURITY_GATED:
            yield ("pod_security_gate",), True, f"is for Kubernetes {POD_SECURITY_GATED} alone; remove it"
        for field, plugin in (("pod_security", "PodSecurity"), ("event_rate_limits", "EventRateLimit")):
            if field in self.model_fields_set and plugin not in self.enabled(kubernetes):
                value = self.model_dump(mode="json")[field]
                yield (field,), value, f"configures {plugin}, which does not run here; remove it"

    def _by_configuration(self) -> Iterator[str]:
        """Plug-ins that are wanted because their configuration is."""
        if self.image_policy_webhook is not None:
            yield "ImagePolicyWebhook"
        if self.node_selectors or self.default_node_selector:
            yield "PodNodeSelector"
        if self.pod_tolerations is not None:
            yield "PodTolerationRestriction"

    def _plugin_problem(self, name: str, kubernetes: KubeVersion) -> str | None:
        plugin = plugins()[name]
        if plugin.is_past(kubernetes):
            return f"is {_gone(name)}; remove it"
        if plugin.since is not None and kubernetes < plugin.since:
            return f"comes with Kubernetes {plugin.since}; remove it"
        if name in self.without:
            return "is named by without as well; remove it from one of the two"
        if name == "ImagePolicyWebhook" and self.image_policy_webhook is None:
            return _NEEDS_WEBHOOK
        return None


_NEEDS_WEBHOOK = "needs the service that ImagePolicyWebhook asks; set image_policy_webhook"


def _gone(name: str) -> str:
    plugin = plugins()[name]
    last = plugin.last or KubeVersion(1, 0)
    return f"gone since Kubernetes {last.major}.{last.minor + 1}, and its work is done by {plugin.instead}"
