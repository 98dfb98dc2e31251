"""The capabilities that containers add, for the controls that allow more of them or fewer."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from k8s_hardening.controls.shared.security_contexts import changeable_containers
from k8s_hardening.kube.manifest import as_list, as_map, ensure_map
from k8s_hardening.kube.pods import Pod


def added_capabilities(pod: Pod) -> Iterator[tuple[str, Any]]:
    """Path and name of every added capability."""
    for container in pod.containers():
        for index, name in enumerate(as_list(as_map(container.security_context.get("capabilities")).get("add"))):
            yield f"{container.path}.securityContext.capabilities.add[{index}]", name


def keep_added(pod: Pod, allowed: Collection[str]) -> None:
    """Remove every added capability that is not allowed."""
    for container in changeable_containers(pod):
        capabilities = as_map(as_map(container.get("securityContext")).get("capabilities"))
        added = as_list(capabilities.get("add"))
        kept = [name for name in added if name in allowed]
        if len(kept) < len(added):
            ensure_map(ensure_map(container, "securityContext"), "capabilities")["add"] = kept
