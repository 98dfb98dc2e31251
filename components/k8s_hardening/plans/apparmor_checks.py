"""How to ask running containers which AppArmor profile confines them, and what to think of their answers.

The kernel answers in /proc/<pid>/attr/current: `<profile> (<mode>)`, or `unconfined` (proc_pid_attr(5); the test of the
loader in a real kernel reads the same). What runtimes call their own profile: github.com/containerd/containerd v2.4.2
internal/cri/sputil/securityprofile_linux.go, github.com/moby/moby v28.3.3 daemon/apparmor_default.go, and
apparmor_profile in CRI-O's crio.conf(5).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from k8s_hardening.controls.shared.apparmor_names import right_name
from k8s_hardening.kube.apparmor import profile_of
from k8s_hardening.kube.manifest import Manifest, as_map, as_str, expand_lists, kind_of, name_of, namespace_of
from k8s_hardening.kube.pods import Container, Pod, pods_of
from k8s_hardening.kube.version import NEWEST, KubeVersion

RUNTIME_PROFILES = ("cri-containerd.apparmor.d", "crio-default", "docker-default")
"""What containerd, CRI-O and Docker call their default profile; containerd also in k3s and RKE2."""

# A name that neither a shell nor kubectl takes for anything else. Longer and other ones no API server has.
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
_ANSWER = re.compile(r"(?P<name>.+) \((?P<mode>[a-z_]+)\)")
_STOPPING = ("enforce", "kill")
# What `kubectl exec` finds a pod of: k8s.io/kubectl v0.37.2 pkg/polymorphichelpers/helpers.go (SelectorsForObject).
_WITH_PODS = ("DaemonSet", "Deployment", "Job", "ReplicaSet", "ReplicationController", "StatefulSet")
_OVER = ("Succeeded", "Failed")


class Verdict(StrEnum):
    """What an answer shows."""

    OK = "ok"
    WRONG_PROFILE = "wrong-profile"
    UNCONFINED = "unconfined"
    COMPLAIN = "complain"
    MISSING = "missing"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Check:
    """One container with a profile: how to ask it, and what it must answer."""

    namespace: str
    """Empty where the manifest leaves it to kubectl."""
    kind: str
    name: str
    container: str
    expected: tuple[str, ...]
    """Answers that are right, any of them."""
    file: str | None
    """What to read in the container; None where it cannot be asked."""
    notes: tuple[str, ...]

    @property
    def tag(self) -> str:
        """Stands before the answer in the output of the script; the same for every container of that name."""
        return f"{self.namespace or '-'}/{self.kind.lower()}/{self.name}/{self.container}"

    @property
    def command(self) -> tuple[str, ...]:
        """The call that prints the answer; empty where the container cannot be asked."""
        if self.file is None:
            return ()
        namespace = ("-n", self.namespace) if self.namespace else ()
        target = self.name if self.kind == "Pod" else f"{self.kind.lower()}/{self.name}"
        return ("kubectl", "exec", *namespace, target, "-c", self.container, "--", "cat", self.file)


@dataclass(frozen=True, slots=True)
class Expectations:
    """What is known of the profiles of an environment."""

    kubernetes: KubeVersion = NEWEST
    profiles: Mapping[str, str] | None = None
    """Friendly name -> kernel's name; None where no environment is named."""
    complaining: frozenset[str] = frozenset()
    """Kernel's names of profiles that only log, as the environment declares them."""
    runtime_defaults: tuple[str, ...] = RUNTIME_PROFILES
    """Names of the profile that a container gets by RuntimeDefault."""


def checks_of(manifests: Iterable[Manifest], known: Expectations) -> tuple[tuple[Check, ...], int]:
    """A check for each container with a profile, in the order of the manifests; and the number of those without."""
    found: list[Check] = []
    without = 0
    for manifest in manifests:
        for _, one in expand_lists(manifest):
            for pod in pods_of(one):
                for container in () if pod.is_windows else pod.containers():
                    profile = as_map(profile_of(container, pod, known.kubernetes))
                    expected = _expected(profile, known)
                    without += not expected
                    if expected:
                        found.append(_check(one, pod, container, expected, _notes(profile, known)))
    return tuple(found), without


def _expected(profile: Mapping[str, Any], known: Expectations) -> tuple[str, ...]:
    if profile.get("type") == "RuntimeDefault":
        return tuple(f"{name} (enforce)" for name in known.runtime_defaults)
    name = as_str(profile.get("localhostProfile")) if profile.get("type") == "Localhost" else ""
    if not name:
        return ()
    name = (known.profiles or {}).get(name, name)
    return (f"{name} ({'complain' if name in known.complaining else 'enforce'})",)


