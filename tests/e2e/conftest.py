"""The real engine for the tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.checkout import Checkout, checkout


@pytest.fixture
def project(tmp_path: Path) -> Checkout:
    return checkout(tmp_path)
