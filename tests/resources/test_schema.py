"""The component package: its schema is public, and what a program of another language sends arrives whole."""

from __future__ import annotations

import difflib
import json
import os
import re
import runpy
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

import k8s_hardening
from k8s_hardening.model.admission_policies import AdmissionPoliciesInputs
from k8s_hardening.model.apparmor_loader import AppArmorLoaderInputs
from k8s_hardening.model.apparmor_profile import AppArmorProfileSpec
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.cluster_deny import ClusterDenyInputs
from k8s_hardening.model.control_plane.spec import ControlPlaneInputs
from k8s_hardening.model.ends import EndSpec, NamedEndSpec
from k8s_hardening.model.network import DenyAllInputs, FlowSpec
from k8s_hardening.model.pod_security import PodSecurityInputs
from k8s_hardening.model.problems import example_of
from k8s_hardening.model.tenant import TenantInputs
from k8s_hardening.model.tenant_secrets import TenantSecretInputs
from k8s_hardening.resources.host import HardeningProvider
from tests.resources.monitor import record

SNAPSHOT = Path(__file__).with_name("schema.json")
# The list that is really served, so that no component is left out here.
_PACKAGE = runpy.run_path(str(Path(__file__).parents[2] / "components/__main__.py"))
PROVIDER = HardeningProvider(_PACKAGE["COMPONENTS"])
SCHEMA: dict[str, Any] = json.loads(PROVIDER.schema or "")
UPDATE = "K8S_HARDENING_UPDATE_SNAPSHOTS"

