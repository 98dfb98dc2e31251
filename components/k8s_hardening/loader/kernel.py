"""What the node's kernel says of AppArmor, and the way to take a profile out of it."""

from __future__ import annotations

import re
from pathlib import Path

SECURITY = Path("/sys/kernel/security")
ENABLED = Path("/sys/module/apparmor/parameters/enabled")
_LINE = re.compile(r"(?P<name>.+) \((?P<mode>[a-z]+)\)")


class KernelError(Exception):
    """The kernel's files do not say what they should; the text is one sentence."""


class Kernel:
    """AppArmor of the running kernel, through securityfs."""

    def __init__(self, security: Path = SECURITY, enabled: Path = ENABLED) -> None:
        self._folder = security / "apparmor"
        self._enabled = enabled

    def is_enabled(self) -> bool:
        """Whether AppArmor is part of this kernel and switched on."""
        try:
            return self._enabled.read_text().strip() == "Y"
        except FileNotFoundError:
            return False
        except OSError as error:
            raise KernelError(f"{self._enabled} cannot be read: {error.strerror}") from None

    def profiles(self) -> dict[str, str]:
        """The mode of every loaded profile by its name; those inside of another are part of that one."""
        file = self._folder / "profiles"
        try:
            text = file.read_text(errors="replace")
        except OSError as error:
            raise KernelError(f"{file} cannot be read: {error.strerror}") from None
        # A line of another form is that of a name that is none of ours.
        lines = (match for line in text.split("\n") if (match := _LINE.fullmatch(line)))
        return {line["name"]: line["mode"] for line in lines if "//" not in line["name"]}

    def remove(self, profile: str) -> None:
        """Take a profile out of the kernel; processes that still have it would go on unconfined."""
        try:
            # The kernel takes the name from one single write.
            with (self._folder / ".remove").open("wb", buffering=0) as file:
                file.write(profile.encode())
        except FileNotFoundError:
            return  # it is gone already
        except OSError as error:
            raise KernelError(f"the kernel does not remove {profile}: {error.strerror}") from None
