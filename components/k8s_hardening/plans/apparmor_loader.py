"""The loader of AppArmor profiles: a namespace of its own, the profiles, few rights, and a pod on every node.

RBAC cannot say "its own node", so from 1.30 on an admission policy does: it compares the node with the one that the
API server wrote into the token of the pod (k8s.io/kubernetes v1.30.14 and v1.37.2 pkg/features/kube_features.go,
ServiceAccountTokenPodNodeInfo: on since 1.30; k8s.io/apiserver v0.37.2 pkg/authentication/serviceaccount/util.go).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from k8s_hardening.controls.shared.pod_security_policies import Level
from k8s_hardening.kube.admission_policies import BINDING_KIND, KIND, policy_api
from k8s_hardening.kube.apparmor import ANNOTATION, FIELD, FIELD_SINCE, LABEL_PREFIX
from k8s_hardening.kube.cel import text
from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.networks import NAMESPACES_NAMED_SINCE
from k8s_hardening.kube.pod_security import GATED
from k8s_hardening.kube.rbac import GROUP as RBAC
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.apparmor import LARGEST_MAP
from k8s_hardening.model.apparmor_loader import CA_SINCE, CLUSTER_ROLE, CONTAINER, NAME, NAMESPACE, AppArmorLoaderInputs
from k8s_hardening.model.apparmor_text import profile_name, profile_text
from k8s_hardening.model.labels import MANAGED_BY, NAMESPACE_LABEL
from k8s_hardening.model.pod_security import PodSecuritySpec
from k8s_hardening.plans.network import nothing_passes, way_out
from k8s_hardening.plans.objects import account, object_in, object_of_cluster
from k8s_hardening.plans.plan import in_apply_order
from k8s_hardening.plans.pod_security import pod_security_labels

USER = f"system:serviceaccount:{NAMESPACE}:{NAME}"
"""Who the loader is to the API server."""
NODE_CLAIM = "authentication.kubernetes.io/node-name"
OWN_NODE_SINCE = KubeVersion(1, 30)
"""From here on the API server holds the loader to its own node."""
PODS = {"app.kubernetes.io/name": NAME}
_POLICY = CLUSTER_ROLE
_PROGRAM = f"/usr/sbin/{NAME}"
_SECURITYFS = "/sys/kernel/security"
_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount"  # noqa: S105 - the folder where every client looks for it
_TOKEN_SECONDS = 3600
_IMMUTABLE_SINCE = KubeVersion(1, 19)
"""From here on a ConfigMap can be immutable (pkg/features/kube_features.go, ImmutableEphemeralVolumes: alpha, off)."""
_SECCOMP_FIELD_SINCE = KubeVersion(1, 19)


def plan_apparmor_loader(inputs: AppArmorLoaderInputs) -> tuple[Manifest, ...]:
    """All objects of the loader, in apply order.

    No control mends them on the way, unlike those of tenants: what does not fit is exempt, and a test holds the rest.
    """
    return in_apply_order(_objects(inputs))


def loader_advice(inputs: AppArmorLoaderInputs) -> Iterator[str]:
    """What the server does not hold the loader to."""
    if inputs.kubernetes < OWN_NODE_SINCE:
        yield (
            f"Kubernetes {inputs.kubernetes} cannot hold the AppArmor loader to its own node (1.30 on): whoever takes "
            f"over one loader can label every node, by service account {NAME} of {NAMESPACE}. Give nodes that matter "
            "most their profiles as files of the hosts."
        )


def _objects(inputs: AppArmorLoaderInputs) -> Iterator[Manifest]:
    pulls = inputs.pull_secret is not None
    yield _namespace(inputs)
    yield _priority_quota()
    yield account(NAMESPACE, "default", pulls=False)
    yield account(NAMESPACE, NAME, pulls=pulls)
    yield nothing_passes(NAMESPACE)
    yield way_out(NAMESPACE, "allow-api-server", PODS, to=inputs.api_server, ports=("TCP/443", "TCP/6443"))
    yield from _rights(inputs)
    if inputs.kubernetes >= OWN_NODE_SINCE:
        yield from _own_node(inputs.kubernetes)
    maps = list(_profile_maps(inputs))
    yield from maps
    yield _daemon_set(inputs, [one["metadata"]["name"] for one in maps])


def _namespace(inputs: AppArmorLoaderInputs) -> Manifest:
    gate = inputs.migration and inputs.kubernetes == GATED
    labels = {**MANAGED_BY, **pod_security_labels("privileged", inputs.kubernetes, gate=gate)}
    if inputs.kubernetes < NAMESPACES_NAMED_SINCE:
        labels[NAMESPACE_LABEL] = NAMESPACE
    # Where the API server narrows nodes or tolerations for every namespace, these let the loader onto each node all the
    # same (k8s.io/kubernetes v1.37.2 plugin/pkg/admission/podnodeselector and podtolerationrestriction).
    annotations = {
        "scheduler.alpha.kubernetes.io/node-selector": "",
        "scheduler.alpha.kubernetes.io/tolerationsWhitelist": '[{"operator":"Exists"}]',
    }
    metadata = {"name": NAMESPACE, "labels": labels, "annotations": annotations}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def _priority_quota() -> Manifest:
    """What lets the loader have a priority of the system where the API server limits those by quota.

    By default every namespace may use them (k8s.io/kubernetes v1.18.20 and v1.37.2 plugin/pkg/admission/priority).
    Providers limit them to namespaces with a quota that names them, and so can
    control_plane.admission.limited_resources.
    """
    priority = {"scopeName": "PriorityClass", "operator": "In", "values": ["system-node-critical"]}
    spec = {
        "hard": {"pods": "100k"},
        "scopeSelector": {"matchExpressions": [priority]},
    }  # more than a cluster has nodes
    return object_in(NAMESPACE, "v1", "ResourceQuota", NAME, spec=spec)


def _rights(inputs: AppArmorLoaderInputs) -> Iterator[Manifest]:
    rules = [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]},
        {"apiGroups": [""], "resources": ["nodes"], "verbs": ["patch"]},
    ]
    subjects = [{"kind": "ServiceAccount", "name": NAME, "namespace": NAMESPACE}]
    yield object_of_cluster(f"{RBAC}/v1", "ClusterRole", _POLICY, rules=rules)
    yield object_of_cluster(
        f"{RBAC}/v1", "ClusterRoleBinding", _POLICY, roleRef=_role(_POLICY), subjects=list(subjects)
    )
    if PodSecuritySpec(migration=inputs.migration).uses_policies(inputs.kubernetes):
        name, role = f"{NAME}-pod-security-policy", Level.PRIVILEGED.role
        yield object_in(NAMESPACE, f"{RBAC}/v1", "RoleBinding", name, roleRef=_role(role), subjects=list(subjects))


def _role(name: str) -> dict[str, str]:
    return {"apiGroup": RBAC, "kind": "ClusterRole", "name": name}


def _own_node(kubernetes: KubeVersion) -> Iterator[Manifest]:
    claim, prefix = text(NODE_CLAIM), text(LABEL_PREFIX)
    extra = "request.userInfo.extra"
    here = f"has({extra}) && {claim} in {extra} && {extra}[{claim}] == [request.name]"
    labels = (
        f"variables.after.all(k, k.startsWith({prefix}) || "
        "(k in variables.before && variables.before[k] == variables.after[k])) && "
        f"variables.before.all(k, k.startsWith({prefix}) || k in variables.after)"
    )
    kept = "object.spec == oldObject.spec"
    for field in ("annotations", "finalizers", "ownerReferences"):
        new, old = f"object.metadata.{field}", f"oldObject.metadata.{field}"
        kept += f" && has({new}) == has({old}) && (!has({new}) || {new} == {old})"
    spec = {
        "failurePolicy": "Fail",
        "matchConstraints": {
            "resourceRules": [
                {
                    "apiGroups": [""],
                    "apiVersions": ["v1"],
                    "operations": ["UPDATE"],
                    "resources": ["nodes", "nodes/status"],
                }
            ]
        },
        "matchConditions": [{"name": "loader", "expression": f"request.userInfo.username == {text(USER)}"}],
        "variables": [
            {"name": "before", "expression": "has(oldObject.metadata.labels) ? oldObject.metadata.labels : {}"},
            {"name": "after", "expression": "has(object.metadata.labels) ? object.metadata.labels : {}"},
        ],
        "validations": [
            {"expression": expression, "message": f"[{NAME}] The loader may change {what}.", "reason": "Forbidden"}
            for expression, what in (
                (here, "the node of its own pod only, which its token must name"),
                (labels, f"labels under {LABEL_PREFIX} only"),
                (kept, "nothing of a node but labels"),
            )
        ],
    }
    yield object_of_cluster(str(policy_api(kubernetes)), KIND, _POLICY, spec=spec)
    bound = {"policyName": _POLICY, "validationActions": ["Deny"]}
    yield object_of_cluster(str(policy_api(kubernetes)), BINDING_KIND, _POLICY, spec=bound)


def _profile_maps(inputs: AppArmorLoaderInputs) -> Iterator[Manifest]:
    """The profiles as files by the kernel's name, in as few ConfigMaps as hold them."""
    maps: list[dict[str, str]] = [{}]
    for profile in sorted(inputs.profiles, key=profile_name):
        content = profile_text(profile)
        if sum(len(one.encode()) for one in (*maps[-1].values(), content)) > LARGEST_MAP:
            maps.append({})
        maps[-1][profile_name(profile)] = content
    for data in maps:
        digest = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
        frozen = {"immutable": True} if inputs.kubernetes >= _IMMUTABLE_SINCE else {}
        yield object_in(NAMESPACE, "v1", "ConfigMap", f"apparmor-profiles-{digest[:10]}", data=data, **frozen)


