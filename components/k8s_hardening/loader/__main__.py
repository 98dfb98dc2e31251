"""The command: `run` in the container, `ready` and `alive` for its probes, `status` for people.

Exit status: 0 yes or done, 1 no (the reason is printed), 2 wrong use.
"""

from __future__ import annotations

import sys

from .probing import FOLDER, not_alive, not_ready

_USAGE = "usage: apparmor-loader run [--interval SECONDS] [--grace SECONDS] | ready | alive | status"


def main(arguments: list[str]) -> int:
    """Run one subcommand; its exit status."""
    match arguments:
        case ["run", *options]:
            from .running import run  # the probes need none of it

            return run(options)
        case ["ready"]:
            return _answer(not_ready())
        case ["alive"]:
            return _answer(not_alive())
        case ["status"]:
            return _status()
    print(_USAGE, file=sys.stderr)
    return 2


def _answer(reason: str | None) -> int:
    if reason is None:
        return 0
    print(reason)
    return 1


def _status(folder: str = FOLDER) -> int:
    try:
        with open(f"{folder}/status.json", encoding="utf-8") as file:
            print(file.read(), end="")
    except FileNotFoundError:
        return _answer("no round has ended yet")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
