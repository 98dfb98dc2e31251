"""The namespace `default`, which belongs to nobody: closed, so that what lands there by mistake neither runs nor talks.

The server keeps its own Service and Endpoints there; neither is counted or needs a way through.
"""

from __future__ import annotations

from k8s_hardening.controls.default_namespace import DEFAULT
from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.plans.network import nothing_passes
from k8s_hardening.plans.objects import account, object_in

# What runs, what claims storage, what opens the cluster, and what gives somebody rights. Left out is what the cluster
# makes there by itself: the Service of the API server, the certificate of its CA, and up to 1.23 tokens of accounts.
_NOTHING = (
    "pods",
    "persistentvolumeclaims",
    "replicationcontrollers",
    "services.loadbalancers",
    "services.nodeports",
    "count/cronjobs.batch",
    "count/daemonsets.apps",
    "count/deployments.apps",
    "count/ingresses.networking.k8s.io",
    "count/jobs.batch",
    "count/replicasets.apps",
    "count/rolebindings.rbac.authorization.k8s.io",
    "count/roles.rbac.authorization.k8s.io",
    "count/statefulsets.apps",
)


def plan_default_namespace(baseline: Baseline) -> tuple[Manifest, ...]:
    """What closes it; nothing where the baseline leaves it open, or says by a system namespace what runs there."""
    is_used = any(one.name == DEFAULT for one in baseline.network.system_namespaces)
    if baseline.open_default_namespace or is_used:
        return ()
    return (
        object_in(DEFAULT, "v1", "ResourceQuota", "nothing", spec={"hard": dict.fromkeys(_NOTHING, "0")}),
        nothing_passes(DEFAULT),
        account(DEFAULT, "default", pulls=False),
    )
