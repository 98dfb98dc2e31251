"""`run`: round after round, until the container ends."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence

from .api import Api
from .kernel import Kernel
from .log import Log
from .parser import Parser
from .rounds import Loader
from .status import write_status

_NODE, _HOST, _PORT = "NODE_NAME", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"
_LONGEST_MESSAGE = 500


def run(arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> int:
    """Run rounds for ever; a status only where the loader is started in a wrong way."""
    # As the first process of a container it gets no signal that it does not ask for.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    options = _options(arguments)
    values = os.environ if environment is None else environment
    node, host, port = (values.get(name, "") for name in (_NODE, _HOST, _PORT))
    if not node or not host or not port.isdecimal():
        print(f"apparmor-loader: {_NODE}, {_HOST} and {_PORT} must be set", file=sys.stderr)  # noqa: T201
        return 2
    log, api = Log(), Api(host, int(port))
    loader = Loader(node, Kernel(), Parser(), api, log, interval=options.interval, grace=options.grace)
    while True:
        started = time.monotonic()
        try:
            write_status(loader.round())
            log.say("round", "done")
        except Exception as error:  # whatever it is, the next round may do better
            log.say("round", "failed", f"{type(error).__name__}: {error}"[:_LONGEST_MESSAGE])
        time.sleep(max(1.0, options.interval - (time.monotonic() - started)))


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="apparmor-loader run", description="Load the profiles of /profiles.")
    parser.add_argument("--interval", type=_seconds, default=30.0, help="seconds between rounds (default 30)")
    parser.add_argument(
        "--grace",
        type=_seconds,
        default=600.0,
        help="seconds for which the node does not offer a profile before it is unloaded (default 600)",
    )
    return parser.parse_args(arguments)


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < 1e9:
        raise ValueError
    return value
