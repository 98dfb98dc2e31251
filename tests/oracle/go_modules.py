"""Folders of Go modules that a go.mod under tools/ pins; go.sum vouches for their content."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / "tools"
_SECONDS = 240


def folder_of_module(tool: str, module: str) -> Path:
    """Where the module lies at the version that tools/<tool>/go.mod names, downloaded if need be.

    The test fails when it cannot be had: an oracle that is left out proves nothing.
    """
    go = shutil.which("go")
    if go is None:
        pytest.fail(f"The program go is not on PATH; it is needed to obtain {module} as pinned in tools/{tool}/go.mod.")
    done = subprocess.run(
        [go, "mod", "download", "-json", module],
        cwd=TOOLS / tool,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        pytest.fail(f"go could not obtain {module} as pinned in tools/{tool}/go.mod: {done.stdout}{done.stderr}")
    return Path(json.loads(done.stdout)["Dir"])
