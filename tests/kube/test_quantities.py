"""Quantities are read as the API server reads them.

The tables are those of k8s.io/apimachinery v0.37.2, pkg/api/resource/quantity_test.go: TestQuantityParse and its
refusals; there each amount is an integer with a power of ten, here `<integer>e<power>`.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8s_hardening.kube.quantities import parse_quantity

PARSED = [
    tuple(line.split())
    for line in """
    0 0e0
    0n 0e0
    0u 0e0
    0m 0e0
    0Ki 0e0
    0k 0e0
    0Mi 0e0
    0M 0e0
    0Gi 0e0
    0G 0e0
    0Ti 0e0
    0T 0e0
    1 1e0
    1Ki 1024e0
    8Ki 8192e0
    7Mi 7340032e0
    6Gi 6442450944e0
    5Ti 5497558138880e0
    4Pi 4503599627370496e0
    3Ei 3458764513820540928e0
    10Ti 10995116277760e0
    100Ti 109951162777600e0
    5n 5e-9
    4u 4e-6
    3m 3e-3
    9 9e0
    8k 8e3
    50k 5e4
    7M 7e6
    6G 6e9
    5T 5e12
    40T 4e13
    300T 3e14
    2P 2e15
    1E 1e18
    1E-3 1e-3
    1e3 1e3
    1E6 1e6
    1e9 1e9
    1E12 1e12
    1e15 1e15
    1E18 1e18
    1e14 1e14
    1e13 1e13
    100.035k 100035e0
    0.001 1e-3
    0.0005k 5e-1
    0.005 5e-3
    0.05 5e-2
    0.5 5e-1
    0.00050k 5e-1
    0.00500 5e-3
    0.05000 5e-2
    0.50000 5e-1
    0.5e0 5e-1
    0.5e-1 5e-2
    0.5e-2 5e-3
    10.035M 10035e3
    1.2e3 12e2
    1.3E+6 13e5
    1.40e9 14e8
    1.53E12 153e10
    1.6e15 16e14
    1.7E18 17e17
    9.01 901e-2
    8.1k 81e2
    7.123456M 7123456e0
    6.987654321G 6987654321e0
    5.444T 5444e9
    40.1T 401e11
    300.2T 3002e11
    2.5P 25e14
    1.01E 101e16
    3.001n 4e-9
    1.1E-9 2e-9
    0.0000000001 1e-9
    0.0000000005 1e-9
    0.00000000050 1e-9
    0.5e-9 1e-9
    0.9n 1e-9
    0.00000012345 124e-9
    0.00000012354 124e-9
    9Ei 9223372036854775807
    9223372036854775807Ki 9223372036854775807
    12E 12e18
    100.035Ki 10243584e-2
    0.5Mi 524288e0
    0.05Gi 536870912e-1
    0.025Ti 274877906944e-1
    0.000000000001Ki 2e-9
    .001 1e-3
    .0001k 100e-3
    1. 1e0
    1.G 1e9
""".strip().splitlines()
]
REFUSED = ("", "1.1.M", "1+1.0M", "0.1mi", "0.1am", "aoeu", ".5i", "1i", "-3.01i", "-3.01e-", " 1", "1 ")


@pytest.mark.parametrize(("text", "amount"), PARSED)
def test_parsed(text: str, amount: str) -> None:
    assert parse_quantity(text) == Decimal(amount)


@pytest.mark.parametrize(("text", "amount"), PARSED)
def test_signs(text: str, amount: str) -> None:
    assert parse_quantity(f"-{text}") == -Decimal(amount)
    assert parse_quantity(f"+{text}") == Decimal(amount)


@pytest.mark.parametrize("text", REFUSED)
def test_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a quantity"):
        parse_quantity(text)


@pytest.mark.parametrize(
    "text", ["1K", "1KB", "1MB", "1 Gi", "1gi", "0x10", "1_000", "\u0661", "1\n", "--1", "1e", "1e1.5"]
)
def test_what_people_write_and_the_server_refuses(text: str) -> None:
    with pytest.raises(ValueError, match="is not a quantity"):
        parse_quantity(text)


@pytest.mark.parametrize("text", [".", "-", "+", "+.", "1e9999", "9" * 65])
def test_what_the_server_takes_and_nobody_means(text: str) -> None:
    with pytest.raises(ValueError, match="is not a quantity"):
        parse_quantity(text)


@pytest.mark.parametrize("value", [True, None, [], {"a": 1}, b"1", float("inf"), float("nan")])
def test_other_types(value: object) -> None:
    with pytest.raises(ValueError, match="is not a quantity"):
        parse_quantity(value)


@pytest.mark.parametrize(("value", "amount"), [(50, "50"), (0.5, "0.5"), (-1, "-1"), (1e-05, "0.00001")])
def test_numbers_as_yaml_gives_them(value: float, amount: str) -> None:
    assert parse_quantity(value) == Decimal(amount)


@given(digits=st.integers(0, 10**30), scale=st.sampled_from(["", "k", "M", "G", "T", "P", "E"]))
def test_no_digit_is_lost(digits: int, scale: str) -> None:
    power = ["", "k", "M", "G", "T", "P", "E"].index(scale) * 3
    assert parse_quantity(f"{digits}{scale}") == Decimal(f"{digits}e{power}")


@given(text=st.text(max_size=70))
def test_any_text_is_an_amount_or_refused(text: str) -> None:
    refusal = ""
    try:
        parse_quantity(text)
    except ValueError as error:
        refusal = str(error)
    assert refusal == "" or refusal.endswith("is not a quantity")
