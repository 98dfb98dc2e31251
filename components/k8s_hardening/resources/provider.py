"""The provider of a baseline's target: files, or one cluster."""

from __future__ import annotations

import pulumi
import pulumi_kubernetes as kubernetes

from k8s_hardening.model.baseline import Baseline


def target_provider(name: str, baseline: Baseline, config: pulumi.Config) -> kubernetes.Provider:
    """The provider that every object of the baseline goes through.

    Args:
        name: name of the provider resource.
        baseline: its target says where to.
        config: holds, for a live target, the kubeconfig context under the key that the target names.
    """
    target = baseline.target
    # An empty kubeconfig leaves the search to the provider. Absent, the SDK would put KUBECONFIG's path into the state,
    # a path of one machine, and rendering would be refused wherever that variable is set.
    if target.context_config is None:
        return kubernetes.Provider(name, kubeconfig="", render_yaml_to_directory=target.render)
    return kubernetes.Provider(
        name,
        kubeconfig="",
        context=config.require(target.context_config),
        # The environment is the cluster: without a name of ours, an edit of somebody's kubeconfig can look like another
        # cluster, and everything would be replaced.
        cluster_identifier=baseline.environment,
        enable_server_side_apply=True,
    )
