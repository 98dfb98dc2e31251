"""The audit policy as the API server reads it: what it refuses, and which rule decides about a request.

The types audit.k8s.io/v1, v1beta1 and v1alpha1 have the same fields. Sources: k8s.io/apiserver v0.18.19 to v0.37.2
pkg/audit/policy/checker.go (ruleMatches, EvaluatePolicyRule), pkg/audit/policy/reader.go,
pkg/apis/audit/validation/validation.go, pkg/apis/audit/v1/types.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from k8s_hardening.kube.api_requests import ApiRequest
from k8s_hardening.kube.manifest import Manifest, as_list, as_map, as_str
from k8s_hardening.kube.names import is_dns1123_subdomain
from k8s_hardening.kube.version import KubeVersion

GROUP = "audit.k8s.io"
KIND = "Policy"
API_VERSION = f"{GROUP}/v1"
"""Read by every version."""
OLD_API_VERSIONS = frozenset({f"{GROUP}/v1alpha1", f"{GROUP}/v1beta1"})
OLD_API_VERSIONS_UNTIL = KubeVersion(1, 23)
"""The last version that reads them."""
OMIT_MANAGED_FIELDS_SINCE = KubeVersion(1, 23)
"""Before it a server drops the field omitManagedFields with the file's other unknown ones."""
COMPRESSION_SINCE = KubeVersion(1, 20)
"""From here on there is the flag --audit-log-compress (pkg/server/options/audit.go)."""
EVERY_GROUP = "*"
EVERY_GROUP_SINCE = KubeVersion(1, 36)
"""Before it a server refuses the group `*` in a rule: it is no DNS subdomain."""


class Level(StrEnum):
    """How much of a request is written, least first."""

    NONE = "None"
    METADATA = "Metadata"
    REQUEST = "Request"
    REQUEST_RESPONSE = "RequestResponse"

    @property
    def rank(self) -> int:
        """Place in the order of levels."""
        return list(Level).index(self)


class Stage(StrEnum):
    """When an event about a request is written."""

    REQUEST_RECEIVED = "RequestReceived"
    RESPONSE_STARTED = "ResponseStarted"
    RESPONSE_COMPLETE = "ResponseComplete"
    PANIC = "Panic"


@dataclass(frozen=True, slots=True)
class Decision:
    """What a policy decides about a request."""

    level: Level
    rule: int | None
    """Index of the rule that matched first; None when none did, and then nothing is written."""
    omitted: frozenset[Stage]
    """Stages of which no event is written."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a server does not start with a policy."""

    path: str
    value: Any
    fix: str


def decide(policy: Manifest, request: ApiRequest) -> Decision:
    """The level of a request: that of the first rule which matches it.

    The policy is one without refusals; what has the wrong shape counts as absent.
    """
    everywhere = _stages(policy.get("omitStages"))
    for index, rule in enumerate(map(as_map, as_list(policy.get("rules")))):
        if _matches(rule, request):
            return Decision(Level(rule["level"]), index, everywhere | _stages(rule.get("omitStages")))
    return Decision(Level.NONE, None, everywhere)


def _stages(value: Any) -> frozenset[Stage]:
    return frozenset(Stage(stage) for stage in as_list(value))


def _matches(rule: dict[str, Any], request: ApiRequest) -> bool:
    users, groups, verbs = (_texts(rule.get(field)) for field in ("users", "userGroups", "verbs"))
    if users and request.user not in users:
        return False
    if groups and not any(group in groups for group in request.groups):
        return False
    if verbs and request.verb not in verbs:
        return False
    namespaces, resources = _texts(rule.get("namespaces")), as_list(rule.get("resources"))
    if namespaces or resources:
        if not request.is_resource or (namespaces and request.namespace not in namespaces):
            return False
        return not resources or any(_matches_resource(as_map(one), request) for one in resources)
    if urls := _texts(rule.get("nonResourceURLs")):
        return not request.is_resource and any(_matches_url(url, request.path) for url in urls)
    return True


def _texts(value: Any) -> list[str]:
    """A list of texts as the server decodes it: null becomes the empty one."""
    return [as_str(text) for text in as_list(value)]


def _matches_resource(wanted: dict[str, Any], request: ApiRequest) -> bool:
    if as_str(wanted.get("group")) not in (request.group, EVERY_GROUP):
        return False
    resources, names = _texts(wanted.get("resources")), _texts(wanted.get("resourceNames"))
    if not resources:
        return True
    if names and request.name not in names:
        return False
    fitting = {request.full_resource, "*", f"{request.resource}/*"}
    if request.subresource:
        fitting.add(f"*/{request.subresource}")
    return any(resource in fitting for resource in resources)


