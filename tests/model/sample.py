"""A small valid baseline as data; a bad one is this with one change."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

_SAMPLE: dict[str, Any] = {
    "environment": "dev",
    "kubernetes": "1.36",
    "dialect": "kubeadm",
    "cni": {"name": "calico"},
    "target": {"render": "out/dev"},
    "images": {"registries": ["registry.example.com/platform"]},
    "tenants": [
        {
            "name": "payments",
            "namespaces": [{"name": "payments-api"}, {"name": "payments-db"}],
            "admins": ["group:payments-admins"],
            "flows": [
                {
                    "name": "db",
                    "source": {"namespace": "payments-api", "pods": {"app": "api"}},
                    "destination": {"namespace": "payments-db"},
                    "ports": ["TCP/5432"],
                }
            ],
        },
        {"name": "shop", "namespaces": [{"name": "shop-web"}], "admins": ["group:shop-admins"]},
    ],
}


def sample(changes: dict[str, Any] | None = None, *, without: Sequence[str] = ()) -> dict[str, Any]:
    """The sample with some values put in place, each under its path, such as `tenants/0/name`; without some keys."""
    made = {key: copy.deepcopy(value) for key, value in _SAMPLE.items() if key not in without}
    for path, value in (changes or {}).items():
        *steps, last = path.split("/")
        holder: Any = made
        for step in steps:
            holder = holder[int(step)] if isinstance(holder, list) else holder.setdefault(step, {})
        holder[int(last) if isinstance(holder, list) else last] = copy.deepcopy(value)
    return made
