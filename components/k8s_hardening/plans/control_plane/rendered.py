"""The settings of a control plane as objects that the controls read, whatever the dialect."""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from k8s_hardening.kube.manifest import Manifest, as_map
from k8s_hardening.plans.control_plane.dialects.kubeadm import KubeadmForm, all_settings
from k8s_hardening.plans.control_plane.dialects.writing import files_of
from k8s_hardening.plans.control_plane.part import Part

_FORM = KubeadmForm("v1beta4", is_list=True, repeats_flags=True)


def rendered_settings(part: Part) -> tuple[Manifest, ...]:
    """Flags and mounts as a ClusterConfiguration in kubeadm's newest form, every configuration file as an object."""
    return (*_flags(part), *part.documents, *_files(part))


def _flags(part: Part) -> Iterator[Manifest]:
    if part.settings:  # a provider's control plane has none, and an empty object would be judged for what it lacks
        yield {
            "apiVersion": f"kubeadm.k8s.io/{_FORM.version}",
            "kind": "ClusterConfiguration",
            **all_settings(part, _FORM),
        }


def _files(part: Part) -> Iterator[Manifest]:
    for file in files_of(part):
        if file.path.endswith(".yaml"):
            document = as_map(yaml.safe_load(file.text))
            if "apiVersion" in document and "kind" in document:
                yield document
