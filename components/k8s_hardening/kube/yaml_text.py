"""Manifests as YAML that people can read and that every parser, of YAML 1.1 or 1.2, reads the same."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import yaml

from k8s_hardening.kube.manifest import Manifest
from k8s_hardening.kube.scalars import plain_scalar

# Unquoted only where no parser could see anything but this text; everything else is quoted.
_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./-]*(?:[ :][A-Za-z0-9_./-]+)*")
# One line end at the end: after a text with more libyaml ends the document by a mark, and PyYAML does not.
_BLOCK = re.compile(r"[^\s#](?:[ -~]*\n)*[ -~]*(?<!\n)\n")


# Both write the same bytes for what Kubernetes takes as keys; libyaml is four times as fast.
_BASE: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Dumper(_BASE):  # type: ignore[misc]
    """Writes texts by our own rules, and what occurs twice twice."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the form is that of PyYAML
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    tag = "tag:yaml.org,2002:str"
    implicit = dumper.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    if _PLAIN.fullmatch(text) and plain_scalar(text) == text and implicit == tag:
        return dumper.represent_scalar(tag, text)
    if _BLOCK.fullmatch(text):
        return dumper.represent_scalar(tag, text, style="|")
    return dumper.represent_scalar(tag, text, style='"')


_Dumper.add_representer(str, _represent_text)


def as_yaml(manifest: Manifest) -> str:
    """An object as one YAML document, in the order of its own keys."""
    text: str = yaml.dump(manifest, Dumper=_Dumper, sort_keys=False, default_flow_style=False, width=2**20)
    return text


def as_yaml_stream(manifests: Iterable[Manifest]) -> str:
    """Objects as one YAML stream, a document each."""
    return "---\n".join(as_yaml(manifest) for manifest in manifests)
