"""What the page about pod security shows of the helper is what it does."""

from __future__ import annotations

from typing import Any

import pytest

from tests.docs.pages import page

PAGE = page("docs/pod-security.md")


def test_the_helper_says_what_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = (block for block in PAGE.blocks("python") if "import harden\n" in block)
    exec(compile(block, "shown", "exec"), {})  # noqa: S102 - our own document
    assert capsys.readouterr().out in PAGE.blocks("text")


def test_the_transform_is_one() -> None:
    (block,) = (block for block in PAGE.blocks("python") if "import harden_workloads\n" in block)
    names: dict[str, Any] = {}
    exec(compile(block, "shown", "exec"), names)  # noqa: S102 - our own document
    assert len(names["below"].transforms) == 1
