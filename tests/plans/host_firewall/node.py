"""A node with a firewall: a network namespace, joined to that of a machine outside and that of a pod.

Started by `Wire` in a namespace of its own, where it may change everything and nobody else notices. Reads commands as
JSON, one a line, and answers each with one line.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Any

_PEER = Path(__file__).with_name("peer.py")
_NODE = ("10.0.0.1", "fd00:1::1")


class Machine:
    """A peer of the node, in a namespace of its own."""

    def __init__(self, name: str, addresses: list[str], networks: list[str]) -> None:
        command = ["unshare", "--net", sys.executable, str(_PEER)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._line() == "ready"
        here, there = f"{name}-node", f"{name}-peer"
        _run("ip", "link", "add", here, "type", "veth", "peer", "name", there, "netns", str(self.process.pid))
        _run("ip", "link", "set", here, "up")
        for network in networks:
            _run("ip", "route", "add", network, "dev", here)
        for command_line in (
            *(["addr", "add", one, "dev", there, *_no_wait(one)] for one in addresses),
            ["link", "set", "lo", "up"],
            ["link", "set", there, "up"],
            # Everything is beside the node, or behind it.
            ["route", "add", f"{_NODE[0]}/32", "dev", there],
            ["route", "add", "default", "via", _NODE[0], "dev", there],
            ["-6", "route", "add", f"{_NODE[1]}/128", "dev", there],
        ):
            _run("nsenter", "--target", str(self.process.pid), "--net", "ip", *command_line)

    def ask(self, questions: list[Any]) -> Any:
        """The answers of the machine."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(questions) + "\n")
        self.process.stdin.flush()
        return self._line()

    def _line(self) -> Any:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())


def _no_wait(address: str) -> list[str]:
    return ["nodad"] if ":" in address else []


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")


def _nft(*options: str, text: str = "") -> subprocess.CompletedProcess[str]:
    nft = shutil.which("nft") or "nft"
    return subprocess.run([nft, *options], input=text, capture_output=True, text=True, check=False, timeout=30)


def listen(port: int) -> None:
    """Echo what comes by TCP or UDP, of both families."""
    stream = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=64)
    datagrams = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    datagrams.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    datagrams.bind(("::", port))
    threading.Thread(target=_accept, args=(stream,), daemon=True).start()
    threading.Thread(target=_echo, args=(datagrams,), daemon=True).start()


def _accept(listening: socket.socket) -> None:
    while True:
        connection, _ = listening.accept()
        connection.close()


def _echo(listening: socket.socket) -> None:
    while True:
        text, sender = listening.recvfrom(16)
        with contextlib.suppress(OSError):
            listening.sendto(text, sender)


def main() -> None:
    """Make the networks, then do what is said."""
    asked: IO[str] = sys.stdin
    made = json.loads(asked.readline())
    _run("ip", "link", "set", "lo", "up")
    _run("ip", "addr", "add", f"{_NODE[0]}/32", "dev", "lo")
    for setting in ("net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding"):
        Path("/proc/sys", setting).write_text("1")
    machines = {name: Machine(name, **one) for name, one in made["machines"].items()}
    # Of IPv6, unlike IPv4, a neighbour answers for the addresses of the link that it is asked on, and for no others.
    _run("ip", "addr", "add", f"{_NODE[1]}/128", "dev", "outside-node", "nodad")
    for port in made["ports"]:
        listen(port)
    print(json.dumps("ready"), flush=True)
    for line in asked:
        command = json.loads(line)
        if "load" in command:
            answer: Any = _nft("--file", "-", text=command["load"]).stderr
        elif "tables" in command:
            answer = _nft("list", "tables").stdout
        elif "from" in command:
            answer = machines[command["from"]].ask(command["ask"])
        print(json.dumps(answer), flush=True)
    for machine in machines.values():
        machine.process.kill()


if __name__ == "__main__":
    main()