def _daemon_set(inputs: AppArmorLoaderInputs, maps: list[str]) -> Manifest:
    annotations = {}
    if inputs.kubernetes < FIELD_SINCE:
        annotations[f"{ANNOTATION}{CONTAINER}"] = "unconfined"
    if inputs.kubernetes < _SECCOMP_FIELD_SINCE:
        annotations["seccomp.security.alpha.kubernetes.io/pod"] = "runtime/default"
    metadata: dict[str, Any] = {"labels": {**MANAGED_BY, **PODS}}
    if annotations:
        metadata["annotations"] = annotations
    spec = {
        "selector": {"matchLabels": dict(PODS)},
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "10%"}},
        "template": {"metadata": metadata, "spec": _pod(inputs, maps)},
    }
    return object_in(NAMESPACE, "apps/v1", "DaemonSet", NAME, spec=spec)


def _pod(inputs: AppArmorLoaderInputs, maps: list[str]) -> dict[str, Any]:
    has_ca = inputs.kubernetes >= CA_SINCE
    volumes: list[dict[str, Any]] = [
        {"name": "securityfs", "hostPath": {"path": _SECURITYFS, "type": "Directory"}},
        {"name": "profiles", "projected": {"sources": [{"configMap": {"name": name}} for name in maps]}},
        {"name": "status", "emptyDir": {"medium": "Memory", "sizeLimit": "4Mi"}},
    ]
    if has_ca:
        token = {"serviceAccountToken": {"path": "token", "expirationSeconds": _TOKEN_SECONDS}}
        ca = {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}}
        volumes.append({"name": "token", "projected": {"sources": [token, ca]}})
    pod: dict[str, Any] = {
        "serviceAccountName": NAME,
        "automountServiceAccountToken": not has_ca,
        "enableServiceLinks": False,
        "priorityClassName": "system-node-critical",
        "nodeSelector": {"kubernetes.io/os": "linux", **inputs.node_selector},
        "tolerations": [{"operator": "Exists"}],
        "terminationGracePeriodSeconds": 30,
        "containers": [_container(inputs, has_ca=has_ca)],
        "volumes": volumes,
    }
    if inputs.kubernetes >= _SECCOMP_FIELD_SINCE:
        pod["securityContext"] = {"seccompProfile": {"type": "RuntimeDefault"}}
    return pod


