"""k3s: a drop-in of its configuration file."""

from __future__ import annotations

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.plans.control_plane.dialects.output import DialectOutput
from k8s_hardening.plans.control_plane.dialects.rancher import (
    Distribution,
    advice_here,
    config_files,
    merging_advice,
    rancher_config,
)
from k8s_hardening.plans.control_plane.dialects.writing import files_of, sentences
from k8s_hardening.plans.control_plane.part import Component, Part

K3S = Distribution("k3s", "k3s")
_CONFIG_FILE_SINCE = KubeVersion(1, 19)  # v1.19.1+k3s1 (k3s-io/docs, docs/installation/configuration.md)


def write_k3s(part: Part, kubernetes: KubeVersion) -> DialectOutput:
    """The control plane as a drop-in of every server's configuration."""
    config = rancher_config(part, kubernetes, K3S)
    if encrypts(part):
        # Both would set --encryption-provider-config, each with a file of its own.
        config.server["secrets-encryption"] = False
    not_expressible = list(config.not_expressible)
    if kubernetes < _CONFIG_FILE_SINCE:
        not_expressible.append(
            f"k3s of Kubernetes {kubernetes} reads no configuration file; give each line of "
            f"{K3S.config_file(kubernetes)} as an argument of `k3s server`, or use Kubernetes 1.19."
        )
    files = [*files_of(part), *config_files(config, kubernetes, K3S)]
    return DialectOutput(
        host_files=tuple(sorted(files, key=lambda file: file.path)),
        manifests=part.manifests,
        not_expressible=sentences(not_expressible),
        owned_by_provider=sentences(config.owned),
        advice=sentences([*advice_here(part), *merging_advice(config, kubernetes, K3S), *_etcd_advice(part)]),
    )


def encrypts(part: Part) -> bool:
    """Whether the parts encrypt at rest with a configuration of their own."""
    return any(
        one.component is Component.API_SERVER and one.flag == "encryption-provider-config" for one in part.settings
    )


def _etcd_advice(part: Part) -> list[str]:
    if any(one.component is Component.ETCD for one in part.settings):
        return ["The settings of etcd hold where k3s runs it (cluster-init: true); with SQLite nothing reads them."]
    return []
