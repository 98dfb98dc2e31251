"""A platform with many tenants: a baseline that is made, for what a handful of tenants would not show."""

from __future__ import annotations

from typing import Any

TENANTS, NAMESPACES = 20, 3
_ACCESS: tuple[dict[str, str], ...] = (
    {},
    {"secrets": "member", "exec": "member", "port_forward": "admin"},
    {"secrets": "admin", "attach": "member", "ephemeral_containers": "admin"},
)
"""What tenants ask for, in turn."""


def tenant_names() -> list[str]:
    """The names of all tenants."""
    return [f"team-{number:02}" for number in range(TENANTS)]


def make_crowded(baseline: dict[str, Any]) -> None:
    """Replace the tenants of a baseline by a crowd, each with people of every kind, accounts and flows."""
    names = tenant_names()
    baseline["tenants"] = [_tenant(name, names[number - 1], number) for number, name in enumerate(names)]
    baseline.pop("apparmor", None)  # what its loader needs is shown elsewhere


def _tenant(name: str, neighbour: str, number: int) -> dict[str, Any]:
    web, api, data = (f"{name}-{part}" for part in ("web", "api", "data"))
    return {
        "name": name,
        "admins": [f"group:{name}-admins", f"user:{name}-owner@example.com"],
        "members": [f"group:{name}-developers", f"serviceaccount:delivery/{name}-deployer"],
        # Every other tenant looks at its neighbour, as support does at all of them.
        "viewers": ["group:support", *([f"group:{neighbour}-developers"] if number % 2 else [])],
        "labels": {"example.com/cost-centre": f"cc-{number}"},
        "access": _ACCESS[number % len(_ACCESS)],
        "namespaces": [
            {"name": web, "quota": {"pods": "20"}},
            {"name": api, "pod_security": "baseline" if number % 4 == 0 else "restricted"},
            {"name": data, "quota": {"persistentvolumeclaims": "4", "requests.storage": "40Gi"}},
        ],
        "flows": [
            {
                "name": "api",
                "source": {"namespace": web, "pods": {"app": "web"}},
                "destination": {"namespace": api, "pods": {"app": "api"}},
                "ports": ["TCP/8443"],
            },
            {
                "name": "db",
                "source": {"namespace": api, "pods": {"app": "api"}},
                "destination": {"namespace": data, "pods": {"app": "postgres"}},
                "ports": ["TCP/5432"],
            },
            {
                "name": "ask",
                "source": {"namespace": api, "pods": {"app": "api"}},
                "destination": {"namespace": f"{neighbour}-api", "pods": {"app": "api"}},
                "ports": ["TCP/8443"],
            },
        ],
        "accepts": [f"team-{(number + 1) % TENANTS:02}/ask"],
    }
