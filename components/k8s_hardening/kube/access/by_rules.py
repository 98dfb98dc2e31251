"""What follows from the rules of a role, worked out once however many subjects hold it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from k8s_hardening.kube.access.roles import Placed

Found = TypeVar("Found")


class ByRules:
    """Answers by the rules that they follow from, for as long as the world lives in which these stand."""

    def __init__(self) -> None:
        # By identity: to compare thousands of rules would take longer than most of the questions.
        self._found: dict[tuple[Hashable, ...], tuple[tuple[Placed, ...], Any]] = {}

    def of(self, rules: tuple[Placed, ...], work: Callable[..., Found], *more: Hashable) -> Found:
        """What a function says of some rules and what else it is asked about; it must be the same one each time."""
        if len(rules) < 2:
            return work(rules, *more)  # not worth it, and the one rule may have been made for this question
        key = (id(rules), work, *more)
        found = self._found.get(key)
        if found is None:
            # The rules are kept as well: nothing else may come to have their identity.
            found = self._found[key] = rules, work(rules, *more)
        made: Found = found[1]
        return made
