"""What the code of Kubernetes' own programs says of flags and files, without starting them: see tools/check-options."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from k8s_hardening.engine.go_modules import build_program, in_copy, usable_go
from k8s_hardening.engine.toolchain import cache_folder
from k8s_hardening.plans.control_plane.part import Part
from tests.cluster.binaries import ROOT, Binaries
from tests.cluster.cluster import Cluster, make_certificates

KUBERNETES = "/etc/kubernetes"


@dataclass(frozen=True)
class OptionsCheck:
    """The judge of API servers, and a folder that stands for a host's /etc/kubernetes."""

    program: Path
    folder: Path

    def flags(self, part: Part) -> list[str]:
        """The part's flags, its files written; only the root of the paths differs from what a host gets."""
        files = [*part.files, *(setting.file for setting in part.settings if setting.file is not None)]
        for file in files:
            target = Path(self._here(file.path))
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(self._here(file.text))
        return [f"--{setting.flag}={self._here(value)}" for setting in part.settings for value in setting.values]

    def write(self, name: str, text: str) -> str:
        """A file below the folder; its path."""
        target = self.folder / name
        target.write_text(self._here(text))
        return str(target)

    def refusals(self, flags: list[str]) -> str:
        """What the code of the server refuses; empty when it takes everything."""
        return refusals(self.program, "kube-apiserver", flags)

    def _here(self, text: str) -> str:
        return text.replace(KUBERNETES, str(self.folder))


def refusals(judge: Path, program: str, arguments: Sequence[str]) -> str:
    """What the code of a program refuses, one line each; empty when it takes everything."""
    done = subprocess.run([judge, program, *arguments], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode in (0, 1), done.stderr
    assert (done.returncode == 0) is (done.stdout == ""), done.stdout
    return done.stdout


def options_check(binaries: Binaries, folder: Path) -> OptionsCheck:
    """The judge of one Kubernetes version, with certificates and keys where kubeadm puts them."""
    make_certificates(Cluster(folder, binaries, port=6443, etcd_port=2379))
    pki = folder / "pki"
    for suffix in ("crt", "key"):
        shutil.copy(pki / f"front-proxy-client.{suffix}", pki / f"reviews-client.{suffix}")
    return OptionsCheck(built_check("check-options", binaries.version), folder)


def built_check(name: str, minor: str) -> Path:
    """The program tools/<name> against the code of a Kubernetes minor; built when it is not there yet.

    What the minors call by different names lies in a folder of the minor.
    """
    pin, folder = ROOT / f"tools/kubernetes-{minor}", ROOT / "tools" / name
    sources = [*sorted(folder.glob("*.go")), *sorted((folder / minor).glob("*.go"))]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in (*sources, pin / "go.sum"))).hexdigest()[:12]
    target = cache_folder() / f"{name}-{minor}-{digest}"
    target.parent.mkdir(parents=True, exist_ok=True)
    with Path(f"{target}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            assert usable_go(), f"{name} must be built, and there is no Go 1.26 or newer on PATH"

            def build(copy: Path) -> None:
                package = copy / name
                package.mkdir()
                for source in sources:
                    shutil.copy(source, package)
                build_program(copy, f"./{name}", target)

            in_copy(pin, build)
    return target
