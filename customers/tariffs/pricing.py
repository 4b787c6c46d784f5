"""What a tariff pays for energy fed in and for energy held back, to the cent."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
WH_PER_KWH = Decimal(1000)


@dataclass(frozen=True, kw_only=True)
class Payment:
    """An amount with the formula it came from; positive is paid to the customer."""

    amount: Decimal
    energy_kwh: Decimal
    price_per_kwh: Decimal
    formula: str


def export_payment(*, exported_wh: float | Decimal, price_per_kwh: Decimal) -> Payment:
    return _payment(exported_wh, price_per_kwh, "exported")


def curtailment_payment(*, curtailed_wh: float | Decimal, price_per_kwh: Decimal) -> Payment:
    return _payment(curtailed_wh, price_per_kwh, "held back")


def _payment(energy_wh: float | Decimal, price_per_kwh: Decimal, what: str) -> Payment:
    exact_wh = energy_wh if isinstance(energy_wh, Decimal) else Decimal(repr(energy_wh))
    if not exact_wh.is_finite() or exact_wh < 0:
        raise ValueError(f"Energy {what} must be a number of Wh not below zero, not {energy_wh}.")
    energy_kwh = exact_wh / WH_PER_KWH
    amount = (energy_kwh * price_per_kwh).quantize(CENT, rounding=ROUND_HALF_UP)
    return Payment(
        amount=amount,
        energy_kwh=energy_kwh,
        price_per_kwh=price_per_kwh,
        formula=f"{energy_kwh.normalize():f} kWh {what} at {price_per_kwh} per kWh = {amount}",
    )
