"""Life spans of the built-in API versions: what a server of some minor version serves, and what came instead.

Sources, read for every minor from 1.18 to 1.37:
- k8s.io/api v0.18.19 to v0.37.2: the methods APILifecycleIntroduced and APILifecycleRemoved in each
  zz_generated.prerelease-lifecycle.go, and which types the module still holds (a type that left it is no longer
  served);
- k8s.io/apiextensions-apiserver and k8s.io/kube-aggregator v0.37.2: the same methods;
- k8s.io/kubernetes v1.21.14 to v1.24.17 pkg/controlplane/instance.go and pkg/registry/*/rest: the alpha versions of
  RBAC, scheduling and node, which carry no tags;
- k8s.io/kubernetes v1.24.17, v1.28.15, v1.37.2 pkg/controlplane/instance.go: alpha versions are off by default, and
  so are beta versions that came with or after 1.24, those of flowcontrol excepted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from k8s_hardening.kube.version import KubeVersion


@dataclass(frozen=True, slots=True)
class Api:
    """One kind in one API version, with the Kubernetes versions that serve it."""

    api_version: str
    """Group and version as an object writes them, for example apps/v1."""
    kind: str
    first: KubeVersion | None
    """First version that serves it; None when that was before the oldest version known here."""
    last: KubeVersion | None
    """Last version that serves it; None when the newest version known here still does."""

    @property
    def is_opt_in(self) -> bool:
        """Whether a server serves it only when its --runtime-config names it."""
        stability, _ = _rank(self.api_version)
        if stability == _BETA:
            is_new = self.first is not None and self.first >= _BETAS_OFF_SINCE
            return is_new and not self.api_version.startswith("flowcontrol.apiserver.k8s.io/")
        return stability == _ALPHA

    def is_served(self, version: KubeVersion) -> bool:
        """Whether a server of that version can serve it."""
        return not self.is_future(version) and not self.is_past(version)

    def is_future(self, version: KubeVersion) -> bool:
        """Whether it came after that version."""
        return self.first is not None and version < self.first

    def is_past(self, version: KubeVersion) -> bool:
        """Whether it was gone by that version."""
        return self.last is not None and version > self.last


_ALPHA, _BETA, _STABLE = range(3)
_BETAS_OFF_SINCE = KubeVersion(1, 24)
_VERSION = re.compile(r"v([0-9]+)(?:(alpha|beta)([0-9]+))?")

# API version: kinds, first minor of 1.x that serves them, last minor.
_SPANS: tuple[tuple[str, str, int | None, int | None], ...] = (
    ("admissionregistration.k8s.io/v1", "MutatingAdmissionPolicy MutatingAdmissionPolicyBinding", 36, None),
    ("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration ValidatingWebhookConfiguration", None, None),
    ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding", 30, None),
    ("admissionregistration.k8s.io/v1alpha1", "MutatingAdmissionPolicy MutatingAdmissionPolicyBinding", 32, None),
    ("admissionregistration.k8s.io/v1alpha1", "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding", 26, 31),
    ("admissionregistration.k8s.io/v1beta1", "MutatingAdmissionPolicy MutatingAdmissionPolicyBinding", 34, None),
    ("admissionregistration.k8s.io/v1beta1", "MutatingWebhookConfiguration ValidatingWebhookConfiguration", None, 21),
    ("admissionregistration.k8s.io/v1beta1", "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding", 28, 33),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition", None, None),
    ("apiextensions.k8s.io/v1beta1", "CustomResourceDefinition", None, 21),
    ("apiregistration.k8s.io/v1", "APIService", None, None),
    ("apiregistration.k8s.io/v1beta1", "APIService", None, 21),
    ("apps/v1", "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet", None, None),
    ("apps/v1beta1", "ControllerRevision Deployment StatefulSet", None, 15),
    ("apps/v1beta2", "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet", None, 15),
    ("auditregistration.k8s.io/v1alpha1", "AuditSink", None, 18),
    ("autoscaling/v1", "HorizontalPodAutoscaler", None, None),
    ("autoscaling/v2", "HorizontalPodAutoscaler", 23, None),
    ("autoscaling/v2beta1", "HorizontalPodAutoscaler", None, 24),
    ("autoscaling/v2beta2", "HorizontalPodAutoscaler", None, 25),
    ("batch/v1", "CronJob", 21, None),
    ("batch/v1", "Job", None, None),
    ("batch/v1beta1", "CronJob", None, 24),
    ("batch/v2alpha1", "CronJob", None, 20),
    ("certificates.k8s.io/v1", "CertificateSigningRequest", 19, None),
    ("certificates.k8s.io/v1", "ClusterTrustBundle PodCertificateRequest", 37, None),
    ("certificates.k8s.io/v1alpha1", "ClusterTrustBundle", 27, 36),
    ("certificates.k8s.io/v1alpha1", "PodCertificateRequest", 34, 34),
    ("certificates.k8s.io/v1beta1", "CertificateSigningRequest", None, 21),
    ("certificates.k8s.io/v1beta1", "ClusterTrustBundle", 33, None),
    ("certificates.k8s.io/v1beta1", "PodCertificateRequest", 35, None),
    ("coordination.k8s.io/v1", "Lease", None, None),
    ("coordination.k8s.io/v1alpha1", "LeaseCandidate", 31, 31),
    ("coordination.k8s.io/v1alpha2", "LeaseCandidate", 32, None),
    ("coordination.k8s.io/v1beta1", "Lease", None, 21),
    ("coordination.k8s.io/v1beta1", "LeaseCandidate", 33, None),
    ("discovery.k8s.io/v1", "EndpointSlice", 21, None),
    ("discovery.k8s.io/v1alpha1", "EndpointSlice", None, 20),
    ("discovery.k8s.io/v1beta1", "EndpointSlice", None, 24),
    ("events.k8s.io/v1", "Event", 19, None),
    ("events.k8s.io/v1beta1", "Event", None, 24),
    ("extensions/v1beta1", "DaemonSet Deployment NetworkPolicy PodSecurityPolicy ReplicaSet", None, 15),
    ("extensions/v1beta1", "Ingress", None, 21),
    ("flowcontrol.apiserver.k8s.io/v1", "FlowSchema PriorityLevelConfiguration", 29, None),
    ("flowcontrol.apiserver.k8s.io/v1alpha1", "FlowSchema PriorityLevelConfiguration", None, 20),
    ("flowcontrol.apiserver.k8s.io/v1beta1", "FlowSchema PriorityLevelConfiguration", 20, 25),
    ("flowcontrol.apiserver.k8s.io/v1beta2", "FlowSchema PriorityLevelConfiguration", 23, 28),
    ("flowcontrol.apiserver.k8s.io/v1beta3", "FlowSchema PriorityLevelConfiguration", 26, 31),
    ("lifecycle.k8s.io/v1alpha1", "EvictionRequest", 37, None),
    ("networking.k8s.io/v1", "IPAddress ServiceCIDR", 33, None),
    ("networking.k8s.io/v1", "Ingress IngressClass", 19, None),
    ("networking.k8s.io/v1", "NetworkPolicy", None, None),
    ("networking.k8s.io/v1alpha1", "ClusterCIDR", 25, 28),
    ("networking.k8s.io/v1alpha1", "IPAddress", 27, 32),
    ("networking.k8s.io/v1alpha1", "ServiceCIDR", 29, 32),
    ("networking.k8s.io/v1beta1", "IPAddress ServiceCIDR", 31, 36),
    ("networking.k8s.io/v1beta1", "Ingress IngressClass", None, 21),
    ("node.k8s.io/v1", "RuntimeClass", 20, None),
    ("node.k8s.io/v1alpha1", "RuntimeClass", None, 23),
    ("node.k8s.io/v1beta1", "RuntimeClass", None, 24),
    ("policy/v1", "PodDisruptionBudget", 21, None),
    ("policy/v1beta1", "PodDisruptionBudget PodSecurityPolicy", None, 24),
    ("rbac.authorization.k8s.io/v1", "ClusterRole ClusterRoleBinding Role RoleBinding", None, None),
    ("rbac.authorization.k8s.io/v1alpha1", "ClusterRole ClusterRoleBinding Role RoleBinding", None, 22),
    ("rbac.authorization.k8s.io/v1beta1", "ClusterRole ClusterRoleBinding Role RoleBinding", None, 21),
    ("resource.k8s.io/v1", "DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice", 34, None),
    ("resource.k8s.io/v1", "DeviceTaintRule", 37, None),
    ("resource.k8s.io/v1alpha1", "ResourceClaim ResourceClaimTemplate ResourceClass", 26, 26),
    ("resource.k8s.io/v1alpha2", "PodSchedulingContext ResourceClaim ResourceClaimTemplate ResourceClass", 27, 30),
    ("resource.k8s.io/v1alpha2", "ResourceClaimParameters ResourceClassParameters ResourceSlice", 30, 30),
    ("resource.k8s.io/v1alpha3", "DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice", 31, 33),
    ("resource.k8s.io/v1alpha3", "DeviceTaintRule", 33, None),
    ("resource.k8s.io/v1alpha3", "PodSchedulingContext", 31, 31),
    ("resource.k8s.io/v1alpha3", "ResourcePoolStatusRequest", 36, None),
    ("resource.k8s.io/v1beta1", "DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice", 32, None),
    ("resource.k8s.io/v1beta2", "DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice", 33, None),
    ("resource.k8s.io/v1beta2", "DeviceTaintRule", 36, None),
    ("scheduling.k8s.io/v1", "PriorityClass", None, None),
    ("scheduling.k8s.io/v1alpha1", "PriorityClass", None, 22),
    ("scheduling.k8s.io/v1alpha1", "Workload", 35, 35),
    ("scheduling.k8s.io/v1alpha2", "PodGroup Workload", 36, 36),
    ("scheduling.k8s.io/v1alpha3", "CompositePodGroup PodGroup Workload", 37, None),
    ("scheduling.k8s.io/v1beta1", "PodGroup Workload", 37, None),
    ("scheduling.k8s.io/v1beta1", "PriorityClass", None, 21),
    ("settings.k8s.io/v1alpha1", "PodPreset", None, 19),
    ("storage.k8s.io/v1", "CSIDriver CSINode StorageClass VolumeAttachment", None, None),
    ("storage.k8s.io/v1", "CSIStorageCapacity", 24, None),
    ("storage.k8s.io/v1", "VolumeAttributesClass", 34, None),
    ("storage.k8s.io/v1alpha1", "CSIStorageCapacity", 19, 23),
    ("storage.k8s.io/v1alpha1", "VolumeAttachment", None, 23),
    ("storage.k8s.io/v1alpha1", "VolumeAttributesClass", 29, 34),
    ("storage.k8s.io/v1beta1", "CSIDriver CSINode StorageClass VolumeAttachment", None, 21),
    ("storage.k8s.io/v1beta1", "CSIStorageCapacity", 21, 26),
    ("storage.k8s.io/v1beta1", "VolumeAttributesClass", 31, 36),
    ("storagemigration.k8s.io/v1", "StorageVersionMigration", 37, None),
    ("storagemigration.k8s.io/v1alpha1", "StorageVersionMigration", 30, 34),
    ("storagemigration.k8s.io/v1beta1", "StorageVersionMigration", 35, None),
)


def api_of(api_version: str, kind: str) -> Api | None:
    """The life span of a kind in an API version; None for what is not listed: other groups, and what always existed.

    In a group version that lost all its kinds, a kind that is not listed shares the fate of the last one.
    """
    listed = _BY_API_VERSION.get(api_version)
    if listed is None:
        return None
    if kind in listed:
        return listed[kind]
    ends = [api.last for api in listed.values() if api.last is not None]
    return Api(api_version, kind, None, max(ends)) if len(ends) == len(listed) else None


def is_unheard_of(api_version: str, kind: str) -> bool:
    """Whether a built-in kind is written in a version of its group that no server known here serves it in.

    The core group has never had another version than v1.
    """
    group, slash, _ = api_version.rpartition("/")
    if not slash:
        return api_version not in ("", "v1")
    return kind in _KINDS_OF_GROUP.get(group, ()) and kind not in _BY_API_VERSION.get(api_version, {})


def successor_of(kind: str, version: KubeVersion) -> str | None:
    """The API version to write a kind in, of those that a server of that version serves by default; None if none is."""
    served = [
        api.api_version
        for kinds in _BY_API_VERSION.values()
        if (api := kinds.get(kind)) is not None and api.is_served(version) and not api.is_opt_in
    ]
    return max(served, key=_rank, default=None)


def _rank(api_version: str) -> tuple[int, tuple[int, int]]:
    match = _VERSION.fullmatch(api_version.rpartition("/")[2])
    if match is None:
        return _STABLE, (0, 0)
    major, stage, step = match.groups()
    stability = {"alpha": _ALPHA, "beta": _BETA, None: _STABLE}[stage]
    return stability, (int(major), int(step or 0))


def _minor(minor: int | None) -> KubeVersion | None:
    return None if minor is None else KubeVersion(1, minor)


def _all() -> Iterator[Api]:
    for api_version, kinds, first, last in _SPANS:
        for kind in kinds.split():
            yield Api(api_version, kind, _minor(first), _minor(last))


_BY_API_VERSION: dict[str, dict[str, Api]] = {}
for _api in _all():
    _BY_API_VERSION.setdefault(_api.api_version, {})[_api.kind] = _api

_KINDS_OF_GROUP: dict[str, set[str]] = {}
for _api_version, _kinds in _BY_API_VERSION.items():
    _KINDS_OF_GROUP.setdefault(_api_version.rpartition("/")[0], set()).update(_kinds)

BUILT_IN_GROUPS = frozenset({
    *(api_version.rpartition("/")[0] for api_version in _BY_API_VERSION),
    "",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "imagepolicy.k8s.io",
    "internal.apiserver.k8s.io",
})  # fmt: skip
"""API groups of the server itself; the last four are of k8s.io/api v0.37.2 and have no life spans here."""
