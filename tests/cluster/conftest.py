"""The real servers that the tests of this folder start."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.binaries import NEWEST, OLDEST, Binaries, binaries
from tests.cluster.cluster import Cluster, cluster


@pytest.fixture(scope="session", params=[NEWEST, OLDEST])
def servers(request: pytest.FixtureRequest) -> Binaries:
    """The programs of the newest Kubernetes, and of one that still has PodSecurityPolicy."""
    return binaries(request.param)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Cluster]:
    """An ordinary control plane of the newest version."""
    with cluster(binaries(NEWEST), tmp_path) as made:
        made.start_api_server(made.plain_flags())
        made.start_controller_manager()
        yield made