def _matches_url(wanted: str, path: str) -> bool:
    return wanted in ("*", path) or (wanted.endswith("*") and path.startswith(wanted.rstrip("*")))


def refusals(policy: Manifest, version: KubeVersion) -> Iterator[Refusal]:
    """Why servers of a version do not start with a policy; nothing for one that they take."""
    api_version = policy.get("apiVersion")
    if api_version != API_VERSION and (api_version not in OLD_API_VERSIONS or version > OLD_API_VERSIONS_UNTIL):
        yield Refusal("apiVersion", api_version, f'set it to "{API_VERSION}"')
    yield from _bad_stages("omitStages", policy.get("omitStages"))
    rules = policy.get("rules")
    if not isinstance(rules, list) or not rules:
        yield Refusal("rules", rules, "give the policy rules; without one the server does not start")
        return
    for index, rule in enumerate(rules):
        path = f"rules[{index}]"
        if isinstance(rule, dict):
            yield from _bad_rule(path, rule, version)
        else:
            yield Refusal(path, rule, "make it a rule, that is a mapping with a level")


def _bad_rule(path: str, rule: dict[str, Any], version: KubeVersion) -> Iterator[Refusal]:
    level = rule.get("level")
    if not isinstance(level, str) or level not in list(Level):
        yield Refusal(f"{path}.level", level, f"set it to one of {', '.join(Level)}")
    for field in ("users", "userGroups", "verbs", "namespaces", "nonResourceURLs"):
        yield from _bad_texts(f"{path}.{field}", rule.get(field))
    yield from _bad_stages(f"{path}.omitStages", rule.get("omitStages"))
    urls = as_list(rule.get("nonResourceURLs"))
    for index, url in enumerate(urls):
        if url is None or (isinstance(url, str) and url != "*" and (not url.startswith("/") or "*" in url[:-1])):
            yield Refusal(
                f"{path}.nonResourceURLs[{index}]", url, "start it with / and write * as its last character only"
            )
    if urls and (as_list(rule.get("resources")) or as_list(rule.get("namespaces"))):
        yield Refusal(f"{path}.nonResourceURLs", urls, "make two rules, one for URLs and one for resources")
    resources = rule.get("resources")
    if resources is not None and not isinstance(resources, list):
        yield Refusal(f"{path}.resources", resources, "make it a list of groups with their resources")
    for index, one in enumerate(as_list(resources)):
        yield from _bad_resources(f"{path}.resources[{index}]", one, version)


def _bad_resources(path: str, wanted: Any, version: KubeVersion) -> Iterator[Refusal]:
    if wanted is None:
        return  # decoded as the whole core group
    if not isinstance(wanted, dict):
        yield Refusal(path, wanted, "make it a mapping with group and resources")
        return
    group = wanted.get("group")
    if group == EVERY_GROUP:
        if version < EVERY_GROUP_SINCE:
            fix = f"name the group; servers before {EVERY_GROUP_SINCE} refuse every group at once"
            yield Refusal(f"{path}.group", group, fix)
    elif group not in (None, "") and not (isinstance(group, str) and is_dns1123_subdomain(group)):
        yield Refusal(f"{path}.group", group, 'name the group without a version, for example "apps"; the core group ""')
    for field in ("resources", "resourceNames"):
        yield from _bad_texts(f"{path}.{field}", wanted.get(field))
    if as_list(wanted.get("resourceNames")) and not as_list(wanted.get("resources")):
        yield Refusal(f"{path}.resourceNames", wanted["resourceNames"], "name the resources that are called so")


def _bad_stages(path: str, value: Any) -> Iterator[Refusal]:
    if value is not None and not isinstance(value, list):
        yield Refusal(path, value, "make it a list of stages")
    for index, stage in enumerate(as_list(value)):
        if not isinstance(stage, str) or stage not in list(Stage):
            yield Refusal(f"{path}[{index}]", stage, f"name one of {', '.join(Stage)}")


def _bad_texts(path: str, value: Any) -> Iterator[Refusal]:
    if value is not None and not isinstance(value, list):
        yield Refusal(path, value, "make it a list of texts")
    for index, text in enumerate(as_list(value)):
        if text is not None and not isinstance(text, str):
            yield Refusal(f"{path}[{index}]", text, "make it a text")
