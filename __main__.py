"""One environment: the baseline in this stack's configuration, made into resources."""

from typing import Any

import pulumi
from pulumi.runtime import is_config_secret

from k8s_hardening import HardenedBaseline
from k8s_hardening.model.problems import BadInputError
from k8s_hardening.model.reading import ROOT, read_baseline
from k8s_hardening.plans.baseline import plan_baseline
from k8s_hardening.resources.provider import target_provider


def main() -> None:
    """Register everything that the baseline names, or show every problem that it has."""
    config = pulumi.Config("k8s-hardening")
    raw: Any = config.get_object("baseline")
    try:
        baseline = read_baseline(raw, secret=is_config_secret(ROOT))
    except BadInputError as error:
        raise pulumi.RunError(str(error)) from None

    provider = target_provider("target", baseline, config)
    hardened = HardenedBaseline("baseline", raw, pulumi.ResourceOptions(provider=provider))

    pulumi.export("environment", hardened.environment)
    pulumi.export("namespaces", hardened.namespace_names)
    # Files of the nodes are nothing that the API server takes: `k8s-hardening render` writes them.
    pulumi.export("hostFiles", len(plan_baseline(baseline).host_files))


if __name__ == "__main__":
    main()
