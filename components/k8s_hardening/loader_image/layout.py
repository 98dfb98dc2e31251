"""An image as an OCI layout: a folder that every registry's tools can copy.

Source: github.com/opencontainers/image-spec v1.1.1, image-layout.md, manifest.md and config.md.
"""

from __future__ import annotations

import datetime
import gzip
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from k8s_hardening.loader_image.layer import RootFilesystem, layer
from k8s_hardening.loader_image.recipe import COMMAND, ENTRY, LABELS, USER

_TYPE = "application/vnd.oci.image"
_PACKAGES_LABEL = "k8s-hardening.packages"
_ARCHITECTURES = {"amd64": {"architecture": "amd64"}, "arm64": {"architecture": "arm64", "variant": "v8"}}
ARCHITECTURES = tuple(_ARCHITECTURES)
"""Debian's names of those that the image can be made for."""


def write_layout(root: RootFilesystem, architecture: str, version: str, epoch: int, target: Path) -> str:
    """Write the image into an empty folder; its digest."""
    blobs = target / "blobs/sha256"
    blobs.mkdir(parents=True)
    archive = layer(root, epoch)
    compressed = gzip.compress(archive, compresslevel=9, mtime=0)
    created = datetime.datetime.fromtimestamp(epoch, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    packages = " ".join(f"{name}={number}" for name, number in root.packages.items())
    platform = _ARCHITECTURES[architecture]
    config = {
        **platform,
        "os": "linux",
        "created": created,
        "config": {
            "User": USER,
            "Entrypoint": [f"/{ENTRY}"],
            "Cmd": list(COMMAND),
            "Env": ["PATH=/usr/sbin:/usr/bin"],
            "Labels": {**LABELS, "org.opencontainers.image.version": version, _PACKAGES_LABEL: packages},
        },
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(archive).hexdigest()}"]},
        "history": [{"created": created, "created_by": "k8s-hardening apparmor image"}],
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{_TYPE}.manifest.v1+json",
        "config": _blob(blobs, _json(config), f"{_TYPE}.config.v1+json"),
        "layers": [_blob(blobs, compressed, f"{_TYPE}.layer.v1.tar+gzip")],
    }
    descriptor = _blob(blobs, _json(manifest), f"{_TYPE}.manifest.v1+json")
    index = {
        "schemaVersion": 2,
        "mediaType": f"{_TYPE}.index.v1+json",
        "manifests": [{**descriptor, "platform": {**platform, "os": "linux"}}],
    }
    (target / "index.json").write_bytes(_json(index))
    (target / "oci-layout").write_bytes(_json({"imageLayoutVersion": "1.0.0"}))
    return str(descriptor["digest"])


def _blob(folder: Path, data: bytes, media_type: str) -> dict[str, object]:
    digest = hashlib.sha256(data).hexdigest()
    (folder / digest).write_bytes(data)
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data)}


def _json(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
