"""Objects that a pod refers to must exist, or it never starts.

Judged over a whole stack: every Secret and ConfigMap that a pod names in env, envFrom and volumes (projected and CSI
ones included), and its service account, must be an object of the stack in the pod's namespace, or be declared: by
`external` of the baseline, or as a tenant's own `secrets` and `service_accounts`. What is marked optional may be
missing, and so may imagePullSecrets, since the kubelet goes on without them. Each namespace has the service account
`default` and, from Kubernetes 1.20 on, the ConfigMap kube-root-ca.crt by itself (k8s.io/kubernetes v1.20.15
cmd/kube-controller-manager/app/certificates.go, RootCAConfigMap); kube-system has extension-apiserver-authentication
(v1.37.2 pkg/controlplane/controller/clusterauthenticationtrust). The places are those of k8s.io/kubernetes v1.37.2
pkg/api/v1/pod/util.go. Parts of pods in custom resources are left to their controllers, which may add objects.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from k8s_hardening.controls.control import Control, Finding, Profile, Severity, finding
from k8s_hardening.kube.manifest import UNKNOWN, Manifest, api_group_of, as_map, kind_of
from k8s_hardening.kube.pods import pods_of
from k8s_hardening.kube.references import CONFIG_MAP, SECRET, SERVICE_ACCOUNT, Reference, references_of
from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.model.knowledge import Knowledge

_ROOT_CA_SINCE = KubeVersion(1, 20)
_KINDS = (SECRET, CONFIG_MAP, SERVICE_ACCOUNT)
_WORDS = {SECRET: "Secret", CONFIG_MAP: "ConfigMap", SERVICE_ACCOUNT: "service account"}


def check_stack(manifests: Sequence[Manifest], knowledge: Knowledge) -> Iterator[tuple[int, Finding]]:
    """Each reference that leads to nothing."""
    known = _Known(manifests, knowledge)
    for index, manifest in enumerate(manifests):
        for pod in pods_of(manifest):
            if pod.is_fragment:
                continue
            namespace = as_map(manifest.get("metadata")).get("namespace")
            for reference in references_of(pod):
                if (found := known.finding(reference, namespace)) is not None:
                    yield index, found


class _Known:
    """What stands in the namespaces, as far as it is known."""

    def __init__(self, manifests: Sequence[Manifest], knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._there: set[tuple[str, str, str]] = set()
        self._open: set[str] = set()
        for manifest in manifests:
            kind = kind_of(manifest)
            if kind not in _KINDS or api_group_of(manifest):
                continue
            metadata = as_map(manifest.get("metadata"))
            name, namespace = metadata.get("name"), metadata.get("namespace")
            if name is UNKNOWN or namespace is UNKNOWN:
                self._open.add(kind)  # it may be any of its kind
            elif isinstance(name, str):
                self._there.add((kind, namespace if isinstance(namespace, str) else "", name))

    def finding(self, reference: Reference, namespace: object) -> Finding | None:
        """What is wrong with a reference, or None."""
        what = _WORDS[reference.kind]
        if reference.name is UNKNOWN or namespace is UNKNOWN:
            if self._exists_anywhere(reference):
                return None
            return Finding(reference.path, "not known until apply", f"name the {what} as a plain value", unknown=True)
        home = namespace if isinstance(namespace, str) else ""
        if self._exists(reference.kind, home, reference.name):
            return None
        fix = (
            f"add the {what} to the stack, or declare it in the baseline: "
            f'external: {{{home or "NAMESPACE"}: ["{reference.kind.lower()}/{reference.name}"]}}'
        )
        if reference.kind in self._open:
            return Finding(reference.path, "not known until apply to exist", fix, unknown=True)
        return finding(reference.path, reference.name, f"{fix}; the pod would never start")

    def _exists(self, kind: str, namespace: str, name: str) -> bool:
        return (
            (kind, namespace, name) in self._there
            or f"{kind.lower()}/{name}" in self._knowledge.external.get(namespace, ())
            or self._comes_by_itself(kind, namespace, name)
        )

    def _exists_anywhere(self, reference: Reference) -> bool:
        """Whether an account of a pod in an unknown namespace is the one that every namespace has."""
        return isinstance(reference.name, str) and self._comes_by_itself(reference.kind, "", reference.name)

    def _comes_by_itself(self, kind: str, namespace: str, name: str) -> bool:
        if kind == SERVICE_ACCOUNT:
            return name == "default"
        if kind == CONFIG_MAP:
            return (name == "kube-root-ca.crt" and self._knowledge.kubernetes >= _ROOT_CA_SINCE) or (
                namespace == "kube-system" and name == "extension-apiserver-authentication"
            )
        return False


CONTROL = Control(
    id="referenced-objects-exist",
    requirement="Secrets, ConfigMaps and service accounts that a pod refers to must exist.",
    severity=Severity.MEDIUM,
    chapter="workload",
    profile=Profile.FULL,
    references=("Kubernetes: Secrets, Optional Secrets",),
    check_stack=check_stack,
)