DNS = {
    "namespace": "dns",
    "namespaceLabels": {"kubernetes.io/metadata.name": "dns"},
    "pods": {"k8s-app": "coredns"},
    "nodeLocalCidr": "169.254.20.10/32",
}
PODS = {
    "pods": {"example.com/app_name": "api"},
    "expressions": [{"key": "tier", "operator": "In", "values": ["front", "back"]}],
    "orPods": [{"pods": {"app": "job"}, "expressions": [{"key": "canary", "operator": "Exists", "values": []}]}],
}
API = {"namespace": "payments-api"}
FLOWS = [
    {
        "name": "db",
        "source": {**API, **PODS},
        "destination": {"cidr": "10.20.0.0/16", "exceptFor": ["10.20.1.0/24"]},
        "ports": ["TCP/5432", "UDP/53"],
    },
    {"name": "shop", "source": {"tenant": "shop"}, "destination": API, "allPorts": True},
    {"name": "scrape", "source": {"end": "monitoring"}, "destination": API, "ports": ["TCP/metrics"]},
    {"name": "any-job", "source": {"allNamespaces": True, **PODS}, "destination": API, "ports": ["TCP/80"]},
    {
        "name": "zone",
        "source": {"namespacesLabelled": {"example.com/zone": "a"}},
        "destination": API,
        "ports": ["TCP/81"],
    },
    {
        "name": "role",
        "source": API,
        "destination": {"cidr": "169.254.169.254/32", "nodeCredentials": True},
        "ports": ["TCP/80"],
    },
    {"name": "api-server", "source": API, "destination": {"end": "api_server"}},
]
ENDS = {
    "monitoring": {"namespace": "monitoring", **PODS},
    "api_server": {"cidrs": ["10.20.0.10/32"], "ports": ["TCP/6443"], "nodeCredentials": False},
}
NAMESPACE_LABELS = ["example.com/zone"]
EXEMPTION: dict[str, Any] = {
    "control": "privileged",
    "namespace": "payments-api",
    "kind": "Pod",
    "name": "agent",
    "container": "agent",
    "reason": "the agent loads a kernel module",
    "owner": "platform",
    "expires": "2026-12-31",
    "compensating": "runs on nodes of its own",
}
LIMITS = {
    "serviceTypes": ["LoadBalancer"],
    "ingressHosts": ["pay.example.com"],
    "storageClasses": ["encrypted-ssd"],
    "ingressClasses": ["nginx"],
    "runtimeClasses": ["gvisor"],
    "priorityClasses": ["payments-critical"],
    "registries": ["registry.example.com/payments"],
    "nodeSelector": {"example.com/pool": "payments"},
}
TENANT_LIMITS = {
    **LIMITS,
    "tolerations": [{"key": "example.com/pool", "value": "payments", "effect": "NoSchedule"}],
    "size": "small",
    "quota": {"pods": "200"},
}
NAMESPACE: dict[str, Any] = {
    "name": "payments-api",
    "podSecurity": "baseline",
    "size": "large",
    "quota": {"pods": "10", "requests.cpu": "2", "services.loadbalancers": "1"},
    "counts": {"deployments.apps": "20"},
    "scopedQuotas": [
        {
            "name": "batch",
            "scopes": ["Terminating"],
            "priorityClasses": ["payments-critical"],
            "hard": {"pods": "5"},
        },
        {"name": "gold", "volumeAttributesClasses": ["gold"], "hard": {"requests.storage": "10Gi"}},
    ],
    "limits": {
        "defaultRequest": {"cpu": "100m"},
        "default": {"cpu": "200m"},
        "max": {"cpu": "300m", "memory": "1Gi"},
        "min": {"cpu": "10m"},
        "maxRatio": {"cpu": "5"},
        "pod": {"min": {"cpu": "20m"}, "max": {"memory": "2Gi"}, "maxRatio": {"cpu": "6"}},
        "claims": {"min": "1Gi", "max": "100Gi"},
    },
    "serviceAccounts": [{"name": "api", "automount": True, "token": {"audience": "vault", "expiry": 1200}}],
}
SECRET: dict[str, Any] = {
    "name": "db",
    "namespace": "payments-api",
    "type": "kubernetes.io/basic-auth",
    "version": "2026-11",
    "immutable": True,
    "readers": ["api"],
    "previous": {"2026-05": {"password": "dbPasswordBefore"}},
}
TENANT = {
    "name": "payments",
    **TENANT_LIMITS,
    "namespaces": [NAMESPACE],
    "admins": ["group:payments-admins"],
    "members": ["user:alice@example.com"],
    "viewers": ["serviceaccount:ci/viewer"],
    "separation": True,
    "access": {
        "secrets": "member",
        "exec": "admin",
        "attach": "admin",
        "portForward": "member",
        "ephemeralContainers": "admin",
    },
    "delegation": True,
    "namespacePrefix": "payments-",
    "labels": {"example.com/cost_centre": "cc-1"},
    "flows": FLOWS,
    "decommission": "2026-12-31",
}
SHOP = {
    **TENANT,
    "name": "shop",
    "parent": "payments",
    "namespacePrefix": "payments-shop-",
    "admins": ["group:shop-admins"],
    "namespaces": [{**NAMESPACE, "name": "shop-web"}],
    "flows": [],
    "accepts": ["payments/shop"],
    "quota": {"pods": "50"},
    "secrets": [],
}
OPEN = {**EXEMPTION, "control": "network-policy-open", "kind": "NetworkPolicy", "name": "allow-role-out"}
NETWORK = {
    "ends": {**ENDS, "nodes": {"cidrs": ["10.20.0.0/24"]}},
    "nodesByCidr": True,
    "namespaceLabels": NAMESPACE_LABELS,
    "systemNamespaces": [
        {
            "name": "kube-system",
            "calledByApiServer": [
                {"what": "metrics", "pods": {"k8s-app": "metrics-server"}, "ports": ["TCP/10250"]},
            ],
            "flows": [
                {
                    "name": "scrape-dns",
                    "source": {"end": "monitoring"},
                    "destination": {"namespace": "kube-system"},
                    "ports": ["TCP/9153"],
                }
            ],
            "accepts": [],
        }
    ],
}
WORKLOADS = {
    "fsGroup": 10001,
    "supplementalGroups": [10002],
    "selinux": {"type": "container_t", "level": "s0:c1,c2"},
    "seccompProfile": "profiles/web.json",
    "apparmor": {"profile": "web", "containers": {"sidecar": "runtime-default"}},
}
IMAGES = {"registries": ["registry.example.com"], "allowTags": True, "pullSecretConfig": "registryPullSecret"}
PULL_SECRET = {"config": "registryPullSecret", "registries": ["registry.example.com"], "intoCluster": False}
CONTROL_PLANE = {
    "audit": {"log": {"maxAgeDays": 60}},
    "apiServer": {},
    "kubelet": {"podPidsLimit": 1024},
}
# Ready-made profiles, and whole files, exclude the typed fields.
APPARMOR_PROFILES = [
    {
        "name": "web",
        "mode": "complain",
        "abi": "2.13",
        "readable": ["/srv/**"],
        "readOnly": ["/etc/**"],
        "writable": ["/tmp/**"],
        "logOnWrite": ["/var/log/app/**"],
        "denied": ["/root/**"],
        "executables": ["/usr/bin/app"],
        "deniedExecutables": ["/bin/sh"],
        "capabilities": ["net_bind_service"],
        "deniedCapabilities": ["sys_admin"],
        "network": True,
        "protocols": ["tcp"],
        "rawSockets": True,
        "packetSockets": True,
        "uncheckedRules": ["network netlink raw"],
    },
    {"readyMade": "deny-write"},
    {"name": "own", "textUnchecked": "profile own { file, }"},
]
APPARMOR_LOADER = {
    "image": f"registry.example.com/platform/apparmor-loader@sha256:{'0' * 64}",
    "apiServer": ["10.0.0.10/32"],
    "exemption": {"owner": "platform-team", "expires": "2027-06-30"},
    "nodeSelector": {"kubernetes.io/os": "linux"},
}
CNI = {
    "name": "cilium",
    "version": "1.20",
    "switches": ["k8sClusterNetworkPolicy.enabled"],
    "meshPlugins": ["istio"],
}
HOST_FIREWALL = {
    "nodes": ["10.30.0.0/24"],
    "controlPlane": ["10.30.0.0/28"],
    "admins": ["10.31.0.0/24"],
    "pods": ["10.244.0.0/16"],
    "etcd": ["10.32.0.0/29"],
    "loadBalancers": ["10.33.0.0/28"],
    "kubeletClients": ["10.244.7.0/24"],
    "cniModes": ["vxlan"],
    "nodePorts": {"ports": "30000-30100", "sources": ["203.0.113.0/24"]},
    "sshPort": 2222,
    "apiServerPort": 443,
    "open": [{"name": "exporter", "ports": ["TCP/9100"], "sources": ["10.244.7.0/24"], "roles": ["worker"]}],
}
CLUSTER_DENY = {
    "networks": ["169.254.169.254/32", "10.10.0.0/24"],
    "keep": ["10.10.0.10/32"],
    "byDefault": ["10.30.0.0/16"],
    "exceptNamespaces": {"kube-system": "The controllers of the cloud read it."},
    "kind": "ClusterNetworkPolicy",
    "priority": 20,
}
EVERYTHING: dict[str, tuple[type[BaseModel], dict[str, Any]]] = {
    "AdmissionPolicies": (
        AdmissionPoliciesInputs,
        {
            "registries": ["registry.example.com/platform"],
            "digestsRequired": False,
            "apparmorRequired": True,
            "apparmorProfiles": {"web": "k8s-hardening-web-0123456789"},
            "apparmorPreinstalled": ["docker-default"],
            "hostPaths": {"monitoring": ["/var/log/pods"]},
            "tenants": [
                {
                    "name": "payments",
                    "namespaces": {"payments-api": "restricted"},
                    "subjects": ["group:payments-admins", "group:auditors"],
                    "parent": "retail",
                    "admins": ["group:payments-admins"],
                    "auditors": ["group:auditors"],
                    "access": {"secrets": "member"},
                    "delegation": True,
                    "namespacePrefix": "payments-",
                    **LIMITS,
                    "labels": {"example.com/zone": "a"},
                }
            ],
            "namespaceLabels": NAMESPACE_LABELS,
            "podNodeSelector": True,
            "platform": ["group:platform"],
            "exemptions": [EXEMPTION],
            "levels": {"image-pinned": "advisory"},
            "kubernetes": "1.36",
            "environment": "dev",
            "unfinishedApi": True,
        },
    ),
    "AppArmorLoader": (
        AppArmorLoaderInputs,
        {
            **APPARMOR_LOADER,
            "kubernetes": "1.24",
            "profiles": APPARMOR_PROFILES,
            "migration": True,
            "pullSecret": PULL_SECRET,
        },
    ),
    "ClusterDeny": (
        ClusterDenyInputs,
        {
            **CLUSTER_DENY,
            "kubernetes": "1.36",
            "cni": CNI,
            "dns": DNS,
            "closedNamespaces": ["payments-api"],
            "environment": "dev",
        },
    ),
    "ControlPlane": (ControlPlaneInputs, {"kubernetes": "1.36", "dialect": "rke2", **CONTROL_PLANE}),
    "DenyAll": (
        DenyAllInputs,
        {
            "namespace": "payments-api",
            "kubernetes": "1.36",
            "dns": DNS,
            "flows": FLOWS,
            "labels": {"example.com/zone": "a"},
            "tenants": {"shop": ["shop-web"]},
            "ends": ENDS,
            "namespaceLabels": NAMESPACE_LABELS,
        },
    ),
    "Tenant": (
        TenantInputs,
        {
            **TENANT,
            "parent": "retail",
            "parentAdmins": ["group:retail-admins"],
            "parentViewers": ["group:retail-auditors"],
            "unfinishedPolicies": True,
            "kubernetes": "1.36",
            "dns": DNS,
            "tenants": {"shop": ["shop-web"]},
            "ends": ENDS,
            "namespaceLabels": NAMESPACE_LABELS,
            "protect": False,
            "podNodeSelector": True,
            "podTolerationRestriction": True,
            "podSecurityGate": True,
            "pullSecret": PULL_SECRET,
            "exemptions": [EXEMPTION],
            "hardenWorkloads": True,
            "workloads": WORKLOADS,
        },
    ),
    "PodSecurity": (
        PodSecurityInputs,
        {
            "kubernetes": "1.24",
            "namespaces": {"payments-api": "restricted", "shop-web": "baseline"},
            "migration": True,
            "restrictedGroups": ["system:serviceaccounts:ci"],
            "baselineNamespaces": ["monitoring"],
            "privilegedNamespaces": {"calico-system": "The network plug-in of the nodes."},
            "seccompProfiles": ["profiles/audit.json"],
            "selinux": {"type": "container_t", "level": "s0:c1,c2"},
            "apparmorProfiles": ["web"],
        },
    ),
    "HardenedBaseline": (
        Baseline,
        {
            "environment": "dev",
            "kubernetes": "1.36",
            "dialect": "rke2",
            "cni": CNI,
            "clusterDeny": CLUSTER_DENY,
            "hostFirewall": HOST_FIREWALL,
            "target": {"render": "out/dev"},
            "images": IMAGES,
            "dns": DNS,
            "network": NETWORK,
            "tenants": [{**TENANT, "accepts": [], "secrets": [{**SECRET, "keys": {"password": "dbPassword"}}]}, SHOP],
            "breakGlass": [
                {
                    "name": "outage",
                    "tenant": "shop",
                    "cluster": False,
                    "subjects": ["user:bob@example.com"],
                    "reason": "The shop does not answer.",
                    "owner": "platform-team",
                    "expires": "2027-01-15",
                }
            ],
            "controlPlane": CONTROL_PLANE,
            "apparmor": {
                "profiles": APPARMOR_PROFILES,
                "preinstalled": ["docker-default"],
                "loader": APPARMOR_LOADER,
                "required": True,
            },
            "hostPaths": {"monitoring": ["/var/log/pods"]},
            "openDefaultNamespace": True,
            "admissionPolicies": {"platform": ["group:platform"], "unfinishedApi": True, "asObjects": True},
            "podSecurity": {"migration": False},
            "hardenWorkloads": True,
            "workloads": WORKLOADS,
            "enforcement": {
                "levels": {"read-only-root-filesystem": "advisory"},
                "unknowns": "mandatory",
                "packages": ["random"],
            },
            "exemptions": [EXEMPTION, OPEN],
            "inertServiceAccounts": ["kube-system"],
            "external": {"payments-api": ["secret/ca"]},
        },
    ),
    "TenantSecret": (
        TenantSecretInputs,
        {**SECRET, "data": {"password": "[secret]"}, "intoCluster": False},
    ),
}


