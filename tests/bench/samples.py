"""What is measured with: resources as a real stack has them, and a platform with many tenants."""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from k8s_hardening.cli.stack_files import baseline_of
from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.plans.baseline import plan_baseline
from tests.builders import DIGEST, container, pod, wrap_pod

ROOT = Path(__file__).parents[2]
DEV_CONFIGURATION = ROOT / "policy-pack/config/dev.json"
_PLANNED, _DEPLOYMENTS = 7, 3  # of ten resources
Registered = tuple[str, Manifest]
"""Type token and properties of one resource."""
# Module of a type token where it is not the API group itself (pulumi-kubernetes 4.27.0).
_CORE = {"v1": "core/v1"}


def deployment(number: int, namespace: str = "payments-api") -> Manifest:
    """A Deployment with three containers that every control accepts in the dev environment."""
    containers = [
        container(
            name,
            image=f"registry.example.com/tenants/{name}@{DIGEST}",
            ports=[{"name": "http", "containerPort": 8080 + index, "protocol": "TCP"}],
            env=[{"name": "LOG_LEVEL", "value": "info"}, {"name": "PORT", "value": str(8080 + index)}],
            volumeMounts=[{"name": "scratch", "mountPath": "/tmp"}],
            readinessProbe={"httpGet": {"path": "/ready", "port": "http"}, "periodSeconds": 10},
        )
        for index, name in enumerate(("app", "proxy", "logs"))
    ]
    made, _ = wrap_pod(pod(containers=containers, volumes=[{"name": "scratch", "emptyDir": {}}]), "Deployment")
    labels = {"app": f"app-{number}"}
    made["metadata"] = {"name": f"app-{number}", "namespace": namespace, "labels": labels}
    made["spec"] |= {"replicas": 3, "selector": {"matchLabels": labels}}
    made["spec"]["template"]["metadata"] = {"labels": labels}
    return made


def mix(count: int) -> list[Registered]:
    """Resources of which seven in ten come from the dev plan, all its kinds in turn, and three are Deployments."""
    planned = itertools.cycle(plan_baseline(baseline_of(ROOT, "dev")).manifests)
    made: list[Manifest] = []
    for number in range(count):
        is_planned = number % (_PLANNED + _DEPLOYMENTS) < _PLANNED
        made.append(copy.deepcopy(next(planned)) if is_planned else deployment(number))
    return [(token_of(one), one) for one in made]


def token_of(manifest: Manifest) -> str:
    """The Pulumi type token of an object."""
    group_version, kind = manifest["apiVersion"], manifest["kind"]
    return f"kubernetes:{_CORE.get(group_version, group_version)}:{kind}"


def dev_configuration() -> dict[str, dict[str, Any]]:
    """The committed configuration of the dev environment, for every policy."""
    read: dict[str, dict[str, Any]] = json.loads(DEV_CONFIGURATION.read_text())
    return read


def with_tenants(configuration: dict[str, dict[str, Any]], tenants: int, namespaces: int) -> dict[str, dict[str, Any]]:
    """The configuration of a platform that has many more tenants, each with a flow between two of its namespaces."""
    more = [
        {
            "name": f"team-{number}",
            "namespaces": {f"team-{number}-{place}": "restricted" for place in range(namespaces)},
            "subjects": [f"group:team-{number}-admins", f"group:team-{number}-developers"],
        }
        for number in range(tenants)
    ]
    closed = [name for one in more for name in one["namespaces"]]
    flows = [opening for number in range(tenants) for opening in _flow(f"team-{number}-0", f"team-{number}-1")]
    changed = copy.deepcopy(configuration)
    for one in changed.values():
        known = one["knowledge"]
        known["tenants"] = [*more, *known["tenants"]]
        network = known["network"]
        network["closed"] = [*closed, *network["closed"]]
        for opening in network["openings"]:
            if opening["ports"] == ["UDP/53", "TCP/53"]:
                opening["namespaces"] = [*closed, *opening["namespaces"]]
        network["openings"] += flows
    return changed


def _flow(source: str, destination: str) -> Iterator[dict[str, Any]]:
    """Both halves of a flow as the pack is told of them."""
    for direction, here, there in (("egress", source, destination), ("ingress", destination, source)):
        yield {
            "direction": direction,
            "namespaces": [here],
            "pods": {"matchLabels": {"app": here}},
            "peers": [
                {
                    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": there}},
                    "podSelector": {"matchLabels": {"app": there}},
                }
            ],
            "ports": ["TCP/8443"],
        }
