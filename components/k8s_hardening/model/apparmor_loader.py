"""The loader of AppArmor profiles as a part of a cluster: what it is called, and what it is exempt from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from k8s_hardening.kube.apparmor import FIELD_SINCE
from k8s_hardening.kube.manifest import as_map
from k8s_hardening.kube.version import NEWEST, OLDEST, KubeVersion
from k8s_hardening.model.apparmor import AppArmorLoaderSpec, AppArmorProfiles, LoaderExemptionSpec
from k8s_hardening.model.base import Whole
from k8s_hardening.model.checked import Switch, not_empty
from k8s_hardening.model.crossing import loader_problems
from k8s_hardening.model.exemption import Exemption
from k8s_hardening.model.images import PullSecretSpec
from k8s_hardening.model.raw import Problem

NAMESPACE = "k8s-hardening-apparmor"
"""Where the loader runs, and nothing else: its Pod Security level is privileged."""
NAME = "apparmor-loader"
"""Name of its DaemonSet and service account."""
CONTAINER = "loader"
CLUSTER_ROLE = f"k8s-hardening-{NAME}"
"""Name of what gives it its rights."""
CA_SINCE = KubeVersion(1, 20)
"""From here on every namespace has the API server's CA as a ConfigMap (k8s.io/kubernetes v1.20.15 and v1.19.16
pkg/features/kube_features.go, RootCAConfigMap), so that a token can be mounted beside it that names its day."""


class AppArmorLoaderInputs(AppArmorLoaderSpec, Whole):
    """Inputs of the component `AppArmorLoader`: the profiles, and what it must know of the cluster."""

    kubernetes: KubeVersion = Field(examples=["1.36"])
    """Kubernetes version of the cluster."""
    profiles: Annotated[AppArmorProfiles, not_empty('[{ready_made: "deny-write"}]')] = Field(
        examples=[[{"ready_made": "deny-write"}]]
    )
    """Profiles that the nodes get."""
    migration: Switch = False
    """Whether PodSecurityPolicies still hold pods from Kubernetes 1.22 to 1.24, beside Pod Security Admission."""
    pull_secret: PullSecretSpec | None = Field(
        default=None,
        examples=[{"config": "registryPullSecret", "registries": ["registry.example.com/platform"]}],
    )
    """Credentials for private registries, for the loader's service account."""

    @classmethod
    def problems_between(cls, data: dict[str, Any]) -> Iterable[Problem]:
        """Profiles that share a name."""
        return loader_problems(data)


def is_loader(manifest: Mapping[str, Any]) -> bool:
    """Whether an object is the loader's own DaemonSet, which is exempt as it is and gets nothing from settings."""
    metadata = as_map(manifest.get("metadata"))
    found = manifest.get("kind"), metadata.get("namespace"), metadata.get("name")
    return all(isinstance(one, str) for one in found) and found == ("DaemonSet", NAMESPACE, NAME)


@dataclass(frozen=True, slots=True)
class _Need:
    """A control that does not fit the loader, with the reason, and the versions in which that is so."""

    control: str
    reason: str
    container: str | None = None
    since: KubeVersion = OLDEST
    until: KubeVersion = NEWEST


_UNCONFINED = "The runtime's own profile denies writes to securityfs, and no profile is there before the loader ran."
_POD_NEEDS = (
    _Need(
        "apparmor", _UNCONFINED, until=KubeVersion(FIELD_SINCE.major, FIELD_SINCE.minor - 1)
    ),  # an annotation says it
    _Need("apparmor", _UNCONFINED, CONTAINER, since=FIELD_SINCE),
    _Need("capabilities-added", "The kernel takes profiles from processes with MAC_ADMIN only.", CONTAINER),
    _Need("host-path-volumes", "Profiles reach the kernel through securityfs, which only the node has mounted."),
    _Need("node-placement", "A node needs its profiles before it runs any pod, whatever taints it has."),
    _Need("run-as-non-root", "The files through which the kernel takes profiles belong to root.", CONTAINER),
    _Need(
        "run-as-user",
        "The files through which the kernel takes profiles belong to root.",
        CONTAINER,
        since=KubeVersion(1, 23),
    ),
    _Need(
        "service-account-token",
        "Namespaces have no ConfigMap with the API server's CA yet, so the token comes with it or not at all.",
        until=KubeVersion(CA_SINCE.major, CA_SINCE.minor - 1),
    ),
)
_NAMESPACE_NEEDS = (
    _Need("namespace-limits", "One pod of a known size on each node: a quota would leave the next node without one."),
)
_OWNED = _Need("namespace-owner", "It belongs to the platform: no tenant may do anything there.")
_ROLE_NEEDS = (
    _Need("rbac-escalation", "It labels nodes with the profiles that they have, which is a patch of the whole node."),
)
_COMPENSATING = (
    "No other capability, no host namespace, one folder of the node, a root file system that nobody can write to, the "
    "runtime's seccomp profile, and connections to the API server alone."
)


def loader_exemptions(
    kubernetes: KubeVersion, exemption: LoaderExemptionSpec, *, has_tenants: bool
) -> tuple[Exemption, ...]:
    """Exactly what the loader needs beyond the controls.

    Args:
        kubernetes: version of the cluster.
        exemption: who answers for it, and until when.
        has_tenants: whether namespaces of the cluster belong to tenants, so that one without a tenant stands out.
    """
    return tuple(_exemptions(kubernetes, exemption, has_tenants=has_tenants))


def _exemptions(kubernetes: KubeVersion, exemption: LoaderExemptionSpec, *, has_tenants: bool) -> Iterator[Exemption]:
    of_namespace = (*_NAMESPACE_NEEDS, *((_OWNED,) if has_tenants else ()))
    for kind, namespace, name, needs in (
        ("DaemonSet", NAMESPACE, NAME, _POD_NEEDS),
        ("Namespace", NAMESPACE, NAMESPACE, of_namespace),
        ("ClusterRole", None, CLUSTER_ROLE, _ROLE_NEEDS),
    ):
        for need in needs:
            if need.since <= kubernetes <= need.until:
                yield Exemption(
                    control=need.control,
                    namespace=namespace,
                    kind=kind,
                    name=name,
                    container=need.container,
                    reason=need.reason,
                    owner=exemption.owner,
                    expires=exemption.expires,
                    compensating=_COMPENSATING if kind == "DaemonSet" else None,
                )
