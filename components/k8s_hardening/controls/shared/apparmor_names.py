"""Names of AppArmor profiles: which of them there are, and which was meant by one that there is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from k8s_hardening.kube.apparmor import ANNOTATION, LOCALHOST, OWN_PROFILE, RUNTIME_DEFAULT
from k8s_hardening.kube.manifest import UNKNOWN, key_path
from k8s_hardening.kube.pods import Container, Pod
from k8s_hardening.model.knowledge import Knowledge


def is_allowed_annotation(value: Any) -> bool:
    """Whether the Pod Security Standards let an annotation name this profile; what is not known, they do not."""
    return value is None or (isinstance(value, str) and (value in ("", RUNTIME_DEFAULT) or value.startswith(LOCALHOST)))


def is_provided(name: Any, knowledge: Knowledge) -> bool:
    """Whether the nodes have a profile of this name; of any, where nobody declared which there are."""
    known = knowledge.apparmor_profiles
    return known is None or (isinstance(name, str) and name in {*known.values(), *knowledge.apparmor_preinstalled})


def right_name(name: Any, profiles: Mapping[str, str]) -> str | None:
    """The kernel's name of a profile that is named by its friendly name, or with the hash of another text of it."""
    if not isinstance(name, str):
        return None
    own = OWN_PROFILE.fullmatch(name)
    return profiles.get(name) or (profiles.get(own["friendly"]) if own is not None else None)


def annotated_containers(pod: Pod) -> Iterator[tuple[str, str, Any, Container | None]]:
    """Key, path, value and container of each annotation that names a profile.

    The container is None where the pod has none of that name. An annotation for a container whose name is not known
    until apply comes with one of those.
    """
    named = {container.spec.get("name"): container for container in pod.containers() if _is_named(container)}
    unknown = next((one for one in pod.containers() if one.spec.get("name") is UNKNOWN), None)
    for key, value in pod.annotations.items():
        if isinstance(key, str) and key.startswith(ANNOTATION):
            path = key_path(f"{pod.metadata_path}.annotations", key)
            yield key, path, value, named.get(key.removeprefix(ANNOTATION), unknown)


def _is_named(container: Container) -> bool:
    return isinstance(container.spec.get("name"), str)
