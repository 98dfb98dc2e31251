"""What is done for each control of the CIS benchmark: who emits it, who enforces it, what is left to the host.

Who enforces a control is read from the references of our own controls, so it cannot grow old. Which plan emits one is
written here, with what a test looks for in the plan's output.
Where kube-bench decides otherwise: its configuration cfg/cis-1.12 and cfg/cis-2.0 (kube/data/cis.json).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from k8s_hardening.controls.registry import CONTROLS
from k8s_hardening.kube.cis import HOST, CisControl, cis_controls


@dataclass(frozen=True, slots=True)
class Emission:
    """The part of a plan that writes what a control asks for."""

    plan: str
    """Module below k8s_hardening.plans, for example control_plane.audit."""
    what: str
    """What it writes: a flag with dashes, a field, or a kind of object."""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One control of the benchmark with everything that is said of it here."""

    control: CisControl
    emitted_by: Emission | None
    enforced_by: tuple[str, ...]
    """Ids of our controls, sorted."""
    verify: str | None
    """Command for the node, where only the node can tell."""
    difference: str | None
    """Where our verdict is not that of kube-bench, and why."""

    @property
    def is_host_only(self) -> bool:
        """Whether nothing before the node can decide it."""
        return self.verify is not None


def ledger() -> tuple[LedgerEntry, ...]:
    """Every control of the benchmark, in its order."""
    enforcing = _enforcing()
    return tuple(
        LedgerEntry(
            control,
            _EMITTED.get(control.id),
            enforcing.get(control.id, ()),
            _VERIFY.get(control.id) if control.component == HOST else None,
            _DIFFERENCES.get(control.id),
        )
        for control in cis_controls()
    )


def _enforcing() -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for control in CONTROLS:
        for reference in control.references:
            standard, _, number = reference.partition(" ")
            if standard == "CIS":
                found.setdefault(number, set()).add(control.id)
    return {number: tuple(sorted(ids)) for number, ids in found.items()}


def _emitted() -> Iterator[tuple[str, Emission]]:
    for plan, contents in _BY_PLAN.items():
        for number, what in contents.items():
            yield number, Emission(plan, what)


_BY_PLAN: dict[str, dict[str, str]] = {
    "control_plane.authentication": {
        "1.2.1": "--anonymous-auth",
        "1.2.21": "--service-account-lookup",
        "1.2.22": "--service-account-key-file",
        "1.2.25": "--client-ca-file",
        "1.2.30": "--service-account-extend-token-expiration",
        "3.1.1": "--authentication-config",
        "3.1.2": "--authentication-config",
        "3.1.3": "--authentication-config",
    },
    "control_plane.authorization": dict.fromkeys(("1.2.6", "1.2.7", "1.2.8"), "--authorization-mode"),
    "control_plane.admission": {
        **dict.fromkeys(("1.2.3", "1.2.10", "1.2.11", "1.2.14"), "--enable-admission-plugins"),
        "1.2.9": "--admission-control-config-file",
    },
    "control_plane.api_server": {
        "1.2.4": "--kubelet-client-certificate",
        "1.2.5": "--kubelet-certificate-authority",
        "1.2.15": "--profiling",
        "1.2.20": "--request-timeout",
        "1.2.23": "--etcd-certfile",
        "1.2.24": "--tls-cert-file",
        "1.2.26": "--etcd-cafile",
        "1.2.29": "--tls-cipher-suites",
    },
    "control_plane.audit": {
        "1.2.16": "--audit-log-path",
        "1.2.17": "--audit-log-maxage",
        "1.2.18": "--audit-log-maxbackup",
        "1.2.19": "--audit-log-maxsize",
        "3.2.1": "--audit-policy-file",
        "3.2.2": "--audit-policy-file",
    },
    "control_plane.encryption": dict.fromkeys(("1.2.27", "1.2.28"), "--encryption-provider-config"),
    "control_plane.controller_manager": {
        "1.3.1": "--terminated-pod-gc-threshold",
        "1.3.2": "--profiling",
        "1.3.3": "--use-service-account-credentials",
        "1.3.4": "--service-account-private-key-file",
        "1.3.5": "--root-ca-file",
        "1.3.6": "--feature-gates",
        "1.3.7": "--bind-address",
    },
    "control_plane.scheduler": {"1.4.1": "--profiling", "1.4.2": "--bind-address"},
    "control_plane.etcd": {
        "2.1": "--cert-file",
        "2.2": "--client-cert-auth",
        "2.3": "--auto-tls",
        "2.4": "--peer-cert-file",
        "2.5": "--peer-client-cert-auth",
        "2.6": "--peer-auto-tls",
        "2.7": "--trusted-ca-file",
    },
    "control_plane.kubelet": {
        "4.2.1": "authentication",
        "4.2.2": "authorization",
        "4.2.3": "authentication",
        "4.2.4": "readOnlyPort",
        "4.2.5": "streamingConnectionIdleTimeout",
        "4.2.6": "makeIPTablesUtilChains",
        "4.2.8": "eventRecordQPS",
        "4.2.9": "serverTLSBootstrap",
        "4.2.10": "rotateCertificates",
        "4.2.11": "featureGates",
        "4.2.12": "tlsCipherSuites",
        "4.2.13": "podPidsLimit",
        "4.2.14": "seccompDefault",
        "5.6.2": "seccompDefault",
    },
    "control_plane.kube_proxy": {"4.3.1": "metricsBindAddress"},
    "tenant": {
        "5.1.5": "ServiceAccount",
        **dict.fromkeys((f"5.2.{number}" for number in range(1, 13)), "Namespace"),
        "5.3.2": "NetworkPolicy",
        "5.6.1": "Namespace",
    },
}
_EMITTED = dict(_emitted())


