"""One file that only its owner reads: whole or not at all, and never in the place of another by accident."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from k8s_hardening.model.problems import BadInputError


def write_private(path: Path, text: str, *, replace: bool) -> None:
    """Write a file of mode 0600 by way of a temporary one beside it.

    Args:
        path: what is written.
        text: its content.
        replace: whether a file that is there may go.

    Raises:
        BadInputError: there is a file already, or it cannot be written.
    """
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)  # made with mode 0600
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
            if replace:
                Path(name).replace(path)
            else:
                os.link(name, path)  # fails where something is, also what came this very moment
        finally:
            Path(name).unlink(missing_ok=True)
    except FileExistsError:
        raise BadInputError([f"{path}: exists already; name another file, or replace it with --force"]) from None
    except OSError as error:
        raise BadInputError([f"{path}: cannot be written: {error.strerror or type(error).__name__}"]) from None
