"""Plain scalars mean what sigs.k8s.io/yaml v1.6.0 makes of them; each row was read from its YAMLToJSON."""

from __future__ import annotations

import json
import math

import pytest

from k8s_hardening.kube.scalars import plain_scalar

READ_BY_THE_CLIENTS = {
    "": "null", "~": "null", "Null": "null", "nULL": '"nULL"',
    "y": "true", "On": "true", "YES": "true", "yEs": '"yEs"', "n": "false", "off": "false", "tRue": '"tRue"',
    "0777": "511", "0o17": "15", "08": "8", "09.5": "9.5", "0x1F": "31", "-0b11": "-3", "0x": '"0x"', "0b2": '"0b2"',
    "1_000": "1000", "_1": '"_1"', "+5": "5", "-0": "0", "1e3": "1000", ".5": "0.5", "5.": "5", "1e": '"1e"',
    "1e400": '"1e400"', "1:30": '"1:30"', "190:20:30": '"190:20:30"', "2001-01-01": '"2001-01-01"',
    "18446744073709551615": "18446744073709551615", "0xffffffffffffffffff": '"0xffffffffffffffffff"',
    "1.2.3": '"1.2.3"', "-": '"-"', ".": '"."', "infinity": '"infinity"', "0x1p3": '"0x1p3"', "=": '"="',
}  # fmt: skip


@pytest.mark.parametrize(("text", "as_json"), READ_BY_THE_CLIENTS.items())
def test_a_plain_scalar_is_what_the_clients_make_of_it(text: str, as_json: str) -> None:
    assert json.dumps(plain_scalar(text)) == as_json


@pytest.mark.parametrize(("text", "number"), [("18446744073709551616", 2.0**64), ("1e20", 1e20), ("-1e3", -1000)])
def test_a_number_beyond_64_bits_is_a_float(text: str, number: float) -> None:
    assert plain_scalar(text) == number


def test_infinity_and_not_a_number_are_told_apart_from_text() -> None:
    assert plain_scalar("-.inf") == -math.inf
    nan = plain_scalar(".NaN")
    assert isinstance(nan, float)
    assert math.isnan(nan)


def test_an_endless_number_is_text_and_costs_nothing() -> None:
    assert plain_scalar("9" * 100_000) == "9" * 100_000
