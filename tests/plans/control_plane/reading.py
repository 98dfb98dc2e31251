"""What tests look at in a part of the control plane."""

from __future__ import annotations

from typing import Any

import yaml

from k8s_hardening.kube.version import KubeVersion
from k8s_hardening.plans.control_plane.part import Part

ENDPOINT = {
    "url": "https://reviews.example.com/v1",
    "client_certificate_file": "/etc/kubernetes/pki/reviews-client.crt",
    "client_key_file": "/etc/kubernetes/pki/reviews-client.key",
}


def versions(first: int = 18, last: int = 37) -> list[KubeVersion]:
    """Minor versions 1.<first> to 1.<last>."""
    return [KubeVersion(1, minor) for minor in range(first, last + 1)]


def flags_of(part: Part) -> dict[str, tuple[str, ...]]:
    """Flag -> values."""
    found = {setting.flag: setting.values for setting in part.settings}
    assert len(found) == len(part.settings), "a flag is set twice"
    return found


def file_of(part: Part, flag: str) -> dict[str, Any]:
    """The file that a flag names, read as YAML."""
    (setting,) = [setting for setting in part.settings if setting.flag == flag]
    assert setting.file is not None
    assert setting.values == (setting.file.path,)
    found: dict[str, Any] = yaml.safe_load(setting.file.text)
    return found


def mounted(part: Part) -> set[str]:
    """Every path that the component's pod sees."""
    return {mount.path for setting in part.settings for mount in setting.all_mounts()}


def files_named_but_not_mounted(part: Part) -> set[str]:
    """Absolute paths in values and files that no mount covers: with one of these the server would not start."""
    texts = [value for setting in part.settings for value in setting.values]
    files = [*part.files, *(setting.file for setting in part.settings if setting.file is not None)]
    for file in files:
        texts += _texts(yaml.safe_load(file.text))
    paths = {text for text in texts if text.startswith("/etc/")}
    seen = mounted(part)
    return {path for path in paths if not any(path == one or path.startswith(f"{one}/") for one in seen)}


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in _texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return [value] if isinstance(value, str) else []