def mapped(component: str) -> dict[str, Any]:
    """What the component gets from the host when a program sets everything that there is."""
    inputs = PROVIDER.map_inputs(EVERYTHING[component][1], PROVIDER._component_defs[component])
    return dict(inputs)


def unset_of(model: BaseModel) -> set[str]:
    """Paths of fields that nobody set, in a model and all that it holds."""
    found = set(type(model).model_fields) - model.model_fields_set
    for name in model.model_fields_set:
        value = getattr(model, name)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, BaseModel):
                found |= {f"{name}.{inner}" for inner in unset_of(item)}
    return found


def test_the_schema_is_the_public_one() -> None:
    found = json.dumps(SCHEMA, indent=2, sort_keys=True) + "\n"
    if os.environ.get(UPDATE):
        SNAPSHOT.write_text(found)
    expected = SNAPSHOT.read_text()
    difference = "".join(difflib.unified_diff(expected.splitlines(True), found.splitlines(True), "public", "now", n=2))
    assert found == expected, (
        f"the schema of the component package changed, and other languages build on it:\n{difference}\n"
        f"If that is meant, run this test with {UPDATE}=1, review the difference and add a line to CHANGELOG.md."
    )


def test_the_package_offers_its_components_under_public_tokens() -> None:
    assert set(SCHEMA["resources"]) == {
        "k8s-hardening:index:AdmissionPolicies",
        "k8s-hardening:index:AppArmorLoader",
        "k8s-hardening:index:ClusterDeny",
        "k8s-hardening:index:ControlPlane",
        "k8s-hardening:index:DenyAll",
        "k8s-hardening:index:HardenedBaseline",
        "k8s-hardening:index:PodSecurity",
        "k8s-hardening:index:Tenant",
        "k8s-hardening:index:TenantSecret",
    }
    assert all(resource["isComponent"] for resource in SCHEMA["resources"].values())


