"""The plans of the test environment as files: tests/plans/golden/<version>.yaml and the host files below <version>/.

The loader of AppArmor profiles, which this environment has not, is in apparmor-loader-<version>.yaml beside them.
`python -m tests.plans.golden` writes them anew; the difference is then part of the review.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

import yaml

from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.plans.apparmor_loader import plan_apparmor_loader
from k8s_hardening.plans.baseline import plan_baseline
from tests.plans.apparmor_loading import loader_inputs
from tests.plans.environments import VERSIONS, environment

GOLDEN = Path(__file__).with_name("golden")


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        return True


def golden_texts(version: str) -> dict[str, str]:
    """Relative path -> text of everything that the plan of one version is made of."""
    plan = plan_baseline(environment(version))
    return {
        f"{version}.yaml": _yaml(plan.manifests),
        f"apparmor-loader-{version}.yaml": _yaml(plan_apparmor_loader(loader_inputs(version))),
        **{f"{version}{file.path}": file.text for file in plan.host_files},
    }


def _yaml(manifests: Iterable[Manifest]) -> str:
    return yaml.dump_all(manifests, Dumper=_Dumper, sort_keys=False, width=120)


def main() -> None:
    """Write all files anew."""
    shutil.rmtree(GOLDEN, ignore_errors=True)
    for version in VERSIONS:
        for path, text in golden_texts(version).items():
            target = GOLDEN / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)


if __name__ == "__main__":
    main()
