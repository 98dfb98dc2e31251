"""Flags of the API server that belong to no other part.

Source: k8s.io/kubernetes v1.18.20 to v1.37.2 cmd/kube-apiserver/app/options/options.go,
k8s.io/apiserver v0.18.19 to v0.37.2 pkg/server/options/server_run_options.go.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8s_hardening.kube.insecure_ports import API_SERVER_UNTIL
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.api_server import ApiServerSpec
from k8s_hardening.plans.control_plane.flags import file_flags, flag, tls_flags
from k8s_hardening.plans.control_plane.part import Component, Part, Setting

_ME = Component.API_SERVER
_SINGLE = "Clients are asked to reconnect now and then: with a single API server, or without a load balancer, do not."


def plan_api_server(spec: ApiServerSpec, kubernetes: KubeVersion) -> Part:
    """How the API server is reached, and how it reaches etcd and the kubelets."""
    advice = () if spec.reconnect_one_in is None else (_SINGLE,)
    return Part(settings=tuple(_settings(spec, kubernetes)), advice=advice)


def _settings(spec: ApiServerSpec, kubernetes: KubeVersion) -> Iterator[Setting]:
    if kubernetes <= API_SERVER_UNTIL:
        yield flag(_ME, "insecure-port", "0")
    yield from file_flags(
        _ME,
        {
            "tls-cert-file": spec.serving.certificate_file,
            "tls-private-key-file": spec.serving.key_file,
            "etcd-cafile": spec.etcd.ca_file,
            "etcd-certfile": spec.etcd.certificate_file,
            "etcd-keyfile": spec.etcd.key_file,
            "kubelet-certificate-authority": spec.kubelet.ca_file,
            "kubelet-client-certificate": spec.kubelet.certificate_file,
            "kubelet-client-key": spec.kubelet.key_file,
        },
    )
    yield from tls_flags(_ME, spec.serving.tls_minimum, kubernetes)
    yield flag(_ME, "etcd-servers", *spec.etcd.servers)
    yield flag(_ME, "profiling", "false")
    yield flag(_ME, "enable-logs-handler", "false")
    yield flag(_ME, "request-timeout", spec.request_timeout)
    if spec.reconnect_one_in is not None:
        yield flag(_ME, "goaway-chance", f"{1 / spec.reconnect_one_in:.6f}")
