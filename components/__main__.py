"""The component package: the components for programs in every language of Pulumi."""

from k8s_hardening import (
    AdmissionPolicies,
    AppArmorLoader,
    ClusterDeny,
    ControlPlane,
    DenyAll,
    HardenedBaseline,
    PodSecurity,
    Tenant,
    TenantSecret,
)
from k8s_hardening.resources.host import serve

COMPONENTS = [
    AdmissionPolicies,
    AppArmorLoader,
    ClusterDeny,
    ControlPlane,
    DenyAll,
    HardenedBaseline,
    PodSecurity,
    Tenant,
    TenantSecret,
]

if __name__ == "__main__":
    serve(COMPONENTS)
