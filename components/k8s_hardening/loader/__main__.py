"""The command: `run` in the container, `ready` and `alive` for its probes, `status` for people.

Exit status: 0 yes or done, 1 no (the reason is printed), 2 wrong use.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence

from .kernel import Kernel, KernelError
from .status import STATUS, StatusError, not_alive, not_ready, read_status, write_status

_NODE, _HOST, _PORT = "NODE_NAME", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"


def main(arguments: Sequence[str] | None = None, environment: Mapping[str, str] | None = None) -> int:
    """Run one subcommand; its exit status."""
    parser = argparse.ArgumentParser(prog="apparmor-loader", description="Loads AppArmor profiles on a node.")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="load the profiles of /profiles, round after round")
    run.add_argument("--interval", type=_seconds, default=30.0, help="seconds between rounds (default 30)")
    run.add_argument(
        "--grace", type=_seconds, default=600.0, help="seconds without a label before unloading (default 600)"
    )
    commands.add_parser("ready", help="say whether the node has every profile")
    commands.add_parser("alive", help="say whether the rounds go on")
    commands.add_parser("status", help="print what the last round found, as JSON")
    options = parser.parse_args(arguments)
    if options.command == "run":
        return _run(options.interval, options.grace, os.environ if environment is None else environment)
    try:
        status = read_status()
    except StatusError as error:
        return _no(str(error))
    if options.command == "status":
        print(STATUS.read_text(), end="")  # noqa: T201 - what was asked for
        return 0
    if options.command == "alive":
        return _no(not_alive(status))
    try:
        kernel = Kernel().profiles()
    except KernelError as error:
        # Where there is no AppArmor, the round says so better.
        return _no(not_ready(status, {}) or str(error))
    return _no(not_ready(status, kernel))


def _run(interval: float, grace: float, environment: Mapping[str, str]) -> int:
    # Probes run often and need none of this.
    from .api import Api
    from .log import Log
    from .parser import Parser
    from .rounds import Loader

    # As the first process of a container it gets no signal that it does not ask for.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
    node, host, port = (environment.get(name, "") for name in (_NODE, _HOST, _PORT))
    if not node or not host or not port.isdecimal():
        print(f"apparmor-loader: {_NODE}, {_HOST} and {_PORT} must be set", file=sys.stderr)  # noqa: T201
        return 2
    log = Log()
    loader = Loader(node, Kernel(), Parser(), Api(host, int(port)), log, interval=interval, grace=grace)
    while True:
        started = time.monotonic()
        try:
            write_status(loader.round())
            log.say("round", "done")
        except Exception as error:  # whatever it is, the next round may do better
            log.say("round", "failed", f"{type(error).__name__}: {error}"[:500])
        time.sleep(max(1.0, interval - (time.monotonic() - started)))


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < 1e9:
        raise ValueError
    return value


def _no(reason: str | None) -> int:
    if reason is None:
        return 0
    print(reason)  # noqa: T201 - what the probe shows
    return 1


if __name__ == "__main__":
    sys.exit(main())
