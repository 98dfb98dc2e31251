"""A node of a real cluster: the guest with a loader on it, its Node object, and pods that were bound to it."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from k8s_hardening.kube.apparmor import LABEL_PREFIX
from k8s_hardening.kube.manifest import kind_of
from k8s_hardening.model.apparmor_loader import NAME, NAMESPACE
from k8s_hardening.plans.apparmor_loader import plan_apparmor_loader
from tests.builders import pod
from tests.cluster.binaries import NEWEST
from tests.cluster.cluster import Cluster
from tests.kernel.guest import API_SERVER, Answer, Guest
from tests.plans.apparmor_loading import loader_inputs

NODE = "worker-1"
TEAM = "payments-api"
_PLURALS = {
    "ConfigMap": "/api/v1/namespaces/{}/configmaps",
    "Namespace": "/api/v1/namespaces",
    "Node": "/api/v1/nodes",
    "Pod": "/api/v1/namespaces/{}/pods",
    "ServiceAccount": "/api/v1/namespaces/{}/serviceaccounts",
    "ClusterRole": "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    "ValidatingAdmissionPolicy": "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies",
    "ValidatingAdmissionPolicyBinding": "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings",
}
_INTERVAL, _GRACE = 1, 4
_NOT_RUNNING = 99
_MESSAGES = 2000  # characters


def create(cluster: Cluster, manifest: dict[str, Any]) -> dict[str, Any]:
    """Create an object as the administrator."""
    namespace = manifest["metadata"].get("namespace")
    answer = cluster.request("POST", _PLURALS[kind_of(manifest)].format(namespace), manifest)
    assert answer.status == 201, answer.body
    made: dict[str, Any] = answer.body
    return made


def prepare(cluster: Cluster) -> str:
    """What the loader's plan and a team bring, the node, and the loader's pod on it; the token of that pod."""
    plan = plan_apparmor_loader(loader_inputs(NEWEST))
    for manifest in plan:
        if kind_of(manifest) in _PLURALS:
            create(cluster, manifest)
    create(cluster, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": TEAM}})
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": TEAM}}
    create(cluster, account)
    labels = {"kubernetes.io/os": "linux", f"{LABEL_PREFIX}k8s-hardening-stale-0123456789": "loaded"}
    create(cluster, {"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE, "labels": labels}})
    (daemon_set,) = (one for one in plan if kind_of(one) == "DaemonSet")
    # What the DaemonSet's controller and the scheduler make of it.
    template = daemon_set["spec"]["template"]
    loader = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {**template["metadata"], "name": NAME, "namespace": NAMESPACE},
        "spec": {**template["spec"], "nodeName": NODE},
    }
    made = create(cluster, loader)
    # What the kubelet asks for.
    bound = {"kind": "Pod", "apiVersion": "v1", "name": NAME, "uid": made["metadata"]["uid"]}
    asked = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "spec": {"expirationSeconds": 3600, "boundObjectRef": bound},
    }
    path = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{NAME}/token"
    given = cluster.request("POST", path, asked)
    assert given.status == 201, given.body
    return str(given.body["status"]["token"])


@dataclass
class Node:
    """The node, with the loader running or not."""

    guest: Guest
    cluster: Cluster
    _writes: itertools.count[int] = field(default_factory=itertools.count)

    def set_up(self, token: str) -> None:
        """Give the loader its account."""
        self.guest.must("busybox mkdir -p /node/account /node/profiles")
        self.guest.write("/node/account/token", token)
        self.guest.write("/node/account/ca.crt", (self.cluster.pki / "ca.crt").read_text())

    def provide(self, texts: Mapping[str, str]) -> None:
        """Make /profiles hold exactly these, in one step as a kubelet does with a ConfigMap."""
        folder = f"..{next(self._writes)}"
        self.guest.must(f"busybox mkdir /node/profiles/{folder}")
        for name, text in texts.items():
            self.guest.write(f"/node/profiles/{folder}/{name}", text)
        links = "".join(f"busybox ln -sfn ..data/{name} {name}\n" for name in texts)
        self.guest.must(
            f"cd /node/profiles\nbusybox ln -sn {folder} ..tmp && busybox mv -T ..tmp ..data\n{links}"
            "for link in *; do [ -e $link ] || busybox rm -f $link; done"
        )

    def start(self) -> None:
        """Start the loader as the DaemonSet does, in namespaces of its own."""
        self.guest.must(
            f"export node={NODE} host={API_SERVER} port={self.cluster.port}\n"
            "busybox setsid busybox unshare -m -p -f busybox sh /test/bin/container"
            f" /usr/sbin/{NAME} run --interval {_INTERVAL} --grace {_GRACE} > /node/log 2>&1 &"
        )
        self.until(lambda: self.run_in_loader("busybox true").status != _NOT_RUNNING, "the loader's process")

    def stop(self) -> float:
        """End the loader by the signal that a kubelet sends; the seconds until it was gone."""
        started = time.monotonic()
        self.run_in_loader("busybox kill -TERM $pid")
        self.until(lambda: self.run_in_loader("busybox true").status == _NOT_RUNNING, "the loader's end")
        return time.monotonic() - started

    def run_in_loader(self, script: str) -> Answer:
        """Run a script of the node that knows the loader's process as $pid."""
        found = (
            f'pid=$(busybox ps -o pid,args | busybox awk \'$2 == "{{{NAME}}}" && $6 == "run" {{ print $1 }}\')\n'
            f"[ $pid ] || exit {_NOT_RUNNING}\n"
        )
        return self.guest.run(found + script)

    def probe(self, question: str) -> Answer:
        """What the kubelet's probe gets, run as one in the loader's container."""
        command = f"/test/bin/busybox env -i /test/bin/confined /usr/sbin/{NAME} {question}"
        return self.run_in_loader(f"exec busybox chroot /proc/$pid/root {command}")

    def status(self) -> dict[str, Any]:
        """The status of the last round; empty before the first."""
        answer = self.run_in_loader(f"busybox cat /proc/$pid/root/run/{NAME}/status.json")
        read: dict[str, Any] = json.loads(answer.text) if answer.status == 0 else {}
        return read

    def log(self) -> str:
        """What the loader printed."""
        return self.guest.must("busybox cat /node/log")

    def kernel_profiles(self) -> dict[str, str]:
        """The kernel's profiles with their modes."""
        lines = self.guest.must("busybox cat /sys/kernel/security/apparmor/profiles").splitlines()
        return {name: mode.rstrip(")") for name, _, mode in (line.partition(" (") for line in lines)}

    def labels(self) -> dict[str, str]:
        """The node's labels under the loader's prefix, without it."""
        found = self.cluster.request("GET", f"/api/v1/nodes/{NODE}").body["metadata"]["labels"]
        return {key.removeprefix(LABEL_PREFIX): value for key, value in found.items() if key.startswith(LABEL_PREFIX)}

    def run_pod(self, name: str, profile: str) -> None:
        """Bind a pod to the node whose container has a profile."""
        manifest = pod(nodeName=NODE)
        manifest["metadata"]["name"] = name
        context = manifest["spec"]["containers"][0]["securityContext"]
        context["appArmorProfile"] = {"type": "Localhost", "localhostProfile": profile}
        create(self.cluster, manifest)

    def delete_pod(self, name: str) -> None:
        """End a pod, as the kubelet reports it gone."""
        answer = self.cluster.request("DELETE", f"/api/v1/namespaces/{TEAM}/pods/{name}", {"gracePeriodSeconds": 0})
        assert answer.status == 200, answer.body

    def confined(self, profile: str, script: str) -> Answer:
        """Run a script under a profile, as a container runtime starts a container."""
        # By way of a pipe: the kernel takes away open files that the profile does not let the process have.
        start = f"echo -n 'exec {profile}' > /proc/self/attr/exec && exec busybox sh -c '{script}'"
        return self.guest.run(f"set -o pipefail\n( {start} ) 2>&1 | busybox cat")

    def until(self, ready: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
        """Wait for something that comes by itself."""
        deadline = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > deadline:
                said = self.guest.run("busybox cat /node/log").text[-_MESSAGES:]
                raise AssertionError(f"{what} did not come in {seconds:.0f} s; the loader's log:\n{said}")
            time.sleep(0.2)
