from __future__ import annotations

import pytest

from k8s_hardening.kube.api_requests import ApiRequest, api_request


def of(method: str, url: str) -> ApiRequest:
    return api_request(method, url, "alice", ("team",))


# Rows from k8s.io/apiserver v0.37.2 pkg/endpoints/request/requestinfo_test.go (TestGetAPIRequestInfo), and our own.
@pytest.mark.parametrize(
    ("method", "url", "verb", "group", "namespace", "resource", "subresource", "name"),
    [
        ("GET", "/api/v1/namespaces", "list", "", "", "namespaces", "", ""),
        ("GET", "/api/v1/namespaces/other", "get", "", "other", "namespaces", "", "other"),
        ("GET", "/api/v1/namespaces/other/pods", "list", "", "other", "pods", "", ""),
        ("GET", "/api/v1/namespaces/other/pods/foo", "get", "", "other", "pods", "", "foo"),
        ("HEAD", "/api/v1/namespaces/other/pods/foo", "get", "", "other", "pods", "", "foo"),
        ("GET", "/api/v1/pods", "list", "", "", "pods", "", ""),
        ("HEAD", "/api/v1/pods", "list", "", "", "pods", "", ""),
        ("GET", "/api/v1/namespaces/other/pods/foo/status", "get", "", "other", "pods", "status", "foo"),
        ("PUT", "/api/v1/namespaces/other/finalize", "update", "", "other", "namespaces", "finalize", "other"),
        ("PUT", "/api/v1/namespaces/other/status", "update", "", "other", "namespaces", "status", "other"),
        ("GET", "/api/v1/proxy/namespaces/other/pods/foo", "proxy", "", "other", "pods", "", "foo"),
        ("GET", "/api/v1/proxy/namespaces/other/pods/foo/sub", "proxy", "", "other", "pods", "", "foo"),
        ("GET", "/api/v1/watch/pods", "watch", "", "", "pods", "", ""),
        ("GET", "/api/v1/pods?watch=true", "watch", "", "", "pods", "", ""),
        ("GET", "/api/v1/pods?watch=1", "watch", "", "", "pods", "", ""),
        ("GET", "/api/v1/pods?watch=", "watch", "", "", "pods", "", ""),
        ("GET", "/api/v1/pods?watch=false", "list", "", "", "pods", "", ""),
        ("GET", "/api/v1/watch/namespaces/other/pods", "watch", "", "other", "pods", "", ""),
        ("GET", "/api/v1/namespaces/other/pods?watch=1", "watch", "", "other", "pods", "", ""),
        ("GET", "/api/v1/pods?fieldSelector=metadata.name%3Dfoo", "list", "", "", "pods", "", "foo"),
        ("GET", "/api/v1/pods?fieldSelector=spec.nodeName%3Dfoo", "list", "", "", "pods", "", ""),
        ("DELETE", "/api/v1/namespaces/other/pods/foo", "delete", "", "other", "pods", "", "foo"),
        ("DELETE", "/api/v1/namespaces/other/pods", "deletecollection", "", "other", "pods", "", ""),
        ("POST", "/api/v1/namespaces/other/pods", "create", "", "other", "pods", "", ""),
        ("PATCH", "/api/v1/namespaces/other/pods/foo", "patch", "", "other", "pods", "", "foo"),
        ("GET", "/apis/extensions/v1/namespaces/other/pods", "list", "extensions", "other", "pods", "", ""),
        ("POST", "/apis/policy.example.com/v1/roles", "create", "policy.example.com", "", "roles", "", ""),
        ("GET", "/api/v1/namespaces/other/services/app/proxy/a/b", "get", "", "other", "services", "proxy", "app"),
        ("TRACE", "/api/v1/pods/foo", "", "", "", "pods", "", "foo"),
        ("GET", "/api/v1/namespaces//pods", "list", "", "", "pods", "", ""),
        ("POST", "/api/v1/pods//exec", "create", "", "", "pods", "exec", ""),
    ],
)  # fmt: skip
def test_a_request_for_a_resource(
    method: str, url: str, verb: str, group: str, namespace: str, resource: str, subresource: str, name: str
) -> None:
    found = of(method, url)
    assert found.is_resource
    assert (found.verb, found.group, found.namespace) == (verb, group, namespace)
    assert (found.resource, found.subresource, found.name) == (resource, subresource, name)
    assert (found.user, found.groups) == ("alice", ("team",))
    assert found.full_resource == (f"{resource}/{subresource}" if subresource else resource)


@pytest.mark.parametrize(
    "url",
    ["/", "", "/api", "/api/v1", "/apis", "/apis/apps", "/apis/apps/v1", "/healthz", "/logs/a/b/c", "/version?x=1"],
)
def test_a_request_for_no_resource_keeps_its_path_and_method(url: str) -> None:
    found = of("GET", url)
    assert (found.is_resource, found.verb, found.path) == (False, "get", url.partition("?")[0])
    assert found.full_resource == ""
