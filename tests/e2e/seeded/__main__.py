"""A team's program with the seeded objects of a file, each as the typed resource that a team would write."""

import json
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from k8s_hardening.resources.kinds import fields_of

config = pulumi.Config()
provider = kubernetes.Provider("cluster", kubeconfig="", render_yaml_to_directory=config.require("render"))
# The id of a resource that is still to be made is unknown at preview.
later = kubernetes.core.v1.ConfigMap(
    "later",
    metadata={"name": "later", "namespace": "payments-api"},
    opts=pulumi.ResourceOptions(provider=provider),
).id.apply(lambda known: bool(known) and False)


def with_unknown(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: with_unknown(item) for key, item in value.items()}
    if isinstance(value, list):
        return [with_unknown(item) for item in value]
    return later if value == "UNKNOWN" else value


MODULES = {"": kubernetes.core, "apps": kubernetes.apps, "rbac.authorization.k8s.io": kubernetes.rbac}


def typed(manifest: dict[str, Any]) -> Any:
    group, _, version = manifest["apiVersion"].rpartition("/")
    return getattr(getattr(MODULES[group], version), manifest["kind"])


for index, manifest in enumerate(json.loads(Path(config.require("objects")).read_text())):
    typed(manifest)(
        f"seeded-{index}",
        opts=pulumi.ResourceOptions(provider=provider),
        **with_unknown(fields_of(manifest)),
    )
