"""What the API server makes of an HTTP request before it authorizes and audits it.

Source: k8s.io/apiserver v0.18.19 to v0.37.2 pkg/endpoints/request/requestinfo.go (NewRequestInfo).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

_VERBS = {"POST": "create", "GET": "get", "HEAD": "get", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_GROUPLESS = "api"
_PREFIXES = frozenset({_GROUPLESS, "apis"})
_SPECIAL_VERBS = frozenset({"proxy", "watch"})
_NAMESPACE_SUBRESOURCES = frozenset({"status", "finalize"})
_ONE_NAME = re.compile(r"(?:.*,)?metadata\.name==?([^,=!]+)(?:,.*)?")


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """The attributes of a request that authorizers and the audit policy see."""

    verb: str
    """Verb of Kubernetes; of a request for no resource, the method in small letters."""
    path: str
    is_resource: bool = False
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    user: str = ""
    groups: tuple[str, ...] = ()

    @property
    def full_resource(self) -> str:
        """The resource with its subresource, as rules write it."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource


def api_request(method: str, url: str, user: str, groups: tuple[str, ...]) -> ApiRequest:
    """The attributes of a request by a user.

    Args:
        method: of HTTP, in capitals.
        url: path with the query, for example /api/v1/pods?watch=true.
        user: name of the user who was authenticated.
        groups: the user's groups.
    """
    split = urlsplit(url)
    plain = ApiRequest(method.lower(), split.path, user=user, groups=groups)
    parts = split.path.strip("/").split("/")
    if len(parts) < 3 or parts[0] not in _PREFIXES:
        return plain
    prefix, parts = parts[0], parts[1:]
    group = ""
    if prefix != _GROUPLESS:
        if len(parts) < 3:
            return plain
        group, parts = parts[0], parts[1:]
    parts = parts[1:]  # the version
    verb = _VERBS.get(method, "")
    if parts[0] in _SPECIAL_VERBS and len(parts) > 1:
        verb, parts = parts[0], parts[1:]
    namespace = ""
    if parts[0] == "namespaces" and len(parts) > 1:
        namespace = parts[1]
        if len(parts) > 2 and parts[2] not in _NAMESPACE_SUBRESOURCES:
            parts = parts[2:]
    name = parts[1] if len(parts) > 1 else ""
    subresource = parts[2] if len(parts) > 2 and verb != "proxy" else ""
    if not name and verb == "get":
        query = parse_qs(split.query, keep_blank_values=True)
        verb = "watch" if query.get("watch", ["false"])[0].lower() not in ("false", "0") else "list"
        found = _ONE_NAME.fullmatch(query.get("fieldSelector", [""])[0])
        name = found[1] if found else ""
    if not name and verb == "delete":
        verb = "deletecollection"
    return ApiRequest(verb, split.path, True, group, parts[0], subresource, namespace, name, user, groups)
