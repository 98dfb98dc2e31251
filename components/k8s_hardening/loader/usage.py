"""Which AppArmor profiles a pod uses; what cannot be read is an error, never "none".

Source: k8s.io/api v0.37.2 core/v1/types.go (AppArmorProfile) and annotation_key_constants.go.
"""

from __future__ import annotations

from collections.abc import Iterator

ANNOTATION = "container.apparmor.security.beta.kubernetes.io/"
_LOCALHOST = "localhost/"
_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")
_NONE_OF_THE_NODE = ("RuntimeDefault", "Unconfined")
_NONE_IN_ANNOTATION = ("runtime/default", "unconfined", "")


class UnreadableError(Exception):
    """An object does not have the form of a pod."""


def profiles_used(pod: object) -> frozenset[str]:
    """Names of the profiles that a pod or any of its containers names, by field or by annotation.

    Raises:
        UnreadableError: anything in it is not of the known form.
    """
    return frozenset(_used(pod))


def _used(pod: object) -> Iterator[str]:
    annotations = _map(_map(_present(pod)).get("metadata")).get("annotations")
    for key, value in _map(annotations).items():
        if isinstance(key, str) and key.startswith(ANNOTATION):
            yield from _of_annotation(value)
    spec = _map(_present(_map(pod).get("spec")))
    yield from _of_context(spec.get("securityContext"))
    for kind in _CONTAINERS:
        for container in _list(spec.get(kind)):
            yield from _of_context(_map(_present(container)).get("securityContext"))


def _of_annotation(value: object) -> Iterator[str]:
    if isinstance(value, str) and value.startswith(_LOCALHOST):
        yield value.removeprefix(_LOCALHOST)
    elif value not in _NONE_IN_ANNOTATION:
        raise UnreadableError


def _of_context(context: object) -> Iterator[str]:
    profile = _map(context).get("appArmorProfile")
    if profile is None:
        return
    kind, name = _map(profile).get("type"), _map(profile).get("localhostProfile")
    if kind == "Localhost" and isinstance(name, str):
        yield name
    elif kind not in _NONE_OF_THE_NODE:
        raise UnreadableError


def _present(value: object) -> object:
    if value is None:
        raise UnreadableError
    return value


def _map(value: object) -> dict[object, object]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise UnreadableError
    return value


def _list(value: object) -> list[object]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise UnreadableError
    return value
