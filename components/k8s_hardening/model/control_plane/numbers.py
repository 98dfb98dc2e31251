"""Whole numbers of the control plane's settings, within bounds."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Strict

from k8s_hardening.model.checked import wrong

Count = Annotated[int, Strict()]


def between(least: int, most: int) -> AfterValidator:
    """A validator for whole numbers of a range, ends included."""

    def check(number: int) -> int:
        if not least <= number <= most:
            raise wrong(f"is not between {least} and {most}", str(least))
        return number

    return AfterValidator(check)
