"""What the judge knows for itself, independent of the stack that it judges.

The pack reads it from its own configuration file, generated from the platform's baseline and committed; the command
line reads the same file. A judged stack never supplies or weakens it.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal

from k8s_hardening.kube.network_policies import port_of
from k8s_hardening.kube.rbac import account_home
from k8s_hardening.kube.version import NEWEST, KubeVersion
from k8s_hardening.model.base import Model
from k8s_hardening.model.exemption import Exemption
from k8s_hardening.model.people import Holder


class TenantFacts(Model):
    """Who a tenant is."""

    name: str
    """Name of the tenant."""
    namespaces: dict[str, str] = {}
    """Namespace name -> Pod Security level that it must enforce at least."""
    subjects: tuple[str, ...] = ()
    """Users, groups and service accounts of the tenant: `user:x`, `group:y`, `serviceaccount:namespace/name`."""
    parent: str | None = None
    """The tenant that it is a part of; that one's admins and viewers are among the subjects."""
    admins: tuple[str, ...] = ()
    """Those of the subjects that are its admins."""
    auditors: tuple[str, ...] = ()
    """Those of the subjects that may not be anything but viewers."""
    access: dict[str, Holder] = {}
    """Right that opens more than it seems to (model/people.py) -> who holds it at least; nobody when left out."""
    delegation: bool = False
    """Whether its admins may make members and viewers."""
    namespace_prefix: str | None = None
    """How the names of namespaces begin that its admins may make."""
    service_types: tuple[str, ...] = ()
    """Types of Services beside ClusterIP that the tenant may make."""
    ingress_hosts: tuple[str, ...] = ()
    """Hosts that the tenant's Ingresses may serve; `*.` before a domain stands for every name below it."""
    storage_classes: tuple[str, ...] = ()
    """Storage classes from which the tenant may claim volumes."""
    ingress_classes: tuple[str, ...] = ()
    """Ingress classes that the tenant's Ingresses may name."""
    runtime_classes: tuple[str, ...] = ()
    """Runtime classes that the tenant's pods may name."""
    priority_classes: tuple[str, ...] = ()
    """Priority classes that the tenant's pods may name."""
    registries: tuple[str, ...] = ()
    """Registries of the tenant's images, within those of the environment. Empty: all of those."""
    node_selector: dict[str, str] = {}
    """Labels of the nodes on which alone the tenant's pods may run."""
    labels: dict[str, str] = {}
    """Labels of its namespaces that only the platform sets."""


class DnsFacts(Model):
    """The pods that resolve names for the whole cluster."""

    namespace: str
    """Namespace of the pods."""
    pods: dict[str, str]
    """Labels of the pods."""


class DenialFacts(Model):
    """What no pod of the cluster may reach, and the policy that says so."""

    kind: str
    """Kind of the policy."""
    networks: tuple[str, ...]
    """Networks that it denies."""
    priority: int
    """Its priority, in Calico the order."""


class OpeningFacts(Model):
    """One rule by which a declared flow opens namespaces: one half of the flow's way."""

    namespaces: tuple[str, ...]
    """Where the rule stands."""
    direction: Literal["ingress", "egress"]
    """Whether it lets in or out."""
    pods: dict[str, Any] = {}
    """Selector of the pods that it opens."""
    peers: tuple[dict[str, Any], ...]
    """Who is at the other end, as a NetworkPolicy names them."""
    ports: tuple[str, ...] = ()
    """Ports as flows name them: TCP/5432, UDP/7000-7010, TCP/http. Empty: every port."""

    @cached_property
    def rule(self) -> dict[str, Any]:
        """The rule as it stands in a NetworkPolicy."""
        ports = {"ports": [port_of(text) for text in self.ports]} if self.ports else {}
        return {"from" if self.direction == "ingress" else "to": list(self.peers), **ports}


class NetworkFacts(Model):
    """Which namespaces are closed, and what the declared flows open there."""

    closed: tuple[str, ...] = ()
    """Namespaces with a deny-all."""
    openings: tuple[OpeningFacts, ...] = ()
    """Everything that may be opened in them, DNS included."""

    @cached_property
    def of_namespace(self) -> Mapping[str, tuple[OpeningFacts, ...]]:
        """Each closed namespace with what may be opened there."""
        found: dict[str, list[OpeningFacts]] = {name: [] for name in self.closed}
        for one in self.openings:
            for name in one.namespaces:
                found.setdefault(name, []).append(one)
        return {name: tuple(openings) for name, openings in found.items()}


