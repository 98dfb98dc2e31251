"""Where things lie on the hosts of a control plane: the layout of kubeadm, and our own folder beside it.

Dialects with another layout (k3s, Talos) translate these when they write.
Source: k8s.io/kubernetes v1.18.20 to v1.37.2, cmd/kubeadm/app/constants/constants.go.
"""

from __future__ import annotations

from typing import Final

KUBERNETES: Final = "/etc/kubernetes"
PKI: Final = f"{KUBERNETES}/pki"
MANIFESTS: Final = f"{KUBERNETES}/manifests"

CA_CERT: Final = f"{PKI}/ca.crt"
CA_KEY: Final = f"{PKI}/ca.key"
API_SERVER_CERT: Final = f"{PKI}/apiserver.crt"
API_SERVER_KEY: Final = f"{PKI}/apiserver.key"
KUBELET_CLIENT_CERT: Final = f"{PKI}/apiserver-kubelet-client.crt"
KUBELET_CLIENT_KEY: Final = f"{PKI}/apiserver-kubelet-client.key"
ETCD_CLIENT_CERT: Final = f"{PKI}/apiserver-etcd-client.crt"
ETCD_CLIENT_KEY: Final = f"{PKI}/apiserver-etcd-client.key"
FRONT_PROXY_CA_CERT: Final = f"{PKI}/front-proxy-ca.crt"
FRONT_PROXY_CLIENT_CERT: Final = f"{PKI}/front-proxy-client.crt"
FRONT_PROXY_CLIENT_KEY: Final = f"{PKI}/front-proxy-client.key"
SERVICE_ACCOUNT_PUBLIC_KEY: Final = f"{PKI}/sa.pub"
SERVICE_ACCOUNT_KEY: Final = f"{PKI}/sa.key"

ETCD_PKI: Final = f"{PKI}/etcd"
ETCD_CA_CERT: Final = f"{ETCD_PKI}/ca.crt"
ETCD_SERVER_CERT: Final = f"{ETCD_PKI}/server.crt"
ETCD_SERVER_KEY: Final = f"{ETCD_PKI}/server.key"
ETCD_PEER_CERT: Final = f"{ETCD_PKI}/peer.crt"
ETCD_PEER_KEY: Final = f"{ETCD_PKI}/peer.key"
ETCD_HEALTH_CERT: Final = f"{ETCD_PKI}/healthcheck-client.crt"
ETCD_HEALTH_KEY: Final = f"{ETCD_PKI}/healthcheck-client.key"
ETCD_DATA: Final = "/var/lib/etcd"

CONTROLLER_MANAGER_KUBECONFIG: Final = f"{KUBERNETES}/controller-manager.conf"
SCHEDULER_KUBECONFIG: Final = f"{KUBERNETES}/scheduler.conf"
KUBELET_KUBECONFIG: Final = f"{KUBERNETES}/kubelet.conf"

HARDENING: Final = f"{KUBERNETES}/hardening"
"""Every file of ours lies below, one folder for each part: HARDENING/<part>/<file>."""

AUDIT_LOG: Final = "/var/log/kubernetes/audit/audit.log"
