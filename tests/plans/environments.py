"""The environment of the plan tests, for any Kubernetes version: two tenants and every sort of flow."""

from __future__ import annotations

from typing import Any

from k8s_hardening.kube.networks import NAMESPACES_NAMED_SINCE, PORT_RANGES_SINCE, SCTP_SINCE
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.reading import read_baseline

VERSIONS = ("1.18", "1.20", "1.21", "1.24", "1.30", "1.36", "1.37")


def environment_data(version: str) -> dict[str, Any]:
    """The environment as a user writes it; where a version cannot do something, it is left out."""
    known = KubeVersion.parse(version)
    flows: list[dict[str, Any]] = [
        {
            "name": "bank",
            "source": {"namespace": "payments-api", "pods": {"app": "api"}},
            "destination": {"cidr": "0.0.0.0/0"},
            "ports": ["TCP/443"],
        },
        {
            "name": "office",
            "source": {"cidr": "2001:db8::/32"},
            "destination": {"namespace": "payments-api", "pods": {"app": "api"}},
            "ports": ["TCP/8443", *(["SCTP/9000"] if known >= SCTP_SINCE else [])],
        },
    ]
    if known >= NAMESPACES_NAMED_SINCE:
        flows.append(
            {
                "name": "edge",
                "source": {"end": "ingress_controller"},
                "destination": {"namespace": "payments-api", "pods": {"app": "api"}},
                "ports": ["TCP/8443"],
            }
        )
    if known >= PORT_RANGES_SINCE:
        flows.append(
            {
                "name": "peers",
                "source": {"namespace": "payments-api", "pods": {"app": "api"}},
                "destination": {"namespace": "payments-api", "pods": {"app": "api"}},
                "ports": ["UDP/7000-7010"],
            }
        )
    return {
        "environment": "test",
        "kubernetes": version,
        "dialect": "kubeadm",
        "cni": {"name": "calico"},
        "target": {"context_config": "kubeContext"},
        "images": {"registries": ["registry.example.com/platform"]},
        "dns": {
            "node_local_cidr": "169.254.20.10/32",
            **({} if known >= NAMESPACES_NAMED_SINCE else {"namespace_labels": {"name": "kube-system"}}),
        },
        "network": {"ends": {"ingress_controller": {"namespace": "ingress-nginx"}}},
        "tenants": [
            {
                "name": "payments",
                "namespaces": [{"name": "payments-api"}],
                "admins": ["group:payments-admins"],
                "members": ["user:alice@example.com", "serviceaccount:ci/deployer"],
                "viewers": ["group:support"],
                "labels": {"example.com/cost-centre": "cc-1042"},
                "accepts": ["shop/pay"],
                "flows": flows,
            },
            {
                "name": "shop",
                "namespaces": [{"name": "shop-web", "pod_security": "baseline", "quota": {"pods": 20}}],
                "admins": ["group:shop-admins"],
                "decommission": "2027-06-30",
                "flows": [
                    {
                        "name": "pay",
                        "source": {"namespace": "shop-web"},
                        "destination": {"namespace": "payments-api", "pods": {"app": "api"}},
                        "ports": ["TCP/8443"],
                    }
                ],
            },
        ],
        "apparmor": {"profiles": [{"name": "web", "read_only": ["/etc/**"], "capabilities": ["net_bind_service"]}]},
    }


def environment(version: str = "1.36") -> Baseline:
    """The environment, validated."""
    return read_baseline(environment_data(version))
