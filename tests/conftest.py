"""Shared by all tests: in CI a skipped test is a failure, since it hides one."""

from __future__ import annotations

import gc
import os

import pytest


def pytest_collection_finish() -> None:
    # Nothing of what is collected goes away: a collector that walks 19,000 tests each time takes a second for it.
    gc.collect()
    gc.freeze()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = len(reporter.stats.get("skipped", ())) if reporter else 0
    if skipped and os.environ.get("K8S_HARDENING_NO_SKIPS") and exitstatus == pytest.ExitCode.OK:
        print(f"\n{skipped} skipped tests: none may be skipped here")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
