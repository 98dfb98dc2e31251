"""The component package: the components for programs in every language of Pulumi."""

from k8s_hardening import AdmissionPolicies, ClusterDeny, ControlPlane, DenyAll, HardenedBaseline, PodSecurity, Tenant
from k8s_hardening.resources.host import serve

if __name__ == "__main__":
    serve([AdmissionPolicies, ClusterDeny, ControlPlane, DenyAll, HardenedBaseline, PodSecurity, Tenant])
