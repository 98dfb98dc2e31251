"""The image as an OCI layout."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from k8s_hardening.loader_image.layer import layer, root_filesystem
from k8s_hardening.loader_image.layout import write_layout
from tests.loader_image.archives import write_packages


def written(folder: Path, name: str, architecture: str = "amd64", epoch: int = 0) -> tuple[Path, str]:
    write_packages(folder / "packages.tar")
    target = folder / name
    target.mkdir()
    return target, write_layout(root_filesystem(folder / "packages.tar"), architecture, "0.1.0", epoch, target)


def blob(target: Path, digest: str) -> bytes:
    return (target / "blobs/sha256" / digest.removeprefix("sha256:")).read_bytes()


def read(target: Path, digest: str) -> Any:
    return json.loads(blob(target, digest))


def test_everything_is_named_by_its_digest_and_size(tmp_path: Path) -> None:
    target, digest = written(tmp_path, "image")
    (described,) = json.loads((target / "index.json").read_text())["manifests"]
    assert described["digest"] == digest
    manifest = read(target, digest)
    for one in (described, manifest["config"], *manifest["layers"]):
        data = blob(target, one["digest"])
        assert (f"sha256:{hashlib.sha256(data).hexdigest()}", len(data)) == (one["digest"], one["size"])
    assert len(list((target / "blobs/sha256").iterdir())) == 3
    assert json.loads((target / "oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}


def test_how_it_starts(tmp_path: Path) -> None:
    target, digest = written(tmp_path, "image", epoch=1_767_225_600)
    manifest = read(target, digest)
    config = read(target, manifest["config"]["digest"])
    assert (config["os"], config["architecture"], config["created"]) == ("linux", "amd64", "2026-01-01T00:00:00Z")
    assert config["config"]["User"] == "0:0"
    assert config["config"]["Entrypoint"] == ["/usr/sbin/apparmor-loader"]
    assert config["config"]["Cmd"] == ["run"]
    assert config["config"]["Labels"]["org.opencontainers.image.version"] == "0.1.0"
    assert config["config"]["Labels"]["k8s-hardening.packages"] == "apparmor=1:2.3-8 python3-minimal=1:2.3-15"
    archive = gzip.decompress(blob(target, manifest["layers"][0]["digest"]))
    assert config["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(archive).hexdigest()}"]
    assert archive == layer(root_filesystem(tmp_path / "packages.tar"), 1_767_225_600)


def test_the_same_packages_give_the_same_image(tmp_path: Path) -> None:
    assert written(tmp_path, "one")[1] == written(tmp_path, "two")[1]


@pytest.mark.parametrize(("architecture", "variant"), [("amd64", None), ("arm64", "v8")])
def test_platforms(tmp_path: Path, architecture: str, variant: str | None) -> None:
    target, digest = written(tmp_path, "image", architecture)
    config = read(target, read(target, digest)["config"]["digest"])
    assert (config["architecture"], config.get("variant")) == (architecture, variant)
