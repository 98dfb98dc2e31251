"""Names of signals in the spelling of AppArmor.

Source: apparmor.d(5) of AppArmor 3.0.8, SIGNALS; apparmor_parser 3.0.8 takes exactly these.
"""

from __future__ import annotations

SIGNALS = frozenset({
    "abrt", "alrm", "bus", "chld", "cont", "emt", "exists", "fpe", "hup", "ill", "int", "io", "kill", "pipe", "prof",
    "pwr", "quit", "segv", "stkflt", "stop", "stp", "sys", "term", "trap", "ttin", "ttou", "urg", "usr1", "usr2",
    "vtalrm", "winch", "xcpu", "xfsz", *(f"rtmin+{number}" for number in range(33)),
})  # fmt: skip
