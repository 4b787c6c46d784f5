"""What curtailed energy is paid, by the tariff's price, to the cent."""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
WH_PER_KWH = Decimal(1000)


def payment_for(curtailed_wh: float, price_per_kwh: Decimal) -> Decimal:
    """Whole Wh x price; half a cent goes to the customer."""
    energy = Decimal(max(0, round(curtailed_wh))) / WH_PER_KWH
    return (energy * price_per_kwh).quantize(CENT, rounding=ROUND_HALF_UP)
