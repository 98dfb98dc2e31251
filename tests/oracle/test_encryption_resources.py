"""Where etcd holds what, and how its values begin: held to the tests and the code of Kubernetes itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from k8s_hardening.kube.encrypted_values import key_of
from k8s_hardening.kube.encryption_resources import BUILT_IN, Resource, resource_at
from tests.oracle.go_modules import folder_of_module

pytestmark = pytest.mark.thorough

KUBERNETES = "k8s.io/kubernetes"
_RESOURCE = re.compile(r'gvr\("([^"]*)", "[^"]*", "([^"]*)"\): \{(.*?)\n\t\t\}', re.DOTALL)
_PATH = re.compile(r"ExpectedEtcdPath:\s+(.*?),\n")


def paths_in_etcd(kubernetes: Path) -> set[tuple[Resource, str]]:
    """Each resource that Kubernetes stores in its own test, with the key under which it expects it."""
    text = (kubernetes / "test/integration/etcd/data.go").read_text()
    found = set()
    for group, name, body in _RESOURCE.findall(text):
        if (path := _PATH.search(body)) is not None:
            found.add((Resource(group, name), re.sub(r'"\s*\+\s*namespace\s*\+\s*"', "ns", path[1]).strip('"')))
    return found


@pytest.mark.parametrize("tool", ["kubernetes-1.24", "kubernetes-1.37"])
def test_every_object_is_found_where_kubernetes_expects_it(tool: str) -> None:
    expected = paths_in_etcd(folder_of_module(tool, KUBERNETES))
    assert expected
    # Events are kept in the core group, and so were the resources of extensions in the groups that they moved to.
    moved = {"events.k8s.io": "", "extensions": "networking.k8s.io"}
    wrong = {
        (str(resource), path)
        for resource, path in expected
        if resource_at(path) != Resource(moved.get(resource.group, resource.group), resource.name)
    }
    assert not wrong


def test_the_table_holds_what_the_newest_version_stores() -> None:
    stored = {resource for resource, _ in paths_in_etcd(folder_of_module("kubernetes-1.37", KUBERNETES))}
    built_in = {one for one in stored if not one.is_custom and one.group not in ("events.k8s.io", "extensions")}
    known = {Resource(group, name) for group, names in BUILT_IN.items() for name in names}
    others = {
        Resource("apiextensions.k8s.io", "customresourcedefinitions"),
        Resource("apiregistration.k8s.io", "apiservices"),
    }
    assert known - built_in == {Resource("policy", "podsecuritypolicies")}  # until 1.24
    assert built_in - known == others


def test_the_prefixes_are_those_of_the_server() -> None:
    folder = folder_of_module("kubernetes-1.37", "k8s.io/apiserver")
    source = (folder / "pkg/server/options/encryptionconfig/config.go").read_text()
    prefixes = re.findall(r'TransformerPrefixV[12]\s+= "(k8s:enc:[^"]+)"', source)
    assert len(prefixes) == 5
    found = {str(key_of(f"{prefix}key-1:\x00".encode())) for prefix in prefixes}
    assert found == {"aescbc key-1", "aesgcm key-1", "secretbox key-1", "kms v1 key-1", "kms v2 key-1"}
