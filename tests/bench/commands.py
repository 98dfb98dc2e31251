"""What people and CI wait for: judging files, rendering, and the start of the engine."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from k8s_hardening.kube.manifest import Manifest
from tests.bench.figures import Figure
from tests.bench.measuring import RUNS, run
from tests.bench.samples import ROOT, deployment
from tests.e2e.checkout import checkout

KH = ROOT / ".venv/bin/k8s-hardening"
_MANY = 2000
# Stands in for the engine: says its version, and on a preview the time at which it was started.
_CLOCK = f"""#!{sys.executable} -IS
import sys, time
if sys.argv[1] == "version":
    print("v3.200.0")
elif sys.argv[1] == "preview":
    print(time.clock_gettime(time.CLOCK_MONOTONIC), file=open({{stamp!r}}, "w"))
"""


def figures() -> Iterator[Figure]:
    """Judging one file and many, rendering, and `make preview` the second time."""
    with tempfile.TemporaryDirectory(prefix="k8s-hardening-bench-") as scratch:
        folder = Path(scratch)
        yield from _check(folder)
        yield from _render(folder)
        yield from _preview(folder / "checkout")


def _check(folder: Path) -> Iterator[Figure]:
    one, many = folder / "one.yaml", folder / "many.json"
    one.write_text(json.dumps(deployment(0)))
    many.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": _deployments()}))
    facts = ["--pack-config", str(ROOT / "policy-pack/config/dev.json")]
    spent = [run([str(KH), "check", *facts, str(one)], folder) for _ in range(RUNS)]
    yield Figure("check, one file", "wall", statistics.median(one.wall for one in spent), "s", 0.5)
    yield Figure("check, one file", "CPU", statistics.median(one.cpu for one in spent), "s")
    spent = [run([str(KH), "check", *facts, str(many)], folder) for _ in range(RUNS)]
    yield Figure(
        f"check, {_MANY:,} Deployments of 3 containers", "wall", statistics.median(one.wall for one in spent), "s"
    )
    yield Figure(
        f"check, {_MANY:,} Deployments of 3 containers", "CPU", statistics.median(one.cpu for one in spent), "s"
    )


def _deployments() -> list[Manifest]:
    return [deployment(number) for number in range(_MANY)]


def _render(folder: Path) -> Iterator[Figure]:
    command = [str(KH), "render", "--project", str(ROOT), "--stack", "dev", "--out", str(folder / "rendered")]
    spent = [run(command, folder) for _ in range(RUNS)]
    yield Figure("render, the dev environment", "CPU", statistics.median(one.cpu for one in spent), "s", 1)


def _preview(folder: Path) -> Iterator[Figure]:
    folder.mkdir()
    checkout(folder)
    for name in ("Makefile", "requirements.lock"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "components").mkdir()
    shutil.copy(ROOT / "components/pyproject.toml", folder / "components/pyproject.toml")
    yield Figure("make preview the second time, until the engine starts", "wall", _until_the_engine(folder), "s", 1)
    run(["make", "preview"], folder, _environment())
    spent = [run(["make", "preview"], folder, _environment()) for _ in range(RUNS)]
    yield Figure("make preview the second time, as a whole", "wall", statistics.median(one.wall for one in spent), "s")


def _until_the_engine(folder: Path) -> float:
    stand_ins, stamp = folder / "stand-ins", folder / "stamp"
    stand_ins.mkdir()
    for name in ("pulumi", "pulumi-language-python", "pulumi-analyzer-policy-python"):
        (stand_ins / name).write_text(_CLOCK.format(stamp=str(stamp)))
        (stand_ins / name).chmod(0o755)
    environment = _environment(PATH=f"{stand_ins}{os.pathsep}{os.environ['PATH']}")

    def measure() -> float:
        started = time.clock_gettime(time.CLOCK_MONOTONIC)
        # The stand-in judges nothing, which ends the command with status 1, and make with 2.
        run(["make", "preview"], folder, environment, status=2)
        return float(stamp.read_text()) - started

    measure()
    return statistics.median(measure() for _ in range(RUNS))


def _environment(**changes: str) -> Mapping[str, str]:
    # What `make bench` was called with is none of the business of the `make preview` that is measured.
    others = ("PULUMI_", "MAKE", "MFLAGS", "ARGS")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(others)}
    return {**kept, **changes}