def _notes(profile: Mapping[str, Any], known: Expectations) -> Iterator[str]:
    name = profile.get("localhostProfile") if profile.get("type") == "Localhost" else None
    profiles = known.profiles or {}
    right = right_name(name, profiles)
    if right is None:
        return
    if name in profiles:
        yield f"is named by the environment's own name; the kernel knows {right}"
    elif name != right:
        yield f"has the profile with a former text; a pod that is made anew can have {right}"


def _check(
    manifest: Manifest, pod: Pod, container: Container, expected: tuple[str, ...], notes: Iterator[str]
) -> Check:
    kind, namespace, name = kind_of(manifest), namespace_of(manifest), name_of(manifest)
    own = as_str(container.spec.get("name"))
    why = _why_not(manifest, container, (namespace or "default", name, own))
    file, about = _file(pod)
    about = () if why else (*about, *(() if kind == "Pod" else (_ONE_POD,)))
    return Check(namespace, kind, name, own, expected, None if why else file, (*notes, *((why,) if why else about)))


_ONE_POD = "kubectl asks one of its pods; to ask all, read `kubectl get pods -A -o json` instead"


def _why_not(manifest: Manifest, container: Container, names: tuple[str, ...]) -> str | None:
    """Why a container cannot be asked."""
    kind, spec = kind_of(manifest), container.spec
    if kind not in ("Pod", *_WITH_PODS):
        return "cannot be asked by this name: its pods have names of their own; ask those"
    if not all(_NAME.fullmatch(name) for name in names):
        return "cannot be asked: it has no name that an API server takes"
    if as_map(manifest.get("status")).get("phase") in _OVER:
        return "cannot be asked: the pod has ended"
    if container.list_name == "initContainers" and spec.get("restartPolicy") != "Always":
        return "cannot be asked: an init container has ended before the pod runs"
    return None


def _file(pod: Pod) -> tuple[str, tuple[str, ...]]:
    for field in ("shareProcessNamespace", "hostPID"):
        if pod.spec.get(field) not in (None, False):
            return "/proc/self/attr/current", (
                f"process 1 is another one with {field}, so the answer is that of a process that kubectl starts beside",
            )
    return "/proc/1/attr/current", ()


def script(checks: Iterable[Check]) -> str:
    """A shell script that asks all containers, and prints one line for each; the lines are what `answers_of` reads."""
    asked = {check.tag: check for check in checks if check.command}
    lines = [_HEAD, *(f"ask {tag} {' '.join(check.command[2:])}" for tag, check in sorted(asked.items()))]
    return "\n".join(lines) + "\n"


# A word of the kernel's answer never holds a tab or a line break; whatever else stands there must not look like a line.
_HEAD = r"""#!/bin/sh
# Asks each container which AppArmor profile confines it; made by `k8s-hardening apparmor verify --format sh`.
# Each line: apparmor, container, exit status, answer, with tabs between them.
ask() {
    tag=$1
    shift
    answer=$(kubectl exec "$@" </dev/null)
    status=$?
    printf 'apparmor\t%s\t%s\t%s\n' "$tag" "$status" "$(printf '%s' "$answer" | tr -d '\000' | tr '\t\r\n' '   ')"
}
"""


def answers_of(text: str) -> dict[str, list[tuple[str, str]]]:
    """Exit status and answer by tag; lines of any other form are nobody's answer."""
    found: dict[str, list[tuple[str, str]]] = {}
    for line in text.split("\n"):
        mark, *parts = line.strip("\r").split("\t", 3)
        if mark == "apparmor" and len(parts) == 3:
            found.setdefault(parts[0], []).append((parts[1], parts[2]))
    return found


def judged(check: Check, answers: Mapping[str, list[tuple[str, str]]]) -> tuple[Verdict, str]:
    """The verdict on the answers of a container, with the answer: one that is not right counts more than all others."""
    verdicts = [(_verdict(check, status, answer), answer) for status, answer in answers.get(check.tag, ())]
    if not verdicts:
        return Verdict.MISSING, ""
    return next((one for one in verdicts if one[0] is not Verdict.OK), verdicts[0])


def _verdict(check: Check, status: str, answer: str) -> Verdict:
    text = answer.strip(" \0")
    if status != "0":
        return Verdict.UNREADABLE
    if text == "unconfined":
        return Verdict.UNCONFINED
    found = _ANSWER.fullmatch(text)
    if found is None:
        return Verdict.UNREADABLE
    if found["mode"] == "unconfined":
        return Verdict.UNCONFINED
    if text in check.expected:
        return Verdict.OK
    mode = "enforce" if found["mode"] in _STOPPING else found["mode"]
    if f"{found['name']} ({mode})" in check.expected:
        return Verdict.OK
    if f"{found['name']} (enforce)" in check.expected:
        return Verdict.COMPLAIN
    return Verdict.WRONG_PROFILE
