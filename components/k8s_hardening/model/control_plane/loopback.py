"""Addresses that only the node itself reaches."""

from __future__ import annotations

import ipaddress
from typing import Annotated

from pydantic import AfterValidator

from k8s_hardening.model.checked import wrong


def _loopback(text: str) -> str:
    try:
        is_loopback = ipaddress.ip_address(text).is_loopback
    except ValueError as error:
        raise wrong("is not an IP address", '"127.0.0.1" or "::1"') from error
    if not is_loopback:
        raise wrong("is reached from other nodes, which need no health or metrics from here", '"127.0.0.1" or "::1"')
    return text


Loopback = Annotated[str, AfterValidator(_loopback)]
