"""Conversions between what people read (kW, kWh) and what the product keeps (W, Wh).

Everywhere inside: SI units, injection into the grid at the point of common coupling positive.
"""

from decimal import ROUND_HALF_UP, Decimal

W_PER_KW = 1000
WH_PER_KWH = 1000.0
SECONDS_PER_HOUR = 3600


def kw_from_w(power_w: float) -> float:
    return power_w / W_PER_KW


def w_from_kw(power_kw: Decimal | float | str) -> int:
    """Whole watts; half a watt rounds away from zero, as a set-point is an integer."""
    exact = Decimal(str(power_kw)) * W_PER_KW
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def wh_from_w_s(energy_w_s: float) -> float:
    return energy_w_s / SECONDS_PER_HOUR
