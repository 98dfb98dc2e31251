"""Problems between the loader of AppArmor profiles and the rest of a baseline, in plain data of any shape."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8s_hardening.kube.images import Image, is_below, parse_image
from k8s_hardening.kube.manifest import as_list, as_map, as_str
from k8s_hardening.model.apparmor_loader import NAMESPACE
from k8s_hardening.model.raw import Problem

_LOADER = ("apparmor", "loader")
_ANY_DIGEST = f"sha256:{'0' * 64}"


def loader_and_baseline_problems(data: dict[str, Any]) -> Iterator[Problem]:
    """What a loader cannot share a baseline with."""
    apparmor = as_map(data.get("apparmor"))
    loader = apparmor.get("loader")
    if loader is None:
        return
    if not apparmor.get("profiles"):
        what = 'is empty, so a loader would have nothing to load; for example [{ready_made: "deny-write"}]'
        yield ("apparmor", "profiles"), apparmor.get("profiles"), what
    yield from _image(as_map(loader).get("image"), as_map(data.get("images")).get("registries"))
    yield from _namespace(data)
    yield from _selinux(data, as_map(loader))


def _image(text: Any, registries: Any) -> Iterator[Problem]:
    known = [one for one in map(as_str, as_list(registries)) if one.isprintable() and one]
    image = _parsed(as_str(text))
    if image is None or not known or is_below(image.name, known):
        return
    example = f"{sorted(known)[0].rstrip('/')}/apparmor-loader@{image.digest or _ANY_DIGEST}"
    yield (*_LOADER, "image"), text, f'is from none of images.registries; for example "{example}"'


def _parsed(text: str) -> Image | None:
    try:
        return parse_image(text)
    except ValueError:
        return None


def _namespace(data: dict[str, Any]) -> Iterator[Problem]:
    for index, tenant in enumerate(as_list(data.get("tenants"))):
        for position, namespace in enumerate(as_list(as_map(tenant).get("namespaces"))):
            if as_map(namespace).get("name") == NAMESPACE:
                loc = ("tenants", index, "namespaces", position, "name")
                yield (
                    loc,
                    NAMESPACE,
                    'is where the AppArmor loader lives, beside nothing else; for example "payments-api"',
                )
    pod_security = as_map(data.get("pod_security"))
    for key, names in (
        ("baseline_namespaces", enumerate(as_list(pod_security.get("baseline_namespaces")))),
        ("privileged_namespaces", ((name, name) for name in as_map(pod_security.get("privileged_namespaces")))),
    ):
        for step, name in names:
            if name == NAMESPACE:
                what = 'is where the AppArmor loader lives, which brings a binding of its own; for example "monitoring"'
                yield ("pod_security", key, step), NAMESPACE, what


def _selinux(data: dict[str, Any], loader: dict[str, Any]) -> Iterator[Problem]:
    """A kernel has one of the two; where nodes differ, the loader must be told which are its own."""
    if as_map(as_map(data.get("workloads")).get("selinux")) and not loader.get("node_selector"):
        what = (
            "is for every node, and workloads.selinux says that nodes run SELinux, which excludes AppArmor; "
            'for example {"example.com/lsm": "apparmor"}'
        )
        yield (*_LOADER, "node_selector"), loader.get("node_selector"), what
