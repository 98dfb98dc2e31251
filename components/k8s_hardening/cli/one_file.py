"""One YAML or JSON file that a user names, read with every flaw told; needs nothing of baselines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from k8s_hardening.kube.documents import UnreadableError, read_one
from k8s_hardening.model.problems import BadInputError


def read_file(path: Path) -> Any:
    """The only document of a YAML or JSON file.

    Raises:
        BadInputError: the file cannot be read.
    """
    try:
        return read_one(path.read_bytes(), path.name)
    except UnreadableError as error:
        raise BadInputError(f"{path.name}: line {flaw.line}: {flaw.what}" for flaw in error.flaws) from None
    except OSError as error:
        raise BadInputError([f"{path}: cannot be read: {error.strerror}"]) from None
