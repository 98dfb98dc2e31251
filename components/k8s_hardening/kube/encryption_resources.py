"""Which resources an entry of an EncryptionConfiguration means, and where etcd holds them.

Sources:
- names and overlaps: k8s.io/apiserver v0.37.2 pkg/apis/apiserver/validation/validation_encryption.go, and v0.27.16
  pkg/apis/config/validation/validation.go, the first with these checks; a name is read by ParseGroupResource of
  k8s.io/apimachinery v0.37.2 pkg/runtime/schema/group_version.go;
- masks and the choice of an entry: v0.37.2 pkg/server/options/encryptionconfig/config.go,
  getTransformerOverridesAndKMSPluginProbes and transformerFromOverrides;
- paths in etcd: k8s.io/kubernetes v1.21.14, v1.24.17, v1.28.15 and v1.37.2 test/integration/etcd/data.go and
  pkg/kubeapiserver/default_storage_factory_builder.go.
"""

from __future__ import annotations

from dataclasses import dataclass

from k8s_hardening.kube.version import KubeVersion

CUSTOM_RESOURCES_SINCE = KubeVersion(1, 26)
"""Before it a server takes the names of custom resources and encrypts nothing for them."""
WILDCARDS_SINCE = KubeVersion(1, 27)
"""Before it a server takes *. and *.* and encrypts nothing for them; from here on it also checks names."""

BUILT_IN: dict[str, frozenset[str]] = {
    "": frozenset({
        "configmaps", "endpoints", "events", "limitranges", "namespaces", "nodes", "persistentvolumeclaims",
        "persistentvolumes", "pods", "podtemplates", "replicationcontrollers", "resourcequotas", "secrets",
        "serviceaccounts", "services",
    }),
    "admissionregistration.k8s.io": frozenset({
        "mutatingadmissionpolicies", "mutatingadmissionpolicybindings", "mutatingwebhookconfigurations",
        "validatingadmissionpolicies", "validatingadmissionpolicybindings", "validatingwebhookconfigurations",
    }),
    "apps": frozenset({"controllerrevisions", "daemonsets", "deployments", "replicasets", "statefulsets"}),
    "autoscaling": frozenset({"horizontalpodautoscalers"}),
    "batch": frozenset({"cronjobs", "jobs"}),
    "certificates.k8s.io": frozenset({"certificatesigningrequests", "clustertrustbundles", "podcertificaterequests"}),
    "coordination.k8s.io": frozenset({"leasecandidates", "leases"}),
    "discovery.k8s.io": frozenset({"endpointslices"}),
    "flowcontrol.apiserver.k8s.io": frozenset({"flowschemas", "prioritylevelconfigurations"}),
    "internal.apiserver.k8s.io": frozenset({"storageversions"}),
    "lifecycle.k8s.io": frozenset({"evictionrequests", "evictions"}),
    "networking.k8s.io": frozenset({"ingressclasses", "ingresses", "ipaddresses", "networkpolicies", "servicecidrs"}),
    "node.k8s.io": frozenset({"runtimeclasses"}),
    "policy": frozenset({"poddisruptionbudgets", "podsecuritypolicies"}),
    "rbac.authorization.k8s.io": frozenset({"clusterrolebindings", "clusterroles", "rolebindings", "roles"}),
    "resource.k8s.io": frozenset({
        "deviceclasses", "devicetaintrules", "resourceclaims", "resourceclaimtemplates", "resourcepoolstatusrequests",
        "resourceslices",
    }),
    "scheduling.k8s.io": frozenset({"compositepodgroups", "podgroups", "priorityclasses", "workloads"}),
    "storage.k8s.io": frozenset({
        "csidrivers", "csinodes", "csistoragecapacities", "storageclasses", "volumeattachments",
        "volumeattributesclasses",
    }),
    "storagemigration.k8s.io": frozenset({"storageversionmigrations"}),
}  # fmt: skip
"""API group -> its resources that a server keeps in etcd, under /registry/<resource> unless said below."""

