"""The control plane of a baseline, with what holds its namespaces to their level and nodes turned on."""

from __future__ import annotations

from k8s_hardening.kube.nodes import PLUGIN as NODE_SELECTOR_PLUGIN
from k8s_hardening.kube.nodes import TOLERATIONS_PLUGIN
from k8s_hardening.kube.pod_security import GATED
from k8s_hardening.kube.pod_security_policies import PLUGIN
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.control_plane.spec import ControlPlaneSpec
from k8s_hardening.model.dialect import Dialect


def control_plane_of(baseline: Baseline) -> ControlPlaneSpec:
    """The control plane as written, and beside it what tenants and the part `pod_security` ask of the API server.

    The plug-in PodSecurityPolicy runs only where the policies are emitted: without them it refuses every pod.
    """
    spec, control_plane = baseline.pod_security, baseline.control_plane
    if baseline.runs_pod_node_selector:
        control_plane = _with_plugin(control_plane, NODE_SELECTOR_PLUGIN)
    if baseline.runs_pod_toleration_restriction:
        control_plane = _with_plugin(control_plane, TOLERATIONS_PLUGIN)
    if baseline.dialect is Dialect.MANAGED or not spec.uses_policies(baseline.kubernetes):
        return control_plane
    control_plane = _with_plugin(control_plane, PLUGIN)
    admission = control_plane.admission
    changed: dict[str, object] = {}
    if spec.uses_admission(baseline.kubernetes):
        exempt = {**admission.pod_security.exempt_namespaces, **spec.privileged_namespaces}
        changed["pod_security"] = admission.pod_security.model_copy(update={"exempt_namespaces": exempt})
        if baseline.kubernetes == GATED:
            changed["pod_security_gate"] = True
    return control_plane.model_copy(update={"admission": admission.model_copy(update=changed)})


def _with_plugin(control_plane: ControlPlaneSpec, name: str) -> ControlPlaneSpec:
    admission = control_plane.admission
    enabled = admission.model_copy(update={"enable": tuple(dict.fromkeys((*admission.enable, name)))})
    return control_plane.model_copy(update={"admission": enabled})
