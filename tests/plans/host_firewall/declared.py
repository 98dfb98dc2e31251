"""A declared firewall for the tests, and the programs that load one."""

from __future__ import annotations

import copy
import os
import shutil
import subprocess
from typing import Any

import pytest

from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.reading import read_baseline
from tests.model.sample import sample

_FIREWALL: dict[str, Any] = {
    "nodes": ["10.0.0.0/24", "fd00:1::/64"],
    "control_plane": ["10.0.0.0/28", "fd00:1::/112"],
    "admins": ["10.9.0.0/24", "fd00:9::/64"],
    "pods": ["10.244.0.0/16"],
    "load_balancers": ["10.0.2.0/28"],
    "kubelet_clients": ["10.244.7.0/24"],
    "cni_modes": ["vxlan"],
    "node_ports": {"sources": ["203.0.113.0/24"]},
    "open": [{"name": "node-exporter", "ports": ["TCP/9100"], "sources": ["10.244.7.0/24"], "roles": ["worker"]}],
}
_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def declared(changes: dict[str, Any] | None = None, **baseline: Any) -> Baseline:
    """A baseline with a firewall, some of whose fields are changed; beside it, changes of the baseline."""
    firewall = {**copy.deepcopy(_FIREWALL), **(changes or {})}
    return read_baseline(sample({**baseline, "host_firewall": firewall}))


def program(name: str, package: str) -> str:
    """Where a program is; without it the test is skipped, which counts as a failure where none may be skipped."""
    found = shutil.which(name, path=_PATH)
    if found is None:
        pytest.skip(f"{name} is missing: apt-get install {package}")
    return found


def apart() -> list[str]:
    """The command that starts another in a network of its own, which everybody may change there."""
    unshare = program("unshare", "util-linux")
    command = [unshare, "--user", "--map-root-user", "--net"]
    done = subprocess.run([*command, "true"], capture_output=True, check=False, timeout=60)
    if done.returncode != 0:
        pytest.skip("this kernel gives nobody a network namespace of their own (user.max_user_namespaces)")
    return command


def complaint(text: str) -> str:
    """What nft has against a table, which it parses and asks the kernel about; empty when it would load."""
    command = [*apart(), program("nft", "nftables"), "--check", "--file", "-"]
    done = subprocess.run(command, input=text.encode(), capture_output=True, check=False, timeout=60)
    return "" if done.returncode == 0 else done.stderr.decode() or f"status {done.returncode}"
