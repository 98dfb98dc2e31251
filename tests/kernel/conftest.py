"""The image, a cluster and a guest for the tests of this folder; each is made once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.binaries import NEWEST, binaries
from tests.cluster.cluster import Cluster, cluster
from tests.kernel.guest import booted, initramfs
from tests.kernel.made import Image, kernel, make_image, missing
from tests.kernel.node import Node, prepare

_SECONDS = 300
_STARTED = time.monotonic()


@pytest.fixture(scope="session", autouse=True)
def bounded() -> Iterator[None]:
    """All together take no longer than what is promised."""
    if (reason := missing()) is not None:
        pytest.skip(reason)
    yield
    seconds = time.monotonic() - _STARTED
    assert seconds < _SECONDS, f"the tests in the kernel took {seconds:.0f} s"


@pytest.fixture(scope="session")
def image(bounded: None, tmp_path_factory: pytest.TempPathFactory) -> Image:
    """The loader's image."""
    return make_image(tmp_path_factory.mktemp("image") / "layout")


@pytest.fixture(scope="session")
def initrd(image: Image, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the guest starts from: the image's one layer, and what the test needs beside it."""
    folder = tmp_path_factory.mktemp("initrd")
    file = folder / "initrd"
    file.write_bytes(initramfs(image.entries(folder), kernel()[1]))
    return file


@pytest.fixture(scope="session")
def api(bounded: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A real API server, without controllers."""
    with cluster(binaries(NEWEST), tmp_path_factory.mktemp("cluster")) as made:
        made.start_api_server(made.plain_flags())
        yield made


@pytest.fixture(scope="session")
def token(api: Cluster) -> str:
    """The loader's token, once everything is there that its plan makes."""
    return prepare(api)


@pytest.fixture(scope="session")
def guest_node(initrd: Path, api: Cluster, token: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node with AppArmor."""
    with booted(kernel()[0], initrd, tmp_path_factory.mktemp("guest")) as guest:
        made = Node(guest, api)
        made.set_up(token)
        yield made


@pytest.fixture
def node(guest_node: Node) -> Iterator[Node]:
    """The node, whose loader is ended after the test."""
    yield guest_node
    guest_node.stop()


@pytest.fixture
def plain_node(initrd: Path, api: Cluster, token: str, tmp_path: Path) -> Iterator[Node]:
    """A node whose kernel was started without AppArmor."""
    with booted(kernel()[0], initrd, tmp_path, "apparmor=0") as guest:
        made = Node(guest, api)
        made.set_up(token)
        yield made
