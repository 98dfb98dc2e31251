"""What kubeadm itself puts on the command lines of the control plane.

Source: k8s.io/kubernetes v1.18.20 to v1.37.2, cmd/kubeadm/app/phases/controlplane/manifests.go, phases/etcd/local.go.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from k8s_hardening.plans.control_plane import paths
from k8s_hardening.plans.control_plane.part import Component

DEFAULTS: Final = MappingProxyType(
    {
        Component.API_SERVER: {
            "allow-privileged": "true",
            "authorization-mode": "Node,RBAC",
            "client-ca-file": paths.CA_CERT,
            "enable-admission-plugins": "NodeRestriction",
            "enable-bootstrap-token-auth": "true",
            "etcd-cafile": paths.ETCD_CA_CERT,
            "etcd-certfile": paths.ETCD_CLIENT_CERT,
            "etcd-keyfile": paths.ETCD_CLIENT_KEY,
            "etcd-servers": "https://127.0.0.1:2379",
            "kubelet-client-certificate": paths.KUBELET_CLIENT_CERT,
            "kubelet-client-key": paths.KUBELET_CLIENT_KEY,
            "kubelet-preferred-address-types": "InternalIP,ExternalIP,Hostname",
            "proxy-client-cert-file": paths.FRONT_PROXY_CLIENT_CERT,
            "proxy-client-key-file": paths.FRONT_PROXY_CLIENT_KEY,
            "requestheader-allowed-names": "front-proxy-client",
            "requestheader-client-ca-file": paths.FRONT_PROXY_CA_CERT,
            "requestheader-extra-headers-prefix": "X-Remote-Extra-",
            "requestheader-group-headers": "X-Remote-Group",
            "requestheader-username-headers": "X-Remote-User",
            "secure-port": "6443",
            "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
            "service-account-key-file": paths.SERVICE_ACCOUNT_PUBLIC_KEY,
            "service-account-signing-key-file": paths.SERVICE_ACCOUNT_KEY,
            "service-cluster-ip-range": "10.96.0.0/12",
            "tls-cert-file": paths.API_SERVER_CERT,
            "tls-private-key-file": paths.API_SERVER_KEY,
        },
        Component.CONTROLLER_MANAGER: {
            "authentication-kubeconfig": paths.CONTROLLER_MANAGER_KUBECONFIG,
            "authorization-kubeconfig": paths.CONTROLLER_MANAGER_KUBECONFIG,
            "bind-address": "127.0.0.1",
            "client-ca-file": paths.CA_CERT,
            "cluster-signing-cert-file": paths.CA_CERT,
            "cluster-signing-key-file": paths.CA_KEY,
            "controllers": "*,bootstrapsigner,tokencleaner",
            "kubeconfig": paths.CONTROLLER_MANAGER_KUBECONFIG,
            "leader-elect": "true",
            "requestheader-client-ca-file": paths.FRONT_PROXY_CA_CERT,
            "root-ca-file": paths.CA_CERT,
            "service-account-private-key-file": paths.SERVICE_ACCOUNT_KEY,
            "use-service-account-credentials": "true",
        },
        Component.SCHEDULER: {
            "authentication-kubeconfig": paths.SCHEDULER_KUBECONFIG,
            "authorization-kubeconfig": paths.SCHEDULER_KUBECONFIG,
            "bind-address": "127.0.0.1",
            "kubeconfig": paths.SCHEDULER_KUBECONFIG,
            "leader-elect": "true",
        },
        Component.ETCD: {
            "cert-file": paths.ETCD_SERVER_CERT,
            "client-cert-auth": "true",
            "data-dir": paths.ETCD_DATA,
            "key-file": paths.ETCD_SERVER_KEY,
            "listen-metrics-urls": "http://127.0.0.1:2381",
            "peer-cert-file": paths.ETCD_PEER_CERT,
            "peer-client-cert-auth": "true",
            "peer-key-file": paths.ETCD_PEER_KEY,
            "peer-trusted-ca-file": paths.ETCD_CA_CERT,
            "snapshot-count": "10000",
            "trusted-ca-file": paths.ETCD_CA_CERT,
        },
    }
)
"""Flags with the value that kubeadm gives them, where it is the same on every node."""

PER_NODE: Final = MappingProxyType(
    {
        Component.API_SERVER: frozenset({"advertise-address"}),
        Component.CONTROLLER_MANAGER: frozenset[str](),
        Component.SCHEDULER: frozenset[str](),
        Component.ETCD: frozenset(
            {
                "advertise-client-urls",
                "initial-advertise-peer-urls",
                "initial-cluster",
                "initial-cluster-state",
                "listen-client-urls",
                "listen-peer-urls",
                "name",
            }
        ),
    }
)
"""Flags whose value kubeadm computes for each node."""

MOUNTED: Final = MappingProxyType(
    {
        Component.API_SERVER: (paths.PKI,),
        Component.CONTROLLER_MANAGER: (paths.PKI, paths.CONTROLLER_MANAGER_KUBECONFIG),
        Component.SCHEDULER: (paths.SCHEDULER_KUBECONFIG,),
        Component.ETCD: (paths.ETCD_PKI, paths.ETCD_DATA),
    }
)
"""What kubeadm mounts into each pod (v1.37.2, phases/controlplane/volumes.go, phases/etcd/local.go)."""
