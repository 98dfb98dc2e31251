"""What is written for kubelet, kube-proxy, scheduler and controller manager is taken by their own code.

The programs themselves are more lenient: kubelet and kube-proxy go on without a field that they do not know, which
would lose a setting in silence. So the files are decoded strictly here, and then validated as the programs do.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from k8s_hardening.kube.kubelet import EVICTION_SIGNALS, RESERVABLE, usable_since
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.base import Model
from k8s_hardening.model.control_plane.spec import ControlPlaneSpec
from k8s_hardening.model.dialect import Dialect
from k8s_hardening.plans.control_plane.part import Component
from tests.cluster.binaries import NEWEST, OLDEST
from tests.cluster.options import built_check, refusals
from tests.cluster.told import configurations, flags
from tests.plans.control_plane.dialects.samples import planned

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1800)]

DIALECTS = [one.value for one in Dialect if one is not Dialect.MANAGED]
# Which programs get a configuration; with the other dialects kube-proxy gets flags, and a kubelet of before 1.25
# (Cluster API) or 1.32 (k3s, RKE2) as well.
CONFIGURED = {
    OLDEST: {
        "kubeadm": {"kubelet", "kube-proxy"},
        "static-pod": {"kubelet", "kube-proxy"},
        "talos": {"kubelet"},
        "cluster-api": set(),
        "k3s": set(),
        "rke2": set(),
    },
    NEWEST: {
        "kubeadm": {"kubelet", "kube-proxy"},
        "static-pod": {"kubelet", "kube-proxy"},
        "talos": {"kubelet"},
        "cluster-api": {"kubelet"},
        "k3s": {"kubelet"},
        "rke2": {"kubelet"},
    },
}
# Most of these programs' settings have two ends; what has not is there for its other value.
LEAST: dict[str, dict[str, Any]] = {
    "kubelet": {
        "client_ca_file": "/srv/pki/clients.crt",
        "tls_minimum": "1.2",
        "pod_pids_limit": 64,
        "streaming_idle_timeout": "30s",
        "events_per_second": 1,
        "kube_reserved": {},
        "system_reserved": {},
        "eviction_hard": dict.fromkeys(EVICTION_SIGNALS, "1%"),
        "protect_kernel_defaults": False,
        "trust_preloaded_images": False,
    },
    "kube_proxy": {"metrics_address": "127.0.0.2", "node_port_networks": ["10.20.0.1/32"]},
    "scheduler": {"bind_address": "127.0.0.2", "tls_minimum": "1.2"},
    "controller_manager": {
        "bind_address": "127.0.0.2",
        "tls_minimum": "1.2",
        "root_ca_file": "/srv/pki/root.crt",
        "service_account_key_file": "/srv/pki/sa.key",
        "certificate_life": "24h",
        "terminated_pods_kept": 1,
    },
}
MOST: dict[str, dict[str, Any]] = {
    "kubelet": {
        **LEAST["kubelet"],
        "tls_minimum": "1.3",
        "pod_pids_limit": 65_536,
        "streaming_idle_timeout": "4h",
        "events_per_second": 1000,
        "kube_reserved": dict.fromkeys(RESERVABLE, "2"),
        "system_reserved": dict.fromkeys(RESERVABLE, "1500m") | {"memory": "1.5Gi"},
        "eviction_hard": dict.fromkeys(EVICTION_SIGNALS, "99%") | {"memory.available": "1.5Gi"},
        "protect_kernel_defaults": True,
        "trust_preloaded_images": True,
    },
    "kube_proxy": {"metrics_address": "::1", "node_port_networks": ["0.0.0.0/0", "10.20.0.0/16", "fd00:20::/64"]},
    "scheduler": {"bind_address": "::1", "tls_minimum": "1.3"},
    "controller_manager": {
        **LEAST["controller_manager"],
        "bind_address": "::1",
        "tls_minimum": "1.3",
        "certificate_life": "8760h",
        "terminated_pods_kept": 12_500,
    },
}
VARIANTS: dict[str, dict[str, dict[str, Any]]] = {"default": {}, "least": LEAST, "most": MOST}
# The newest kubelet refuses a host with cgroup v1 by this line (k8s.io/kubernetes v1.37.2
# pkg/kubelet/apis/config/validation/validation_linux.go). It is about the host that runs the test, whatever the file
# says, and the last thing that this function looks at but for user namespaces, which no file of ours configures.
CGROUP_V1 = (
    "kubelet is configured to not run on a host using cgroup v1. "
    "cgroup v1 support is unsupported and will be removed in a future release"
)
HAS_CGROUP_V2 = Path("/sys/fs/cgroup/cgroup.controllers").exists()


@dataclass(frozen=True)
class Judge:
    """The code of one Kubernetes minor."""

    program: Path
    minor: str
    folder: Path

    def of_file(self, program: str, text: str) -> list[str]:
        """What is refused of a configuration, and of the host that runs this test."""
        path = self.folder / f"{program}.yaml"
        path.write_text(text)
        return refusals(self.program, program, [str(path)]).splitlines()

    def of_flags(self, program: str, words: list[str]) -> list[str]:
        """What is refused of a command line."""
        return refusals(self.program, program, words).splitlines()

    def of_host(self, program: str) -> list[str]:
        """What a configuration that is taken must still give, and nothing else."""
        return [CGROUP_V1] if program == "kubelet" and self.minor == NEWEST and not HAS_CGROUP_V2 else []


@pytest.fixture(scope="module", params=[NEWEST, OLDEST])
def judge(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Judge:
    minor: str = request.param
    return Judge(built_check("check-options", minor), minor, tmp_path_factory.mktemp(f"components-{minor}"))


def parts(variant: str, minor: str) -> dict[str, Any]:
    """The inputs of a variant, as far as the version goes."""
    found = copy.deepcopy(VARIANTS[variant])
    if found and KubeVersion.parse(minor) < usable_since("imagePullCredentialsVerificationPolicy"):
        del found["kubelet"]["trust_preloaded_images"]
    return found


def written_for(program: str, minor: str) -> str:
    """The configuration of a program that the dialect static-pod writes."""
    (text,) = (text for name, text in configurations(planned("static-pod", minor)) if name == program)
    return text


@pytest.mark.parametrize("name", LEAST)
def test_no_setting_is_left_out(name: str) -> None:
    spec = ControlPlaneSpec.model_fields[name].annotation
    assert isinstance(spec, type)
    assert issubclass(spec, Model)
    assert set(LEAST[name]) == set(MOST[name]) == set(spec.model_fields)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_configurations_are_taken(judge: Judge, dialect: str, variant: str) -> None:
    found = configurations(planned(dialect, judge.minor, **parts(variant, judge.minor)))
    assert {program for program, _ in found} == CONFIGURED[judge.minor][dialect]
    for program, text in found:
        assert judge.of_file(program, text) == judge.of_host(program)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("component", [Component.SCHEDULER, Component.CONTROLLER_MANAGER])
def test_flags_are_taken(judge: Judge, component: Component, dialect: str, variant: str) -> None:
    output = planned(dialect, judge.minor, **parts(variant, judge.minor))
    words = flags(output, dialect, judge.minor, component)
    assert any(word.startswith("--tls-min-version=") for word in words)
    assert judge.of_flags(component, words) == []


@pytest.mark.parametrize(
    ("program", "change", "text"),
    [
        ("kubelet", {"anonymousAuth": False}, 'unknown field "anonymousAuth"'),
        ("kubelet", {"authentication": {"anonymous": {"enable": False}}}, 'unknown field "authentication.anonymous.en'),
        ("kubelet", {"kind": "KubeletConfig"}, "no kind"),
        ("kubelet", {"readOnlyPort": "none"}, "cannot unmarshal string"),
        ("kubelet", {"readOnlyPort": 70_000}, "readOnlyPort (--read-only-port) 70000 must be"),
        ("kubelet", {"eventBurst": -1}, "eventBurst (--event-burst) -1 must not be"),
        ("kubelet", {"enforceNodeAllocatable": ["pods", "system-reserved"]}, "systemReservedCgroup"),
        ("kubelet", {"featureGates": {"NoSuchGate": True}}, "unrecognized feature gate: NoSuchGate"),
        ("kubelet", {"tlsCipherSuites": ["TLS_NONE"]}, "Cipher suite TLS_NONE not supported"),
        ("kubelet", {"tlsMinVersion": "1.2"}, 'unknown tls version "1.2"'),
        ("kube-proxy", {"profiling": False}, 'unknown field "profiling"'),
        ("kube-proxy", {"enableProfiling": "false"}, "cannot unmarshal string"),
        ("kube-proxy", {"metricsBindAddress": "localhost:10249"}, "must be a valid IP"),
        ("kube-proxy", {"nodePortAddresses": ["10.20.0.1"]}, "must be a valid CIDR"),
        ("kube-proxy", {"mode": "firewall"}, "ProxyMode"),
    ],
)  # fmt: skip
def test_what_a_configuration_cannot_be(judge: Judge, program: str, change: dict[str, Any], text: str) -> None:
    document = {**yaml.safe_load(written_for(program, judge.minor)), **change}
    assert any(text in line for line in judge.of_file(program, yaml.safe_dump(document)))


@pytest.mark.parametrize(
    ("program", "line"), [("kubelet", "readOnlyPort: 10255"), ("kube-proxy", "enableProfiling: true")]
)
def test_a_field_cannot_stand_twice(judge: Judge, program: str, line: str) -> None:
    twice = f"{written_for(program, judge.minor)}{line}\n"
    assert any("already set" in one for one in judge.of_file(program, twice))


def test_an_older_kubelet_would_refuse_what_is_written_for_the_newest(judge: Judge) -> None:
    lines = judge.of_file("kubelet", written_for("kubelet", NEWEST))
    if judge.minor == NEWEST:
        assert lines == judge.of_host("kubelet")
    else:
        assert any('unknown field "imagePullCredentialsVerificationPolicy"' in line for line in lines)


@pytest.mark.parametrize("component", [Component.SCHEDULER, Component.CONTROLLER_MANAGER])
@pytest.mark.parametrize(
    ("flag", "text"),
    [
        ("--port=0", "unknown flag: --port"),
        ("--secure-port=70000", "--secure-port 70000 must be between"),
        ("--profiling=off", "invalid syntax"),
        ("--bind-address=everywhere", "failed to parse IP"),
        ("--feature-gates=NoSuchGate=true", "unrecognized feature gate: NoSuchGate"),
        ("--tls-min-version=1.2", 'unknown tls version "1.2"'),
        ("--tls-cipher-suites=TLS_NONE", "Cipher suite TLS_NONE not supported"),
        ("profiling=false", "not a flag"),
    ],
)
def test_what_flags_cannot_be(judge: Judge, component: Component, flag: str, text: str) -> None:
    words = flags(planned("static-pod", judge.minor), "static-pod", judge.minor, component)
    assert any(text in line for line in judge.of_flags(component, [*words, flag]))


@pytest.mark.parametrize(
    ("component", "flag", "text"),
    [
        (Component.SCHEDULER, "--config=/etc/kubernetes/scheduler.yaml", "only flags are judged here"),
        (Component.CONTROLLER_MANAGER, "--controllers=*,tokencleanser", '"tokencleanser" is not in the list'),
        (Component.CONTROLLER_MANAGER, "--cluster-signing-duration=30d", "unknown unit"),
        (Component.CONTROLLER_MANAGER, "--cluster-signing-kubelet-client-cert-file=/srv/ca.crt", "cannot specify"),
    ],
)
def test_what_flags_of_one_program_cannot_be(judge: Judge, component: Component, flag: str, text: str) -> None:
    words = flags(planned("static-pod", judge.minor), "static-pod", judge.minor, component)
    assert any(text in line for line in judge.of_flags(component, [*words, flag]))