def test_everything_in_the_schema_is_described() -> None:
    missing = [
        f"{name}.{key}"
        for name, part in {**SCHEMA["resources"], **SCHEMA["types"]}.items()
        for holder in ("properties", "inputProperties")
        for key, value in part.get(holder, {}).items()
        if not value.get("description")
    ]
    assert missing == []
    assert all(part.get("description") for part in {**SCHEMA["resources"], **SCHEMA["types"]}.values())


@pytest.mark.parametrize("component", EVERYTHING)
def test_nothing_is_lost_between_another_language_and_the_model(component: str) -> None:
    model, sent = EVERYTHING[component]
    inputs = model.model_validate(mapped(component))
    # Settings of the control plane exclude each other, so that no input sets them all; their names have a test below.
    # What is only for versions with PodSecurityPolicy is set by the component that makes them.
    elsewhere = ("control_plane", "pod_security.", "profiles.", "apparmor.profiles.")
    unset = {path for path in unset_of(inputs) if component != "ControlPlane" and not path.startswith(elsewhere)}
    # A target is either files or a cluster, and each end of a flow one of several kinds (a test below counts them).
    of_flows = {name for kind in (EndSpec, FlowSpec, NamedEndSpec) for name in kind.model_fields}
    # A quota with scopes is about pods or about claims; the two that are sent set everything together.
    unset = {path for path in unset if ".scoped_quotas" not in path}
    # Some tenant is a part of no other.
    # Calico's API is for the one kind that lets nothing be overridden, so it excludes by_default.
    assert {path.rpartition(".")[2] for path in unset} <= {*of_flows, "context_config", "calico_api", "parent"}
    assert leaves(inputs.model_dump(mode="json", exclude_unset=True)) >= leaves(sent)


