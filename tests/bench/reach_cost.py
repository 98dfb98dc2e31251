"""What the whole matrix of a large cluster costs, by its size, in processes of their own."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.reach import World, matrix
from tests.bench.figures import markdown_table
from tests.bench.measuring import keeping_bytecode
from tests.bench.samples import ROOT


@dataclass(frozen=True, slots=True)
class Size:
    """How large a cluster is."""

    namespaces: int
    pods: int
    policies: int

    def __str__(self) -> str:
        return f"{self.namespaces:,} namespaces, {self.pods:,} pods, {self.policies:,} policies"


PROMISED = Size(1000, 5000, 3000)
SIZES = (Size(10, 50, 30), Size(100, 500, 300), PROMISED, Size(2000, 10000, 6000))
_MOST_SECONDS, _MOST_MEMORY = 10, 1024
_ROLES = ("web", "api", "db", "worker", "cache")
_PORTS = {"web": 8080, "api": 8443, "db": 5432, "worker": 9000, "cache": 6379}


def cluster(size: Size) -> list[Manifest]:
    """A cluster of tenants as they are: deny-all with DNS, flows inside, between namespaces and to networks.

    Pods of one role carry a label of their own, so that at least as many classes come out as there are namespaces.
    """
    draw = random.Random(size.pods)  # noqa: S311 - the same cluster each time
    names = [f"team-{number // 4}-{number % 4}" for number in range(size.namespaces)]
    objects: list[Manifest] = [
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": name, "labels": {"tenant": name.rpartition("-")[0], "zone": f"zone-{number % 7}"}},
        }
        for number, name in enumerate(names)
    ]
    objects += [_pod(names[number % len(names)], number, draw) for number in range(size.pods)]
    objects += [
        _policy(names[number % len(names)], number // len(names), names, draw) for number in range(size.policies)
    ]
    return objects


def _pod(namespace: str, number: int, draw: random.Random) -> Manifest:
    role = draw.choice(_ROLES)
    # The port of a name differs between pods, so that only each pod itself says what it opens.
    ports = [
        {"name": "serve", "containerPort": _PORTS[role] + draw.choice((0, 1))},
        {"name": "metrics", "containerPort": 9100},
    ]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"{role}-{number}",
            "namespace": namespace,
            "labels": {"role": role, "release": f"r{draw.randrange(3)}"},
        },
        "spec": {"containers": [{"name": "app", "image": "app", "ports": ports}]},
    }


def _policy(namespace: str, number: int, names: list[str], draw: random.Random) -> Manifest:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": f"policy-{number}", "namespace": namespace},
        "spec": _SPECS[number % len(_SPECS)](names, draw),
    }


def _closed(_: list[str], __: random.Random) -> Manifest:
    dns = {"to": [{"ipBlock": {"cidr": "169.254.20.10/32"}}], "ports": [{"protocol": "UDP", "port": 53}]}
    return {"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "egress": [dns]}


def _inside(names: list[str], draw: random.Random) -> Manifest:
    server, client = draw.sample(_ROLES, 2)
    scraped = {
        "from": [{"namespaceSelector": {"matchLabels": {"zone": f"zone-{draw.randrange(7)}"}}}],
        "ports": [{"port": "metrics"}],
    }
    served = {
        "from": [
            {"podSelector": {"matchExpressions": [{"key": "role", "operator": "In", "values": [client]}]}},
            {
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": draw.choice(names)}},
                "podSelector": {"matchLabels": {"role": client}},
            },
        ],
        "ports": [{"port": "serve"}, {"port": 9000, "endPort": 9010}],
    }
    return {"podSelector": {"matchLabels": {"role": server}}, "policyTypes": ["Ingress"], "ingress": [served, scraped]}


def _outwards(names: list[str], draw: random.Random) -> Manifest:
    second = draw.randrange(256)
    network = {"cidr": f"10.{second}.0.0/16", "except": [f"10.{second}.{draw.randrange(256)}.0/24"]}
    peers = [
        {"ipBlock": network},
        {"namespaceSelector": {"matchLabels": {"tenant": draw.choice(names).rpartition("-")[0]}}},
        {
            "namespaceSelector": {
                "matchExpressions": [{"key": "zone", "operator": "NotIn", "values": ["zone-1", "zone-2"]}]
            }
        },
    ]
    egress = [{"to": draw.sample(peers, 2), "ports": [{"port": "serve"}, {"port": 443}, {"port": 9100}]}]
    return {"podSelector": {"matchLabels": {"role": draw.choice(_ROLES)}}, "policyTypes": ["Egress"], "egress": egress}


_SPECS = (_closed, _inside, _outwards)


def measured() -> tuple[str, list[str]]:
    """The table of time and memory against size, and the targets that were missed."""
    rows: list[tuple[str, ...]] = [
        ("namespaces", "pods", "policies", "label classes", "distinct rows", "CPU", "memory at its peak")
    ]
    missed = []
    for size in SIZES:
        found = _run(size)
        counts = (size.namespaces, size.pods, size.policies, found["classes"], found["rows"])
        rows.append((*(f"{one:,}" for one in counts), f"{found['seconds']:.2f} s", f"{found['memory']:.0f} MiB"))
        if size == PROMISED and (found["seconds"] > _MOST_SECONDS or found["memory"] > _MOST_MEMORY):
            missed.append(f"the matrix of {size} in {_MOST_SECONDS} s and {_MOST_MEMORY} MiB")
    return markdown_table(rows), missed


def _run(size: Size) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench.reach_cost", *map(str, (size.namespaces, size.pods, size.policies))]
    environment = keeping_bytecode({"PYTHONPATH": str(ROOT)})
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    spent: dict[str, float] = json.loads(done.stdout)
    return spent


def main() -> None:
    """Work out the matrix of one size, and print what it took."""
    objects = cluster(Size(*map(int, sys.argv[1:])))
    before = time.process_time()
    world = World.of(objects)
    found = matrix(world)
    seconds = time.process_time() - before
    spent = {"classes": len(world.pods), "seconds": seconds, "memory": _peak(), "rows": len(found.rows)}
    print(json.dumps(spent))


def _peak() -> float:
    """Most memory of this process so far in MiB; the kernel's other figure counts what its parent had (proc(5))."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")) / 1024


if __name__ == "__main__":
    main()
