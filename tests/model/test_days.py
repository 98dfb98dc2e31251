"""A day as people write it in YAML, quoted or not, and as the engine hands it on."""

from __future__ import annotations

import datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from k8s_hardening.model.checked import Day

READ = TypeAdapter(Day)


@pytest.mark.parametrize("written", ["2027-06-30", "2027-06-30 00:00:00 +0000 UTC", datetime.date(2027, 6, 30)])
def test_a_day_is_read_however_it_arrives(written: object) -> None:
    assert READ.validate_python(written) == datetime.date(2027, 6, 30)


@pytest.mark.parametrize(
    "written",
    ["2027-02-30", "2027-06-30 12:00:00 +0000 UTC", "30.6.2027", 20270630, True, datetime.datetime(2027, 6, 30)],
)
def test_what_is_no_day_is_refused(written: object) -> None:
    with pytest.raises(ValidationError, match="is not a day"):
        READ.validate_python(written)