def test_every_field_of_flows_and_their_ends_arrives() -> None:
    inputs = DenyAllInputs.model_validate(mapped("DenyAll"))
    ends: list[BaseModel] = [end for flow in inputs.flows for end in (flow.source, flow.destination)]
    assert set().union(*(end.model_fields_set for end in ends)) == set(EndSpec.model_fields)
    assert set().union(*(end.model_fields_set for end in inputs.ends.values())) == set(NamedEndSpec.model_fields)
    assert set().union(*(flow.model_fields_set for flow in inputs.flows)) == set(FlowSpec.model_fields)


def test_every_field_of_an_apparmor_profile_arrives() -> None:
    baseline = Baseline.model_validate(mapped("HardenedBaseline"))
    fields = [profile.model_fields_set for profile in baseline.apparmor.profiles]
    assert set().union(*fields) == set(AppArmorProfileSpec.model_fields)


def test_every_name_of_the_control_plane_arrives_as_the_model_has_it() -> None:
    """Whether the values fit together is not the question, so they come from the models' own examples."""
    sent = everything_in(ControlPlaneInputs)
    mapped_back = PROVIDER.map_inputs(camel_cased(sent), PROVIDER._component_defs["ControlPlane"])
    assert plain_numbers(mapped_back) == plain_numbers(sent)
    assert len(list(names_in(sent))) > 100