def _modes() -> Iterator[tuple[str, str]]:
    """Commands that print what is wrong and nothing else; where nothing is printed, the control holds."""
    manifests = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd")
    places = [f"/etc/kubernetes/manifests/{name}.yaml" for name in manifests]
    places += ["/etc/cni/net.d -type f", "/var/lib/etcd -maxdepth 0"]
    kubeconfigs = ("admin.conf /etc/kubernetes/super-admin.conf", "scheduler.conf", "controller-manager.conf")
    places += [f"/etc/kubernetes/{name}" for name in kubeconfigs]
    modes = {"/var/lib/etcd -maxdepth 0": "077"}
    number = 1
    for place in places:
        owner = "etcd" if "etcd -maxdepth" in place else "root"
        yield f"1.1.{number}", f"find {place} -perm /{modes.get(place, '177')}"
        yield f"1.1.{number + 1}", f"find {place} ! ( -user {owner} -group {owner} )"
        number += 2
    yield "1.1.19", "find /etc/kubernetes/pki ! ( -user root -group root )"
    yield "1.1.20", "find /etc/kubernetes/pki -name *.crt -perm /133"
    yield "1.1.21", "find /etc/kubernetes/pki -name *.key -perm /177"
    nodes = {
        "4.1.1": ("/etc/systemd/system/kubelet.service.d", "177"),
        "4.1.3": ("/var/lib/kube-proxy/kubeconfig", "177"),
        "4.1.5": ("/etc/kubernetes/kubelet.conf", "177"),
        "4.1.7": ("/etc/kubernetes/pki/ca.crt", "133"),
        "4.1.9": ("/var/lib/kubelet/config.yaml", "177"),
    }
    for first, (place, mode) in nodes.items():
        section, _, last = first.rpartition(".")
        yield first, f"find {place} -type f -perm /{mode}"
        yield f"{section}.{int(last) + 1}", f"find {place} ! ( -user root -group root )"


_VERIFY = {
    number: command.replace("(", r"\(").replace(")", r"\)").replace("*.", r"\*.") for number, command in _modes()
}

