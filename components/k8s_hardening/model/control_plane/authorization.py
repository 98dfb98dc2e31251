"""Who may do what: Node and RBAC always, webhooks before or after them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, model_validator

from k8s_hardening.kube.authorization import CONFIGURATION_SINCE, MOST_MATCH_CONDITIONS, Authorizer, FailurePolicy
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.base import Model
from k8s_hardening.model.checked import ObjectName, Switch, not_empty, wrong
from k8s_hardening.model.control_plane.leaves import Duration, Expression, HostPath, duration_between
from k8s_hardening.model.control_plane.webhook import WebhookEndpoint
from k8s_hardening.model.dialect import Dialect
from k8s_hardening.model.raw import Problem

_Timeout = Annotated[Duration, duration_between("100ms", "30s")]
_CacheTtl = Annotated[Duration, duration_between("1s", "1h")]
_ENDPOINT = {
    "url": "https://reviews.example.com/authorize",
    "client_certificate_file": "/etc/kubernetes/pki/reviews-client.crt",
    "client_key_file": "/etc/kubernetes/pki/reviews-client.key",
}


class AuthorizationWebhookSpec(Model):
    """A service that is asked whether a request may pass."""

    name: ObjectName = Field(examples=["deny-list"])
    """Name of the webhook in metrics and files."""
    endpoint: WebhookEndpoint = Field(examples=[_ENDPOINT])
    """Where the service answers."""
    failure_policy: FailurePolicy = FailurePolicy.DENY
    """What happens when it does not answer; NoOpinion is weaker: the next authorizer decides."""
    match_conditions: tuple[Expression, ...] = Field(
        default=(), examples=[["has(request.resourceAttributes) && request.resourceAttributes.namespace == 'payments'"]]
    )
    """CEL expressions that must all hold for the webhook to be asked; need Kubernetes 1.30."""
    timeout: _Timeout = "3s"
    """How long to wait for an answer; below Kubernetes 1.30 it is always 30s."""
    authorized_ttl: _CacheTtl = "30s"
    """How long a yes is kept, and so how long a right that was taken away still works."""
    unauthorized_ttl: _CacheTtl = "30s"
    """How long a no is kept."""

    @model_validator(mode="after")
    def _conditions(self) -> AuthorizationWebhookSpec:
        if len(self.match_conditions) > MOST_MATCH_CONDITIONS:
            raise wrong(f"has more than {MOST_MATCH_CONDITIONS} match_conditions", "one that joins some by &&")
        if len(set(self.match_conditions)) < len(self.match_conditions):
            raise wrong("has a match condition twice", "each once")
        return self


class AuthorizerSpec(Model):
    """One authorizer; they are asked in the order of the list, and the first that allows or denies decides."""

    type: Authorizer = Field(examples=["RBAC"])
    """Kind of the authorizer; AlwaysAllow is refused."""
    webhook: AuthorizationWebhookSpec | None = Field(
        default=None, examples=[{"name": "deny-list", "endpoint": _ENDPOINT}]
    )
    """The service of a Webhook authorizer."""

    @model_validator(mode="after")
    def _fits(self) -> AuthorizerSpec:
        if self.type is Authorizer.ALWAYS_ALLOW:
            raise wrong("is AlwaysAllow, which lets everybody do everything", '{type: "RBAC"}')
        if (self.type is Authorizer.WEBHOOK) != (self.webhook is not None):
            raise wrong("has a webhook without being of type Webhook, or the reverse", '{type: "Node"}')
        return self


class AuthorizationSpec(Model):
    """Who may do what."""

    authorizers: Annotated[tuple[AuthorizerSpec, ...], not_empty('[{type: "Node"}, {type: "RBAC"}]')] = Field(
        default=(AuthorizerSpec(type=Authorizer.NODE), AuthorizerSpec(type=Authorizer.RBAC)),
        examples=[[{"type": "Node"}, {"type": "RBAC"}]],
    )
    """Who is asked, in this order; Node and RBAC must be among them."""
    allow_abac: Switch = False
    """Weaker: take rights from a file that only a restart reads anew, beside RBAC."""
    abac_policy_file: HostPath | None = Field(default=None, examples=["/etc/kubernetes/abac/policy.jsonl"])
    """The file of the authorizer ABAC on the host."""
    allow_always_deny: Switch = False
    """For tests only: take AlwaysDeny into the list; it has no opinion of its own and allows nothing."""

    @model_validator(mode="after")
    def _whole(self) -> AuthorizationSpec:
        types = [one.type for one in self.authorizers]
        for needed in (Authorizer.NODE, Authorizer.RBAC):
            if needed not in types:
                raise wrong(f"has authorizers without {needed}", '{authorizers: [{type: "Node"}, {type: "RBAC"}]}')
        for one in Authorizer:
            if one is not Authorizer.WEBHOOK and types.count(one) > 1:
                raise wrong(f"has the authorizer {one} twice", '{authorizers: [{type: "Node"}, {type: "RBAC"}]}')
        names = [webhook.name for webhook in self.webhooks()]
        if len(set(names)) < len(names) or not {name.lower() for name in names}.isdisjoint(_BUILT_IN_NAMES):
            raise wrong("has two authorizers of one name", '{name: "deny-list"}')
        if (Authorizer.ABAC in types) != self.allow_abac or self.allow_abac != (self.abac_policy_file is not None):
            raise wrong(
                "has not all three or none of the authorizer ABAC, allow_abac and abac_policy_file",
                '{authorizers: [{type: "Node"}, {type: "RBAC"}]}',
            )
        if (Authorizer.ALWAYS_DENY in types) != self.allow_always_deny:
            raise wrong(
                "has only one of the authorizer AlwaysDeny and allow_always_deny",
                '{authorizers: [{type: "Node"}, {type: "RBAC"}]}',
            )
        return self

    def webhooks(self) -> tuple[AuthorizationWebhookSpec, ...]:
        """The webhooks in their order."""
        return tuple(one.webhook for one in self.authorizers if one.webhook is not None)

    def problems(self, kubernetes: KubeVersion, dialect: Dialect) -> Iterator[Problem]:  # noqa: ARG002 as every part
        """What this version cannot do."""
        if kubernetes >= CONFIGURATION_SINCE:
            return
        needs = f"needs Kubernetes {CONFIGURATION_SINCE}"
        if len(self.webhooks()) > 1:
            yield ("authorizers",), [one.name for one in self.webhooks()], f"names more than one webhook, which {needs}"
        for index, one in enumerate(self.authorizers):
            if (webhook := one.webhook) is None:
                continue
            where = ("authorizers", index, "webhook")
            if webhook.match_conditions:
                yield (*where, "match_conditions"), list(webhook.match_conditions), f"{needs}; remove them"
            if webhook.failure_policy is FailurePolicy.DENY:
                text = f'{needs}, since an older server goes on without the webhook; for example "NoOpinion"'
                yield (*where, "failure_policy"), webhook.failure_policy.value, text
            if "timeout" in webhook.model_fields_set:
                yield (*where, "timeout"), webhook.timeout, f"{needs}, an older server always waits 30s; remove it"


# The plan names the built-in authorizers after their type.
_BUILT_IN_NAMES = frozenset(one.value.lower() for one in Authorizer)
