"""A machine beside a node: runs in a network of its own and knocks at the node's ports; reads and answers in JSON.

A question is [protocol, source, destination, port]; the answer is "open" where something came back (a connection, or
the refusal of one, or a datagram) and "dropped" where nothing did.
"""

from __future__ import annotations

import json
import socket
import sys
from concurrent.futures import ThreadPoolExecutor

_SECONDS = 0.7  # far more than the node takes to answer, in a network that is all memory


def knock(question: tuple[str, str, str, int]) -> str:
    """The answer to a question."""
    protocol, source, destination, port = question
    family = socket.AF_INET6 if ":" in source else socket.AF_INET
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    with socket.socket(family, kind) as made:
        made.settimeout(_SECONDS)
        made.bind((source, 0))
        try:
            made.connect((destination, port))
            if protocol == "udp":
                made.send(b"?")
                made.recv(1)
        except ConnectionRefusedError:
            return "open"
        except TimeoutError:
            return "dropped"
    return "open"


def main() -> None:
    """Say that the network is there, then answer until nobody asks any more."""
    print(json.dumps("ready"), flush=True)
    with ThreadPoolExecutor(64) as pool:
        for line in sys.stdin:
            print(json.dumps(list(pool.map(knock, map(tuple, json.loads(line))))), flush=True)


if __name__ == "__main__":
    main()
