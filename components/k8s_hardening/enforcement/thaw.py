"""Properties as the policy SDK gives them, made into plain data with an explicit unknown marker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi_policy import proxy

from k8s_hardening.kube.manifest import UNKNOWN, Manifest

_SENTINELS = frozenset({
    proxy.UNKNOWN_ARCHIVE_VALUE,
    proxy.UNKNOWN_ARRAY_VALUE,
    proxy.UNKNOWN_ASSET_VALUE,
    proxy.UNKNOWN_BOOLEAN_VALUE,
    proxy.UNKNOWN_NUMBER_VALUE,
    proxy.UNKNOWN_OBJECT_VALUE,
    proxy.UNKNOWN_STRING_VALUE,
})  # fmt: skip


def thaw(properties: Mapping[str, Any]) -> tuple[Manifest, bool]:
    """A deep plain copy of a rule's properties, and whether UNKNOWN sits anywhere in it: what is not known until apply.

    The SDK's proxies are neither dict nor list, and touching an unknown value in one raises.
    """
    holds_unknown = False

    def plain(value: Any) -> Any:
        nonlocal holds_unknown
        if isinstance(value, str):
            if value in _SENTINELS:
                holds_unknown = True
                return UNKNOWN
            return value
        if isinstance(value, Mapping):
            return plain_map(value)
        if isinstance(value, Sequence):
            return [plain(item) for item in _inside(value)]
        # Every number of a resource arrives as a float; the API server and the controls know whole numbers.
        if isinstance(value, float) and value.is_integer():
            return int(value)
        return value

    def plain_map(values: Mapping[str, Any]) -> Manifest:
        return {str(key): plain(value) for key, value in _inside(values).items()}

    made = plain_map(properties)
    return made, holds_unknown


def _inside(proxied: Any) -> Any:
    # The SDK's own way past its check of each value (pulumi_policy/deserialize.py 1.21.0); going through the check
    # takes twice the time, and it answers the key "__target" of a hostile object with something else.
    return proxied["__target"]
