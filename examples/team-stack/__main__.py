"""A team's stack: a hardened namespace with one workload in it, and an old namespace that gets closed."""

import pulumi
import pulumi_kubernetes as kubernetes

from k8s_hardening import DenyAll, Tenant

config = pulumi.Config()
version = config.require("kubernetes")
# Files in a folder, or without one the cluster that the provider's own settings name.
folder = config.get("render")
provider = kubernetes.Provider("cluster", kubeconfig="", render_yaml_to_directory=folder) if folder else None
on_cluster = pulumi.ResourceOptions(provider=provider)

tenant = Tenant(
    "storefront",
    {
        "name": "storefront",
        "kubernetes": version,
        "admins": ["group:storefront-admins"],
        "namespaces": [{"name": "storefront-web", "quota": {"pods": "10"}}],
        "members": ["group:storefront-developers"],
        # The namespace is closed in both directions. This opens the way from the web pods to the old namespace.
        "flows": [
            {
                "name": "catalogue",
                "source": {"namespace": "storefront-web", "pods": {"app": "web"}},
                "destination": {"namespace": "storefront-legacy", "pods": {"app": "catalogue"}},
                "ports": ["TCP/8080"],
            }
        ],
        # Nothing to protect among rendered files. On a cluster, namespaces are protected from deletion.
        "protect": folder is None,
    },
    on_cluster,
)

# This namespace was there before; only its network is closed, with the other half of the same connection.
DenyAll(
    "storefront-legacy",
    {
        "namespace": "storefront-legacy",
        "kubernetes": version,
        "flows": [
            {
                "name": "catalogue",
                "source": {"namespace": "storefront-web", "pods": {"app": "web"}},
                "destination": {"namespace": "storefront-legacy", "pods": {"app": "catalogue"}},
                "ports": ["TCP/8080"],
            }
        ],
    },
    on_cluster,
)

# Taken from the tenant and not written again: so the workload starts only behind all of its namespace's guard rails.
namespace = tenant.namespace_names.apply(lambda names: names[0])

account = kubernetes.core.v1.ServiceAccount(
    "web",
    metadata={"name": "web", "namespace": namespace},
    automount_service_account_token=False,
    opts=on_cluster,
)

kubernetes.apps.v1.Deployment(
    "web",
    metadata={"name": "web", "namespace": namespace},
    spec={
        "replicas": 2,
        "selector": {"match_labels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {
                "service_account_name": account.metadata["name"],
                "automount_service_account_token": False,
                "security_context": {
                    "run_as_non_root": True,
                    "run_as_user": 10001,
                    "run_as_group": 10001,
                    "fs_group": 10001,
                    "seccomp_profile": {"type": "RuntimeDefault"},
                },
                "containers": [
                    {
                        "name": "web",
                        "image": config.require("image"),
                        "ports": [{"container_port": 8080}],
                        "readiness_probe": {"http_get": {"path": "/healthz", "port": 8080}},
                        "resources": {
                            "requests": {"cpu": "100m", "memory": "128Mi"},
                            "limits": {"cpu": "500m", "memory": "256Mi"},
                        },
                        "security_context": {
                            "allow_privilege_escalation": False,
                            "capabilities": {"drop": ["ALL"]},
                            "privileged": False,
                            "read_only_root_filesystem": True,
                            "run_as_non_root": True,
                            "seccomp_profile": {"type": "RuntimeDefault"},
                        },
                        "volume_mounts": [{"name": "scratch", "mount_path": "/var/cache/web"}],
                    }
                ],
                # The root file system is read-only; what the process must write goes here, and no further than this.
                "volumes": [{"name": "scratch", "empty_dir": {"size_limit": "64Mi"}}],
            },
        },
    },
    opts=on_cluster,
)

pulumi.export("namespace", namespace)
