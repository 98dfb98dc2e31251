"""The shipped table of built-in roles and bindings against the source of two Kubernetes releases."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from k8s_hardening.kube.access.bootstrap import bootstrap_objects
from k8s_hardening.kube.version import KubeVersion
from tests.oracle.go_modules import folder_of_module

pytestmark = pytest.mark.thorough

_FOLDER = "plugin/pkg/auth/authorizer/rbac/bootstrappolicy/testdata"
_FILES = ("cluster-roles", "controller-roles", "namespace-roles")
_BINDINGS = ("cluster-role-bindings", "controller-role-bindings", "namespace-role-bindings")


def plain(one: dict[str, Any]) -> str:
    """What an object says of access, in one form."""
    metadata = one["metadata"]
    labels = {key: value for key, value in (metadata.get("labels") or {}).items() if "bootstrapping" not in key}
    subjects = [[one["kind"], one.get("namespace", ""), one["name"]] for one in one.get("subjects") or []]
    said = [one["kind"], metadata["name"], metadata.get("namespace", ""), labels, subjects]
    rules = sorted(json.dumps(rule, sort_keys=True) for rule in one.get("rules") or [])
    return json.dumps(
        [*said, rules, one.get("aggregationRule"), (one.get("roleRef") or {}).get("name")], sort_keys=True
    )


@pytest.mark.parametrize("minor", [24, 37])
def test_the_table_says_what_the_source_says(minor: int) -> None:
    folder = folder_of_module(f"kubernetes-1.{minor}", "k8s.io/kubernetes") / _FOLDER
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    source = [
        plain(one)
        for name in (*_FILES, *_BINDINGS)
        for one in yaml.load((folder / f"{name}.yaml").read_text(), Loader=loader)["items"]  # noqa: S506 - safe loaders
    ]
    assert sorted(map(plain, bootstrap_objects(KubeVersion(1, minor)))) == sorted(source)
