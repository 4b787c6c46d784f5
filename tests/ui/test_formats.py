"""How quantities are written."""

import pytest

from derms.ui import formats
from derms.ui.formats import ABSENT, MINUS, NARROW


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (1234567.0, 0, "1,234,567"),
        (-4.5, 1, f"{MINUS}4.5"),
        (-0.004, 2, "0.00"),
        (None, 2, ABSENT),
        (0.0, 1, "0.0"),
    ],
)
def test_numbers_have_a_true_minus_and_no_negative_zero(
    value: float | None, digits: int, text: str
) -> None:
    assert formats.number(value, digits) == text


def test_a_signed_number_shows_its_plus() -> None:
    assert formats.number(3.2, 1, signed=True) == "+3.2"
    assert formats.number(0.0, 1, signed=True) == "0.0"


@pytest.mark.parametrize(
    ("watts", "text"),
    [
        (7_860_000, "7.86 MW"),
        (45_300, "45.3 kW"),
        (-1_200, f"{MINUS}1.20 kW"),
        (450, "450 W"),
        (0, "0 W"),
        (None, ABSENT),
    ],
)
def test_power_takes_the_prefix_that_fits(watts: float | None, text: str) -> None:
    assert formats.scaled(watts, unit="W") == text.replace(" ", NARROW)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (42, "42 s"), (119, "119 s"), (180, "3 min"), (9_000, "2 h"), (400_000, "5 d")],
)
def test_an_age_is_read_at_a_glance(seconds: float, text: str) -> None:
    assert formats.age(seconds) == text.replace(" ", NARROW)


def test_no_age_is_never() -> None:
    assert formats.age(None) == "never"
