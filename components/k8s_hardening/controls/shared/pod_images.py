"""Where an object names images: each container, and each volume that is an image."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.kube.images import Image, parse_image
from k8s_hardening.kube.manifest import Manifest, as_list, as_map
from k8s_hardening.kube.pods import pods_of


def image_fields(manifest: Manifest) -> Iterator[tuple[str, Any]]:
    """Path and value of every image reference, absent and unknown ones included."""
    for pod in pods_of(manifest):
        for container in pod.containers():
            yield f"{container.path}.image", container.spec.get("image")
        for index, volume in enumerate(as_list(pod.spec.get("volumes"))):
            image = as_map(volume).get("image")
            if image is not None:
                yield f"{pod.path}.volumes[{index}].image.reference", as_map(image).get("reference")


def image_of(value: Any) -> Image | None:
    """The image that a value refers to; None when no runtime would take it."""
    try:
        return parse_image(value) if isinstance(value, str) else None
    except ValueError:
        return None