class _Keys(dict[str, Any]):
    """A mapping whose keys are a user's own, not names of fields."""


def everything_in(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {name: example_in(field) for name, field in annotation.model_fields.items()}
    return None


def example_in(field: FieldInfo) -> Any:
    inner = next(models_in(field.annotation), None)
    if inner is None:
        example = to_jsonable_python(example_of(field) if example_of(field) is not None else field.default)
        return _Keys(example) if isinstance(example, dict) else example
    made = everything_in(inner)
    if "dict" in str(field.annotation):
        return _Keys({"x": made})
    return [made] if "tuple" in str(field.annotation) else made


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in typing.get_args(annotation):
        yield from models_in(part)


def camel_cased(value: Any) -> Any:
    if isinstance(value, _Keys):
        return {key: camel_cased(item) for key, item in value.items()}
    if isinstance(value, dict):
        return {re.sub("_(.)", lambda match: match[1].upper(), key): camel_cased(item) for key, item in value.items()}
    return [camel_cased(item) for item in value] if isinstance(value, list) else value


def plain_numbers(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: plain_numbers(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_numbers(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def names_in(value: Any) -> Iterator[str]:
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        if isinstance(key, str):
            yield key
        yield from names_in(item)


def leaves(value: Any) -> set[str]:
    """Every scalar inside, as text."""
    if isinstance(value, dict):
        return {leaf for item in value.values() for leaf in leaves(item)}
    if isinstance(value, list):
        return {leaf for item in value for leaf in leaves(item)}
    return {str(value)}


# Its values are Outputs, which a model does not hold: test_tenant_secret.py hands them over.
@pytest.mark.parametrize("component", sorted(EVERYTHING.keys() - {"TenantSecret"}))
def test_a_component_takes_what_the_host_hands_over(component: str) -> None:
    kind = getattr(k8s_hardening, component)
    args: Any = mapped(component)
    recording = record(lambda: kind("it", args))
    assert recording.named("it").type == f"k8s-hardening:index:{component}"
    assert len(recording.objects()) >= {"ControlPlane": 0, "ClusterDeny": 2}.get(component, 3)
    assert len(recording.component_outputs["it"]) >= 1
