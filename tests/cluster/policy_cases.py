"""Objects of the corpus in the form in which an API server takes them, and what the judge says of each."""

from __future__ import annotations

import copy
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from k8s_hardening.controls.judging import judge
from k8s_hardening.controls.registry import CONTROLS
from k8s_hardening.kube.manifest import api_group_of, as_list, as_map, kind_of, namespace_of
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.admission_policies import AdmissionPoliciesInputs, PolicyFactsSpec
from k8s_hardening.model.knowledge import Knowledge
from tests.builders import KINDS_AROUND_A_POD, container, pod, wrap_pod
from tests.controls.corpus import KNOWLEDGE, Fixture, fixtures

ADMITTING = tuple(control for control in CONTROLS if control.admission is not None)
_BUILT_IN = tuple(kind for kind in KINDS_AROUND_A_POD if kind != "Rollout")
_PLURALS = {"Ingress": "ingresses", "NetworkPolicy": "networkpolicies", "PodSecurityPolicy": "podsecuritypolicies"}
_ONCE = {"restartPolicy": "Never"}
# Texts that take every branch of the patterns; the server reads them with another engine than the unit tests.
_STEPS = ("app", "App", "a_b", "a.b", "a.b_c", "a--b", "-a", "library", "localhost", "docker.io", "index.docker.io",
          "registry.example.com", "registry.example.com.evil.org", "registry.example.com:5000", "[::1]:5000",
          "team")  # fmt: skip
_TAGS = ("", ":1.2", ":latest", ":", "@sha256:" + "0" * 64, ":1@sha256:" + "a" * 64, "@sha512:" + "0" * 128, "@md5:0")


@dataclass(frozen=True)
class Case:
    """One object that is sent, and the controls that find something in it."""

    id: str
    manifest: dict[str, Any]
    refused_by: frozenset[str]

    @property
    def path(self) -> str:
        """Where objects of the kind are made."""
        return path_of(self.manifest)


def path_of(manifest: dict[str, Any]) -> str:
    """Where objects of the kind are made."""
    group, kind, namespace = api_group_of(manifest), kind_of(manifest), namespace_of(manifest)
    version = manifest["apiVersion"].rpartition("/")[2]
    root = f"/apis/{group}/{version}" if group else f"/api/{version}"
    where = f"/namespaces/{namespace}" if namespace else ""
    return f"{root}{where}/{_PLURALS.get(kind, f'{kind.lower()}s')}"


def facts(**changes: Any) -> dict[str, Any]:
    """What the corpus knows, with some facts changed, in the version of the server."""
    return {**KNOWLEDGE, "kubernetes": "1.37", "exemptions": [], **changes}


def inputs(known: Knowledge) -> AdmissionPoliciesInputs:
    """The inputs of the policies for what a judge knows."""
    shared = {name: getattr(known, name) for name in PolicyFactsSpec.model_fields if name != "levels"}
    shared["registries"] = [entry.rstrip("/") for entry in known.registries]  # a baseline takes no slash at the end
    return AdmissionPoliciesInputs.model_validate({**shared, "kubernetes": known.kubernetes})


def case(identity: str, manifest: dict[str, Any], known: Knowledge) -> Case:
    """An object with the verdict of the controls that the server has as well."""
    return Case(identity, manifest, frozenset(one.control.id for one in judge(manifest, ADMITTING, known)))


@functools.cache
def corpus() -> dict[str, tuple[Knowledge, list[Case]]]:
    """The cases of all fixtures of these controls, under what must be known for them."""
    groups: dict[str, tuple[Knowledge, list[Case]]] = {}
    for fixture in (*fixtures("pass"), *fixtures("fail")):
        if fixture.control_id in {control.id for control in ADMITTING} and fixture.knowledge.kubernetes == KubeVersion(
            1, 36
        ):
            known = fixture.knowledge.model_copy(update={"kubernetes": KubeVersion(1, 37)})
            if fixture.knowledge.exemptions == Knowledge.model_validate(KNOWLEDGE).exemptions:
                known = known.model_copy(update={"exemptions": ()})
            group = groups.setdefault(known.model_dump_json(), (known, []))
            group[1].extend(case(identity, one, known) for identity, one in _sendable(fixture))
    return groups


def image_cases(known: Knowledge) -> list[Case]:
    """Pods with images of every form."""
    texts = {f"{first}{rest}{tag}" for first in _STEPS for rest in ("", "/app", "/a/b", "/A") for tag in _TAGS}
    return [case(text, pod(containers=[container(image=text)]), known) for text in sorted(texts)]


def _sendable(fixture: Fixture) -> Iterator[tuple[str, dict[str, Any]]]:
    for index, manifest in enumerate(fixture.manifests):
        identity = f"{fixture.id}[{index}]"
        if kind_of(manifest) == "Pod":
            yield identity, _complete(manifest)
            for kind in _BUILT_IN if "ephemeralContainers" not in as_map(manifest.get("spec")) else ():
                yield f"{identity} in {kind}", _complete(wrap_pod(manifest, kind)[0])
        elif kind_of(manifest) in (
            "Namespace",
            "Service",
            "Ingress",
            "PersistentVolumeClaim",
            "RoleBinding",
            "StatefulSet",
        ):
            yield identity, _complete(manifest)


def _complete(manifest: dict[str, Any]) -> dict[str, Any]:
    """What the server demands beside, and no control looks at."""
    whole = copy.deepcopy(manifest)
    kind, spec = kind_of(whole), whole.get("spec", {})
    if kind in ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"):
        spec["selector"] = {"matchLabels": {"app": "app"}}
    if kind == "ReplicationController":
        spec["selector"] = {"app": "app"}
    if kind in ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "ReplicationController"):
        spec["template"].setdefault("metadata", {})["labels"] = {"app": "app"}
    if kind == "Job":
        spec["template"]["spec"].update(_ONCE)
    if kind == "CronJob":
        spec["schedule"] = "0 3 * * *"
        spec["jobTemplate"]["spec"]["template"]["spec"].update(_ONCE)
    for volume in _all_volumes(whole):
        if "hostPath" in volume and volume["hostPath"] == {}:
            volume["hostPath"] = {"path": "/var/lib/anything"}
    return whole


def _all_volumes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "volumes":
                yield from (one for one in as_list(item) if isinstance(one, dict))
            else:
                yield from _all_volumes(item)
    elif isinstance(value, list):
        for item in value:
            yield from _all_volumes(item)


def namespaces_of(groups: dict[str, tuple[Knowledge, list[Case]]]) -> set[str]:
    """Every namespace in which a case stands."""
    return {namespace_of(one.manifest) for _, cases in groups.values() for one in cases} - {"", "default"}
