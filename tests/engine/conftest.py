"""The stand-ins of the engine for the tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.fakes import Fakes, make_fakes


@pytest.fixture
def fakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fakes:
    return make_fakes(tmp_path, monkeypatch)
