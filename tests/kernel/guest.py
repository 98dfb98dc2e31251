"""A node: Debian's kernel in an emulated machine, whose root filesystem is that of the loader's image."""

from __future__ import annotations

import base64
import gzip
import os
import re
import select
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from k8s_hardening.loader_image.layer import Entry
from tests.kernel.cpio import cpio, folders

FILES = Path(__file__).parent / "files"
# The Service of the API server, which its certificate names; the emulator takes this address for the host.
API_SERVER = "10.96.0.1"
_NETWORK, _ADDRESS = "10.96.0.0/24", "10.96.0.15/24"
# Each after those that it needs.
_MODULES = (
    "net/core/failover",
    "drivers/net/net_failover",
    "drivers/virtio/virtio_ring",
    "drivers/virtio/virtio",
    "drivers/virtio/virtio_pci_legacy_dev",
    "drivers/virtio/virtio_pci_modern_dev",
    "drivers/virtio/virtio_pci",
    "drivers/net/virtio_net",
)
_SECONDS_TO_BOOT = 60
_SECONDS = 60
_LONGEST_SCRIPT = 3500  # characters; the terminal's buffer has 4096
_PART = 2000  # characters of a file in one script
_EMPTY = (
    "node",
    "test/root",
    "run/secrets/kubernetes.io/serviceaccount",
)


@dataclass(frozen=True)
class Answer:
    """How a script ended in the guest."""

    status: int
    text: str


class Guest:
    """A running guest."""

    def __init__(self, process: subprocess.Popen[bytes], console: Path) -> None:
        self._process = process
        self._console = console
        self._rest = b""

    def run(self, script: str, seconds: float = _SECONDS) -> Answer:
        """Run a script of the shell as the node's root."""
        line = base64.b64encode(gzip.compress(script.encode(), mtime=0))
        assert len(line) < _LONGEST_SCRIPT, f"the script is too long for one line: {len(line)}"
        assert self._process.stdin is not None
        self._process.stdin.write(line + b"\n")
        self._process.stdin.flush()
        _, status, *text = self._line(seconds).split(" ")
        return Answer(int(status), base64.b64decode("".join(text)).decode(errors="replace"))

    def must(self, script: str, seconds: float = _SECONDS) -> str:
        """What a script printed, which must succeed."""
        answer = self.run(script, seconds)
        assert answer.status == 0, f"status {answer.status}: {answer.text}"
        return answer.text

    def write(self, path: str, text: str) -> None:
        """Write a file of the guest."""
        data = base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()
        self.must(f": > {path}.part")
        for start in range(0, len(data), _PART):
            self.must(f"echo {data[start : start + _PART]} >> {path}.part")
        self.must(f"busybox base64 -d {path}.part | busybox gunzip > {path} && busybox rm {path}.part")

    def wait_until_booted(self) -> None:
        """Wait for the first word of the guest."""
        assert self._line(_SECONDS_TO_BOOT) == "guest ready", self.console()

    def console(self) -> str:
        """The last lines of the kernel."""
        return "\n".join(self._console.read_text(errors="replace").splitlines()[-30:])

    def _line(self, seconds: float) -> str:
        assert self._process.stdout is not None
        deadline = time.monotonic() + seconds
        while b"\n" not in self._rest:
            left = deadline - time.monotonic()
            assert left > 0, f"no answer of the guest within {seconds:.0f} s; its console:\n{self.console()}"
            if select.select([self._process.stdout], [], [], left)[0]:
                part = os.read(self._process.stdout.fileno(), 65536)
                assert part, f"the guest ended; its console:\n{self.console()}"
                self._rest += part
        line, _, self._rest = self._rest.partition(b"\n")
        return re.sub(r"\r$", "", line.decode())


def initramfs(image: Mapping[str, Entry], modules: Path) -> bytes:
    """The image's root filesystem, and in a second archive what the guest needs beside it."""
    found: dict[str, Entry] = {f"test/modules/{Path(name).name}.ko": _file(modules / f"{name}.ko") for name in _MODULES}
    found["init"] = _script("init")
    found["test/bin/container"] = _script("container")
    found["test/bin/confined"] = _script("confined")
    found["test/bin/busybox"] = _file(_program("busybox"))
    setpriv = _program("setpriv")
    found["test/bin/setpriv"] = _file(setpriv)
    for name, library in _libraries(setpriv).items():
        found[f"test/lib/{name}"] = _file(library)
    found |= {path: Entry(0o755) for path in _EMPTY}
    return cpio(image, console=True) + cpio({**folders(found), **found})


@contextmanager
def booted(kernel: Path, initrd: Path, folder: Path, *parameters: str) -> Iterator[Guest]:
    """A guest that has started; ended afterwards."""
    console = folder / "console.log"
    command = [
        "qemu-system-x86_64",
        *("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"),
        *("-accel", "tcg", "-m", "512", "-smp", "1"),
        *("-kernel", str(kernel), "-initrd", str(initrd)),
        *("-append", " ".join(["console=ttyS0 quiet panic=-1", f"address={_ADDRESS}", *parameters])),
        *("-netdev", f"user,id=net,net={_NETWORK},host={API_SERVER}", "-device", "virtio-net-pci,netdev=net,romfile="),
        *("-serial", f"file:{console}", "-serial", "stdio"),
    ]
    with (folder / "qemu.log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
    guest = Guest(process, console)
    try:
        guest.wait_until_booted()
        yield guest
    finally:
        process.kill()
        process.communicate()


def _script(name: str) -> Entry:
    return Entry(0o755, (FILES / name).read_bytes())


def _file(path: Path) -> Entry:
    return Entry(0o755, path.read_bytes())


def _program(name: str) -> Path:
    found = shutil.which(name)
    assert found is not None, f"{name} is not on PATH"
    return Path(found)


def _libraries(program: Path) -> Mapping[str, Path]:
    """The shared libraries of a program of this machine, and what loads them."""
    listed = subprocess.run([_program("ldd"), program], capture_output=True, text=True, check=True).stdout
    named = {name: Path(path) for name, path in re.findall(r"(\S+) => (/\S+)", listed)}
    loader = re.search(r"^\s*(/\S+/ld-linux\S+)", listed, re.MULTILINE)
    assert loader is not None, listed
    return {**named, "ld.so": Path(loader[1])}