class EmergencyFacts(Model):
    """Rights for an emergency that the platform has declared."""

    name: str
    """Name of the emergency."""
    subjects: tuple[str, ...]
    """Who has the rights, in the form of a tenant's subjects."""
    tenant: str | None = None
    """Tenant in whose namespaces they hold; None for the whole cluster."""
    owner: str
    """Who answers for it."""
    expires: datetime.date
    """Last day."""


class Knowledge(Model):
    """Facts that controls judge by."""

    kubernetes: KubeVersion = NEWEST
    cni: str | None = None
    """Name of the CNI of the cluster (kube/cnis.py); None when not declared."""
    cni_version: str | None = None
    """Version of the CNI; None when not declared, which then counts as old."""
    cni_switches: tuple[str, ...] = ()
    """What is off by default in the CNI (kube/cnis.py) and switched on in this cluster."""
    cluster_deny: DenialFacts | None = None
    """The denial for the whole cluster that no other policy may undo."""
    mesh_plugins: tuple[str, ...] = ()
    """Service meshes (kube/meshes.py) whose CNI plug-in is installed: they inject no container with NET_ADMIN."""
    digests_required: bool = False
    """Images must be named by digest; otherwise a fixed tag is enough."""
    registries: tuple[str, ...] = ()
    """Allowed image registries with optional path prefix, for example registry.example.com/team. Empty: any."""
    apparmor_required: bool = False
    """Every container must have an AppArmor profile; otherwise none of them may switch it off."""
    apparmor_profiles: dict[str, str] | None = None
    """Friendly name -> kernel's name of the AppArmor profiles that the environment provides; None when not declared."""
    apparmor_preinstalled: tuple[str, ...] = ()
    """Kernel's names of AppArmor profiles that the nodes have by themselves."""
    apparmor_labelled: bool = False
    """Nodes that have a profile of the environment say so by a label (kube/apparmor.py), since a loader runs there."""
    host_paths: dict[str, tuple[str, ...]] = {}
    """Namespace -> folders of the node that its pods may mount, read-only, with all that lies below."""
    platform: tuple[str, ...] = ()
    """Who may change the labels of namespaces and be cluster-admin, in the form of a tenant's subjects."""
    namespace_labels: tuple[str, ...] = ()
    """Keys of labels of namespaces that only the platform sets, since flows select namespaces by them."""
    network: NetworkFacts | None = None
    """What the flows of the environment open; None when not declared, and then no connection is asked for its flow."""
    pod_node_selector: bool = False
    """The API server gives each pod the node selector of its tenant (PodNodeSelector); otherwise pods must name it."""
    dns: DnsFacts | None = None
    """The DNS of the cluster where its namespace is closed, and so must let everybody in; None where it is not."""
    tenants: tuple[TenantFacts, ...] = ()
    external: dict[str, tuple[str, ...]] = {}
    """Namespace -> Secrets, ConfigMaps and service accounts that stand there by others' work (model/external.py)."""
    privileged_namespaces: tuple[str, ...] = ()
    """Namespaces beside kube-system that may use the privileged PodSecurityPolicy."""
    break_glass: tuple[EmergencyFacts, ...] = ()
    """Rights for emergencies; what else looks like them was declared by nobody."""
    exemptions: tuple[Exemption, ...] = ()
    today: datetime.date | None = None
    """The day of the verdict, given by the caller since controls read no clock; None leaves exemptions undated."""

    def tenant_of_namespace(self, namespace: str) -> TenantFacts | None:
        """The tenant that owns a namespace, or None."""
        return next((tenant for tenant in self.tenants if namespace in tenant.namespaces), None)

    def tenants_of_subject(self, subject: str) -> tuple[TenantFacts, ...]:
        """The tenants that a subject belongs to: those that name it, and the owner of a service account's namespace."""
        home = account_home(subject)
        return tuple(tenant for tenant in self.tenants if subject in tenant.subjects or home in tenant.namespaces)
