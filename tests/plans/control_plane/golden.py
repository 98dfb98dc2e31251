"""The control plane in every dialect as files: tests/plans/control_plane/golden/<dialect>-<version>.yaml.

`python -m tests.plans.control_plane.golden` writes them anew; the difference is then part of the review. Files that the
parts write are named only: they are the same in every dialect, and have tests of their own.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from k8s_hardening.kube.yaml_text import as_yaml
from k8s_hardening.plans.control_plane.dialects.writing import files_of
from k8s_hardening.plans.control_plane.plan import plan_control_plane
from tests.plans.control_plane.dialects.samples import CASES, inputs, planned

GOLDEN = Path(__file__).with_name("golden")


def golden_text(dialect: str, version: str) -> str:
    """Everything that one dialect gives for one version."""
    spec, output = inputs(dialect, version), planned(dialect, version)
    of_parts = {file.path for file in files_of(plan_control_plane(spec, spec.kubernetes, spec.dialect))}
    return as_yaml(
        {
            "files_of_parts": [file.path for file in output.host_files if file.path in of_parts],
            "files": [_shown(file) for file in output.host_files if file.path not in of_parts],
            "manifests": [_short(one) for one in output.manifests],
            "not_expressible": list(output.not_expressible),
            "owned_by_provider": list(output.owned_by_provider),
            "advice": list(output.advice),
        }
    )


def _shown(file: Any) -> dict[str, str]:
    return {"path": file.path, "hosts": file.hosts.value, "text": file.text}


def _short(value: Any) -> Any:
    """Objects without the texts of the files that they carry."""
    if isinstance(value, dict):
        return {key: "(text)" if key == "content" else _short(item) for key, item in value.items()}
    return [_short(item) for item in value] if isinstance(value, list) else value


def main() -> None:
    """Write all files anew."""
    shutil.rmtree(GOLDEN, ignore_errors=True)
    GOLDEN.mkdir()
    for dialect, version in CASES:
        (GOLDEN / f"{dialect}-{version}.yaml").write_text(golden_text(dialect, version))


if __name__ == "__main__":
    main()
