"""The ledger as data, as text and as the page docs/ledger.md."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from k8s_hardening.plans.ledger import LedgerEntry

_HEAD = """\
<!-- Generated: k8s-hardening ledger --format markdown > docs/ledger.md (make docs). Do not edit. -->

# Ledger of the CIS Kubernetes Benchmark

The 131 controls of the benchmark (2.0.1, the same as in 1.12; titles in our own words). *Emitted by* names the module
below `k8s_hardening.plans` that writes what a control asks for, and what it writes; *enforced by* our controls, which
judge every manifest ([controls.md](controls.md)). What only a node can tell has a command that prints what is wrong and
nothing when all is well; host files that plans write have mode 0600 and belong to root.
"""


def as_data(entry: LedgerEntry) -> dict[str, Any]:
    """An entry as plain data."""
    emission = entry.emitted_by
    return {
        "id": entry.control.id,
        "title": entry.control.title,
        "component": entry.control.component,
        "automated": entry.control.automated,
        "emitted_by": None if emission is None else {"plan": emission.plan, "what": emission.what},
        "enforced_by": list(entry.enforced_by),
        "host_only": entry.is_host_only,
        "verify": entry.verify,
        "difference": entry.difference,
    }


def listed(entries: Sequence[LedgerEntry]) -> Iterator[str]:
    """One line for each entry."""
    for entry in entries:
        says = [
            f"emitted by {entry.emitted_by.plan} ({entry.emitted_by.what})" if entry.emitted_by else "",
            f"enforced by {', '.join(entry.enforced_by)}" if entry.enforced_by else "",
            f"on the node: {entry.verify}" if entry.verify else "",
        ]
        yield f"{entry.control.id:<7} {entry.control.title}: {'; '.join(filter(None, says)) or entry.difference}"


def as_markdown(entries: Sequence[LedgerEntry]) -> str:
    """The whole page."""
    return "\n".join(_page(entries))


def _page(entries: Sequence[LedgerEntry]) -> Iterator[str]:
    yield _HEAD
    yield from _summary(entries)
    for component, group in itertools.groupby(entries, key=lambda entry: entry.control.component):
        yield f"## {component}\n"
        yield "| Control | Title | Emitted by | Enforced by, or command on the node |"
        yield "|---|---|---|---|"
        for entry in group:
            emitted = f"{entry.emitted_by.plan}: `{entry.emitted_by.what}`" if entry.emitted_by else "-"
            enforced = ", ".join(f"[{one}](controls.md#{one})" for one in entry.enforced_by)
            last = enforced or (f"`{entry.verify}`" if entry.verify else "see below" if entry.difference else "-")
            yield f"| {entry.control.id} | {entry.control.title} | {emitted} | {last} |"
        yield ""
    yield "## Where our verdict is not that of kube-bench\n"
    for entry in entries:
        if entry.difference:
            yield f"- **{entry.control.id}** ({entry.control.title}): {entry.difference}."
    yield ""


def _summary(entries: Sequence[LedgerEntry]) -> Iterator[str]:
    counts = {
        "controls": len(entries),
        "emitted": sum(entry.emitted_by is not None for entry in entries),
        "enforced": sum(bool(entry.enforced_by) for entry in entries),
        "for the node alone": sum(entry.is_host_only for entry in entries),
        "left to people": sum(not (entry.emitted_by or entry.enforced_by or entry.is_host_only) for entry in entries),
    }
    yield "; ".join(f"{count} {what}" for what, count in counts.items()) + ".\n"
