"""Write kube/data/flags.json from what the extraction prints on the standard input."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

TABLE = Path(__file__).parents[2] / "components" / "k8s_hardening" / "kube" / "data" / "flags.json"


def table_of(extraction: dict[str, Any]) -> dict[str, Any]:
    """Life spans from releases: minor versions of first and last sight, null for what the span does not end.

    Raises:
        ValueError: something comes, goes and comes again, which a span cannot say.
    """
    minors = sorted(int(release.partition(".")[2]) for release in extraction)
    releases = {minor: extraction[f"1.{minor}"] for minor in minors}
    programs = sorted({program for release in releases.values() for program in release["flags"]})
    return {
        "flags": {
            program: _spans(
                minors,
                {minor: release["flags"][program] for minor, release in releases.items()},
                lambda flags: {
                    "boolean": any(flag.get("boolean") for flag in flags.values()) or None,
                    "deprecated": min((minor for minor, flag in flags.items() if flag.get("deprecated")), default=None),
                },
            )
            for program in programs
        },
        "admissionPlugins": _spans(
            minors,
            {minor: release["admissionPlugins"] for minor, release in releases.items()},
            lambda on: {"on": min((minor for minor, is_on in on.items() if is_on), default=None)},
        ),
        "featureGates": _spans(
            minors, {minor: release["featureGates"] for minor, release in releases.items()}, lambda _: {}
        ),
        "kubeletFields": _spans(
            minors,
            {minor: dict.fromkeys(release["kubeletFields"]) for minor, release in releases.items()},
            lambda _: {},
        ),
    }


def _spans(minors: list[int], found: dict[int, dict[str, Any]], more: Any) -> dict[str, Any]:
    spans: dict[str, Any] = {}
    for name in sorted({name for names in found.values() for name in names}):
        alive = [minor for minor in minors if name in found[minor]]
        if alive != [minor for minor in minors if alive[0] <= minor <= alive[-1]]:
            raise ValueError(f"{name} is in {alive} only")
        facts = {
            "first": alive[0] if alive[0] > minors[0] else None,
            "last": alive[-1] if alive[-1] < minors[-1] else None,
            **more({minor: found[minor][name] for minor in alive}),
        }
        spans[name] = {key: value for key, value in facts.items() if value is not None}
    return spans


def text_of(table: dict[str, Any]) -> str:
    """The table as JSON with one entry a line."""
    parts = []
    for section, content in table.items():
        groups = content if section == "flags" else {"": content}
        texts = []
        for group, entries in groups.items():
            lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(entry)}" for name, entry in entries.items())
            texts.append(f"{json.dumps(group)}: {{\n{lines}\n }}" if group else f"{{\n{lines}\n }}")
        body = "{\n " + ",\n ".join(texts) + "\n}" if section == "flags" else texts[0]
        parts.append(f"{json.dumps(section)}: {body}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_text(text_of(table_of(json.load(sys.stdin))))
