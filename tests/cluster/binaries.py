"""Real servers of Kubernetes, built from the Go modules that tools/ pins, in the cache that all checkouts share."""

from __future__ import annotations

import fcntl
import hashlib
import re
import shutil
import tempfile
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from k8s_hardening.engine.go_modules import build_program, in_copy, usable_go
from k8s_hardening.engine.progress import Progress
from k8s_hardening.engine.toolchain import cache_folder

ROOT = Path(__file__).parents[2]
NEWEST, OLDEST = "1.37", "1.24"
_KUBERNETES = ("kube-apiserver", "kube-controller-manager", "kubeadm")
# What the programs say with --version, and what a server of 1.24 says under /version: hack/lib/version.sh stamps both.
_VERSIONS = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")


@dataclass(frozen=True)
class Binaries:
    """The programs of one Kubernetes minor, and an etcd."""

    version: str
    """Minor version, for example 1.37."""
    folder: Path
    etcd: Path

    def __getitem__(self, name: str) -> Path:
        return self.folder / name


def binaries(minor: str) -> Binaries:
    """The programs of a minor version that tools/kubernetes-<minor> pins; built when they are not there yet."""
    pin = ROOT / f"tools/kubernetes-{minor}"
    match = re.search(r"^require k8s\.io/kubernetes (v1\.(\d+)\.\d+)$", (pin / "go.mod").read_text(), re.MULTILINE)
    assert match, f"{pin}/go.mod pins no k8s.io/kubernetes"
    told = {"gitVersion": match[1], "gitMajor": "1", "gitMinor": match[2]}
    stamps = {f"{package}.{name}": value for package in _VERSIONS for name, value in told.items()}
    programs = {name: f"k8s.io/kubernetes/cmd/{name}" for name in _KUBERNETES}
    folder = _built(pin, programs, stamps, "6 min")
    etcd = _built(ROOT / "tools/etcd", {"etcd": "go.etcd.io/etcd/server/v3"}, {}, "1 min")
    return Binaries(minor, folder, etcd / "etcd")


def _built(pin: Path, programs: dict[str, str], stamps: dict[str, str], about: str) -> Path:
    pinned = b"".join((pin / name).read_bytes() for name in ("go.mod", "go.sum"))
    digest = hashlib.sha256(pinned + "".join(sorted(stamps)).encode()).hexdigest()[:12]
    target = cache_folder() / f"{pin.name}-{digest}"
    target.parent.mkdir(parents=True, exist_ok=True)
    with Path(f"{target}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if target.exists():
            return target
        assert usable_go(), f"{pin.name} must be built, and there is no Go 1.26 or newer on PATH"
        scratch = Path(tempfile.mkdtemp(prefix=f".{pin.name}-", dir=target.parent))
        try:
            with Progress().step(f"building {', '.join(programs)} of {pin.name} from Go modules", about):
                for name, package in programs.items():
                    in_copy(pin, partial(build_program, package=package, output=scratch / name, stamps=stamps))
            scratch.rename(target)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return target


@cache
def program(name: str) -> Path:
    """The program tools/<name>; built when it is not there yet."""
    pin = ROOT / "tools" / name
    digest = hashlib.sha256(b"".join((pin / file).read_bytes() for file in ("main.go", "go.sum"))).hexdigest()[:12]
    target = cache_folder() / f"{name}-{digest}"
    target.parent.mkdir(parents=True, exist_ok=True)
    with Path(f"{target}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            assert usable_go(), f"{name} must be built, and there is no Go 1.26 or newer on PATH"
            in_copy(pin, partial(build_program, package=".", output=target))
    return target


if __name__ == "__main__":
    for wanted in (NEWEST, OLDEST):
        Progress().say(str(binaries(wanted).folder))
