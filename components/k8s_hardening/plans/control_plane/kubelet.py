"""The kubelet's configuration as a document, and the settings of the kernel that go with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from k8s_hardening.kube.ciphers import strong_suites
from k8s_hardening.kube.kubelet import (
    API_VERSION,
    KERNEL,
    KIND,
    SERVER_CERTIFICATE_GATE,
    is_usable,
    usable_since,
)
from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.control_plane.kubelet import EVICTION, KubeletSpec
from k8s_hardening.plans.control_plane.part import Part
from k8s_hardening.plans.plan import HostFile, Hosts

SYSCTL_FILE: Final = "/etc/sysctl.d/90-k8s-hardening-kubelet.conf"

_APPROVER = (
    "Each kubelet asks for a serving certificate that nobody approves by itself: run an approver for the signer "
    "kubernetes.io/kubelet-serving, or compare and approve by hand (kubectl get csr; kubectl certificate approve "
    "<name>); until then logs and exec of that node fail."
)
_SYSCTLS = f"Load the settings of the kernel before the kubelet starts: sysctl --load={SYSCTL_FILE}"


def plan_kubelet(spec: KubeletSpec, kubernetes: KubeVersion) -> Part:
    """One configuration for the kubelets of every node."""
    return Part(
        files=tuple(_kernel(spec)),
        documents=(kubelet_configuration(spec, kubernetes),),
        advice=tuple(_advice(spec, kubernetes)),
    )


def kubelet_configuration(spec: KubeletSpec, kubernetes: KubeVersion) -> Manifest:
    """KubeletConfiguration with the fields that the version can use."""
    fields: dict[str, Any] = {
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": spec.client_ca_file},
        },
        "authorization": {"mode": "Webhook"},
        "readOnlyPort": 0,
        "healthzBindAddress": "127.0.0.1",
        "rotateCertificates": True,
        "serverTLSBootstrap": True,
        "featureGates": {SERVER_CERTIFICATE_GATE: True},
        "tlsMinVersion": spec.tls_minimum.flag_value,
        **_suites(spec, kubernetes),
        "protectKernelDefaults": spec.protect_kernel_defaults,
        "makeIPTablesUtilChains": True,
        "seccompDefault": True,
        "podPidsLimit": spec.pod_pids_limit,
        "streamingConnectionIdleTimeout": spec.streaming_idle_timeout,
        "eventRecordQPS": spec.events_per_second,
        "eventBurst": 2 * spec.events_per_second,
        "enableContentionProfiling": False,
        "enableProfilingHandler": False,
        "enableDebugFlagsHandler": False,
        # Reads files of the node's /var/log for whoever may see nodes/log.
        "enableSystemLogHandler": False,
        "imagePullCredentialsVerificationPolicy": _image_policy(spec),
        "kubeReserved": dict(sorted(spec.kube_reserved.items())),
        "systemReserved": dict(sorted(spec.system_reserved.items())),
        "enforceNodeAllocatable": ["pods"],
        "evictionHard": dict(sorted({**EVICTION, **spec.eviction_hard}.items())),
    }
    usable = {field: value for field, value in fields.items() if is_usable(field, kubernetes)}
    return {"apiVersion": API_VERSION, "kind": KIND, **usable}


def _suites(spec: KubeletSpec, kubernetes: KubeVersion) -> dict[str, list[str]]:
    suites = strong_suites(spec.tls_minimum, kubernetes)
    return {"tlsCipherSuites": list(suites)} if suites else {}


def _image_policy(spec: KubeletSpec) -> str:
    return "NeverVerifyPreloadedImages" if spec.trust_preloaded_images else "AlwaysVerify"


def _kernel(spec: KubeletSpec) -> Iterator[HostFile]:
    if spec.protect_kernel_defaults:
        lines = [f"{name} = {value}" for name, value in sorted(KERNEL.items())]
        yield HostFile(SYSCTL_FILE, "\n".join(lines) + "\n", Hosts.EVERY_NODE)


def _advice(spec: KubeletSpec, kubernetes: KubeVersion) -> Iterator[str]:
    yield _APPROVER
    if spec.protect_kernel_defaults:
        yield _SYSCTLS
    if not is_usable("seccompDefault", kubernetes):
        yield (
            f"Kubelets before {usable_since('seccompDefault')} cannot give every pod a seccomp profile: "
            "each pod names its own, which the controls of the policy pack ask for."
        )