_BLIND_TO_FILE = (
    "kube-bench does not know --authorization-config; we accept the file in place of the flag and judge its authorizers"
)
_ANY_CONTAINER = "kube-bench reads spec.containers only; we read init and ephemeral containers, in every kind"
_DIFFERENCES = {
    "1.2.1": (
        "kube-bench wants --anonymous-auth=false; from 1.32 we accept an AuthenticationConfiguration that limits "
        "anonymous requests to health endpoints, which kube-bench cannot see, and before 1.32 we let kubeadm's own "
        "files leave the flag out, since kubeadm's probes have no name to give"
    ),
    "1.2.6": _BLIND_TO_FILE,
    "1.2.7": _BLIND_TO_FILE,
    "1.2.8": _BLIND_TO_FILE,
    "1.2.9": "we also ask for the file with the limits, without which the API server does not start",
    "1.2.10": "we also refuse NamespaceAutoProvision, AlwaysDeny, names unknown to the version, and the old flag",
    "1.2.12": "we also refuse a disabled plug-in of eleven others that guard the cluster",
    "1.2.13": "we also refuse a disabled plug-in of eleven others that guard the cluster",
    "1.2.16": "we accept a webhook in place of the file, and ask for the policy without which nothing is logged",
    "1.2.17": "from 1.36 we accept an absent flag, since its default is 366 days; kube-bench wants it written",
    "1.2.18": "from 1.36 we accept an absent flag, since its default is 100 files; kube-bench wants it written",
    "1.2.19": "from 1.36 we accept an absent flag, since its default is 100 MB; kube-bench wants it written",
    "1.2.20": "neither judges it: every version has a timeout of a minute when the flag is absent, which is good",
    "1.2.22": "from 1.32 we accept --service-account-signing-endpoint in its place",
    "1.2.23": "we also refuse addresses of etcd without TLS",
    "1.2.26": "we also compare it with --client-ca-file: one CA for both opens etcd to every client of the cluster",
    "1.2.28": (
        "kube-bench looks at the first provider of the first group; we look at every group, at wildcards, key length, "
        "key names, KMS versions and keys that stand in the file"
    ),
    "1.2.29": "we also refuse an old --tls-min-version, and ask for no list where only TLS 1.3 is spoken",
    "1.3.1": "kube-bench wants the flag; we accept its absence, which means 12500, and refuse 0, which means never",
    "1.3.3": "kube-bench accepts an absent flag; we do not, since absent means false",
    "1.3.6": "kube-bench compares the whole text of the flag; we read each gate of it",
    "1.3.7": "kube-bench accepts an absent flag; we do not, since absent means every address",
    "1.4.1": "with --config the flag is ignored: we then judge enableProfiling in the file",
    "1.4.2": "kube-bench accepts an absent flag; we do not, since absent means every address",
    "2.7": "kube-bench asks whether the flag is there; we compare the CA with that of the cluster's clients",
    "3.1.1": "nobody's test: a manifest does not show who holds which certificate",
    "3.1.2": "nobody's test for people; long-lived token Secrets are refused by token-secrets",
    "3.1.3": "nobody's test: a manifest does not show who uses a bootstrap token",
    "3.2.1": "kube-bench asks whether the flag is there; audit-policy judges what the policy logs",
    "3.2.2": "kube-bench has no test; audit-policy decides a catalogue of requests as the server would",
    "4.2.1": "we also judge the kubelet flags that kubeadm hands on, which win over the file",
    "4.2.2": "we ask for Webhook; kube-bench refuses AlwaysAllow",
    "4.2.9": "kube-bench asks for two files; we accept serverTLSBootstrap, by which the kubelet gets them signed",
    "4.2.10": "kube-bench accepts an absent field; we do not, since absent means false",
    "4.2.12": "we ask for no list where only TLS 1.3 is spoken",
    "4.2.13": "kube-bench accepts any value; we refuse -1, which means without limit",
    "4.2.14": "kube-bench accepts any value, false included; we ask for true, from 1.25 on when the kubelet takes it",
    "5.1.2": "kube-bench asks about system:authenticated only; we judge each role",
    "5.1.3": "kube-bench finds a list that is exactly one wildcard; we find it beside others, too",
    "5.1.4": "kube-bench asks about system:authenticated only; we judge each role",
    "5.2.2": _ANY_CONTAINER,
    "5.2.3": "kube-bench refuses any value; we accept false",
    "5.2.6": f"kube-bench accepts an absent field, which means that escalation is allowed; {_ANY_CONTAINER}",
    "5.3.1": "neither judges a manifest: the baseline refuses a CNI that does not enforce NetworkPolicies",
    "5.4.2": "neither judges it: where secrets come from is for the environment to say",
}
