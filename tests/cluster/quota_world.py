"""A tenant's namespaces on a real API server with its controllers, as planned, and pods that try their limits."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from k8s_hardening.kube.manifest import as_map, kind_of, name_of, namespace_of
from k8s_hardening.kube.nodes import PLUGIN, TOLERATIONS_PLUGIN
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.admission import AdmissionSpec
from k8s_hardening.model.reading import read_baseline
from k8s_hardening.plans.baseline import plan_baseline
from k8s_hardening.plans.control_plane.admission import plan_admission
from tests.builders import container, pod
from tests.cluster.binaries import binaries
from tests.cluster.cluster import Answer, Cluster, cluster
from tests.cluster.policing import STRATEGIC, until
from tests.cluster.policy_cases import path_of
from tests.model.sample import sample

CRITICAL = "retail-critical"
POOL = {"example.com/pool": "retail"}
BOUNDS = ("Namespace", "ResourceQuota", "LimitRange", "NetworkPolicy", "ServiceAccount")

# One namespace for each thing to try, so that none uses up what another needs.
NAMESPACES: dict[str, dict[str, Any]] = {
    "small": {"size": "small"},
    "medium": {"size": "medium"},
    "large": {"size": "large"},
    "two-pods": {"quota": {"pods": 2}},
    "counted": {"counts": {"deployments.apps": 1, "roles.rbac.authorization.k8s.io": 0}},
    "batch": {"scoped_quotas": [{"name": "batch", "scopes": ["Terminating"], "hard": {"pods": 1, "limits.cpu": 1}}]},
    "lasting": {"scoped_quotas": [{"name": "a", "scopes": ["NotTerminating", "NotBestEffort"], "hard": {"pods": 1}}]},
    "aloof": {"scoped_quotas": [{"name": "a", "scopes": ["CrossNamespacePodAffinity"], "hard": {"pods": 0}}]},
    "critical": {"scoped_quotas": [{"name": "few", "priority_classes": [CRITICAL], "hard": {"pods": 1}}]},
    "bounded": {
        "quota": {"limits.ephemeral-storage": "4Gi", "requests.storage": "500Gi"},
        "limits": {
            "min": {"cpu": "50m"},
            "max_ratio": {"cpu": "5"},
            "default": {"ephemeral-storage": "1Gi", "nvidia.com/gpu": 0},
            "max": {"nvidia.com/gpu": 1},
            "pod": {"min": {"cpu": "60m"}, "max": {"memory": "1Gi"}, "max_ratio": {"memory": "4"}},
            "claims": {"min": "1Gi", "max": "100Gi"},
        },
    },
}
NEWER: dict[str, dict[str, Any]] = {
    "gold": {
        "scoped_quotas": [{"name": "g", "volume_attributes_classes": ["gold"], "hard": {"requests.storage": "10Gi"}}]
    }
}


def planned(version: str) -> list[dict[str, Any]]:
    """What bounds the namespaces of the tenant, and closes default."""
    new = KubeVersion.parse(version) >= KubeVersion(1, 34)
    namespaces = {**NAMESPACES, **(NEWER if new else {})}
    tenant = {
        "name": "retail",
        "admins": ["group:retail-admins"],
        "priority_classes": [CRITICAL],
        "node_selector": POOL,
        "tolerations": [{"key": "example.com/pool", "value": "retail"}],
        "namespaces": [{"name": name, **fields} for name, fields in namespaces.items()],
    }
    made = plan_baseline(read_baseline(sample({"kubernetes": version, "tenants": [tenant]})))
    return [one for one in made.manifests if kind_of(one) in BOUNDS]


@dataclass
class Bounded:
    """A cluster in which the tenant's objects stand, their quotas counted by the controllers."""

    cluster: Cluster
    created: int = 0

    def send(self, manifest: dict[str, Any], query: str = "") -> Answer:
        """Make an object; what the cluster made before is patched, as the component does."""
        path = path_of(manifest)
        if kind_of(manifest) == "ServiceAccount":
            return self.cluster.request_as(STRATEGIC, "PATCH", f"{path}/{name_of(manifest)}{query}", manifest)
        return self.cluster.request("POST", f"{path}{query}", manifest)

    def read(self, path: str) -> dict[str, Any]:
        """An object that must be there."""
        answer = self.cluster.request("GET", path)
        assert answer.status == 200, answer.body
        return as_map(answer.body)

    def wait_for_quotas(self, manifests: list[dict[str, Any]]) -> None:
        """Until the controllers have counted what each quota limits: before, the server refuses whatever it covers."""
        for one in manifests:
            if kind_of(one) == "ResourceQuota":
                path = f"/api/v1/namespaces/{namespace_of(one)}/resourcequotas/{name_of(one)}"
                until(lambda path=path, one=one: self._is_counted(path, one), f"the count of {path}")

    def _is_counted(self, path: str, quota: dict[str, Any]) -> bool:
        status = as_map(self.read(path).get("status"))
        return set(as_map(status.get("used"))) == set(quota["spec"]["hard"])

    def try_pod(self, namespace: str, name: str, *containers: dict[str, Any], **spec: Any) -> Answer:
        """Make a pod that stays."""
        made = copy.deepcopy(pod(**spec))
        made["metadata"] = {"name": name, "namespace": namespace}
        if containers:
            made["spec"]["containers"] = list(containers)
        return self.send(made)


@contextmanager
def bounded(version: str, folder: Path) -> Iterator[Bounded]:
    """The API server with the emitted configuration of its admission, and everything that the plan has."""
    spec = AdmissionSpec.model_validate(
        {
            "enable": [PLUGIN, TOLERATIONS_PLUGIN],
            "pod_tolerations": {"allowed": [{"key": "example.com/gpu"}]},
            "limited_resources": [{"resource": "pods", "priority_classes": [CRITICAL]}],
        }
    )
    part = plan_admission(spec, KubeVersion.parse(version))
    (config,) = (one.file for one in part.settings if one.flag == "admission-control-config-file" and one.file)
    with cluster(binaries(version), folder) as made:
        written = made.folder / "admission.yaml"
        written.write_text(config.text)
        flags = [one for one in made.plain_flags() if not one.startswith("--enable-admission-plugins")]
        flags.append(f"--enable-admission-plugins=NodeRestriction,{PLUGIN},{TOLERATIONS_PLUGIN}")
        made.start_api_server([*flags, f"--admission-control-config-file={written}"])
        made.start_controller_manager()
        world = Bounded(made)
        wanted = planned(version)
        for one in wanted:
            if kind_of(one) == "ServiceAccount":
                path = f"/api/v1/namespaces/{namespace_of(one)}/serviceaccounts/default"
                until(lambda path=path: made.request("GET", path).status == 200, path)
            answer = world.send(one)
            assert answer.status in (200, 201), (one, answer.body)
            world.created += 1
        priority = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": CRITICAL}}
        made.request("POST", "/apis/scheduling.k8s.io/v1/priorityclasses", {**priority, "value": 1000})
        world.wait_for_quotas(wanted)
        yield world


def asking(
    name: str = "app", *, requests: dict[str, str] | None = None, limits: dict[str, str] | None = None
) -> dict[str, Any]:
    """A container by its resources; without any it names none."""
    resources = {"requests": requests, "limits": limits}
    return container(name, resources={key: value for key, value in resources.items() if value is not None})