def _container(inputs: AppArmorLoaderInputs, *, has_ca: bool) -> dict[str, Any]:
    context: dict[str, Any] = {
        "runAsUser": 0,
        "privileged": False,
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"], "add": ["MAC_ADMIN"]},
    }
    if inputs.kubernetes >= FIELD_SINCE:
        context[FIELD] = {"type": "Unconfined"}
    mounts: list[dict[str, Any]] = [
        {"name": "securityfs", "mountPath": _SECURITYFS},
        {"name": "profiles", "mountPath": "/profiles", "readOnly": True},
        {"name": "status", "mountPath": f"/run/{NAME}"},
    ]
    if has_ca:
        mounts.append({"name": "token", "mountPath": _TOKEN, "readOnly": True})
    return {
        "name": CONTAINER,
        "image": inputs.image,
        "command": [_PROGRAM, "run"],
        "env": [{"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}],
        "securityContext": context,
        "resources": {"requests": {"cpu": "20m", "memory": "64Mi"}, "limits": {"cpu": "500m", "memory": "256Mi"}},
        "volumeMounts": mounts,
        # The first round compiles every profile; only then does the program say that it is alive.
        "startupProbe": _probe("alive", period=5, failures=60),
        "livenessProbe": _probe("alive", period=60, failures=3),
        "readinessProbe": _probe("ready", period=15, failures=2),
    }


def _probe(question: str, *, period: int, failures: int) -> dict[str, Any]:
    return {
        "exec": {"command": [_PROGRAM, question]},
        "periodSeconds": period,
        "timeoutSeconds": 10,
        "failureThreshold": failures,
    }
