"""The component package: the components for programs in every language of Pulumi."""

from pulumi.provider.experimental import component_provider_host

from k8s_hardening import DenyAll, HardenedBaseline, Tenant

if __name__ == "__main__":
    component_provider_host(name="k8s-hardening", components=[DenyAll, HardenedBaseline, Tenant])