# What these groups hold lies in etcd as custom resources do, /registry/<group>/<resource>, but is served from 1.18 on.
_OTHER_SERVERS = frozenset({"apiextensions.k8s.io", "apiregistration.k8s.io"})
_FOLDERS = {
    "controllers": "replicationcontrollers",
    "minions": "nodes",
    "ingress": "ingresses",
    "podsecuritypolicy": "podsecuritypolicies",
}
_GROUPS = {name: group for group, names in BUILT_IN.items() for name in names}
# Written by the server itself, without an API and so without an entry: leases of masters, allocations, the compactor.
_NO_OBJECTS = frozenset({"masterleases", "peerserverleases", "ranges", "health"})
_NO_API = frozenset({"apiserveripinfo", "serviceipallocations", "servicenodeportallocations"})


@dataclass(frozen=True, slots=True, order=True)
class Resource:
    """A resource of a group; `*` stands for all resources, and as group for all groups."""

    group: str
    name: str

    @classmethod
    def parse(cls, text: str) -> Resource:
        """Read `secrets`, `widgets.example.com`, `*.` (the core group), `*.apps` or `*.*`."""
        name, _, group = text.partition(".")
        return cls(group, name)

    def __str__(self) -> str:
        if self.name == "*" and not self.group:
            return "*."
        return f"{self.name}.{self.group}" if self.group else self.name

    @property
    def is_wildcard(self) -> bool:
        """Whether it stands for several resources."""
        return self.name == "*"

    @property
    def is_custom(self) -> bool:
        """Whether its group is none of the server's own."""
        return self.group != "*" and self.group not in BUILT_IN and self.group not in _OTHER_SERVERS

    def covers(self, other: Resource) -> bool:
        """Whether what is said of this one is said of the other too, so that a later entry for it has no effect."""
        return self == other or self in other.wildcards()

    def wildcards(self) -> tuple[Resource, Resource]:
        """The wildcards that stand for it among others, the narrower first."""
        return Resource(self.group, "*"), Resource("*", "*")


def name_problem(text: str, version: KubeVersion) -> str | None:
    """Why an entry cannot have a resource's name in that version, and what to do; None when it can."""
    resource = Resource.parse(text)
    if text != text.lower():
        return "has capital letters; write the plural of the resource in small letters"
    if text in ("", "*"):
        return "names no resource; write *. for the core group or *.* for everything"
    if text in _NO_API:
        return "has no API, so it cannot be encrypted; remove it"
    if resource.group == "events.k8s.io":
        return "is kept in the core group; write events"
    if resource.group == "extensions":
        return "is a group that is gone; write the resource's present group, for example deployments.apps"
    if resource.group == "*" and not resource.is_wildcard:
        return "spans groups, which no server supports; name the resource with its group"
    if resource.is_wildcard and version < WILDCARDS_SINCE:
        return f"is a wildcard, for which servers before {WILDCARDS_SINCE} encrypt nothing; name each resource"
    if resource.is_custom and version < CUSTOM_RESOURCES_SINCE:
        return f"is a custom resource, for which servers before {CUSTOM_RESOURCES_SINCE} encrypt nothing; remove it"
    if not resource.is_wildcard and resource.name not in BUILT_IN.get(resource.group, {resource.name}):
        return f"is no resource of {resource.group or 'the core group'}; write the plural name with its group"
    return None


def chosen(resource: Resource, named: frozenset[Resource]) -> Resource | None:
    """Which of the names of a configuration decides over a resource: its own, its group's, then everything's."""
    for one in (resource, *resource.wildcards()):
        if one in named:
            return one
    return None


def resource_at(etcd_key: str) -> Resource | None:
    """The resource of an object from its key in etcd; None for what is no object of an API.

    A built-in resource that is not known here is taken for one of the core group.
    """
    steps = etcd_key.strip("/").split("/")[1:]  # the first is the server's --etcd-prefix
    if len(steps) < 2 or steps[0] in _NO_OBJECTS:  # a folder and a name at least
        return None
    if "." in steps[0]:
        return Resource(steps[0], steps[1])
    if steps[0] == "services" and steps[1] in ("specs", "endpoints"):
        return Resource("", "services" if steps[1] == "specs" else "endpoints")
    name = _FOLDERS.get(steps[0], steps[0])
    return Resource(_GROUPS.get(name, ""), name)
