"""What curtailed energy is paid, by the tariff's price, to the cent."""

from decimal import Decimal

from customers.tariffs.pricing import curtailment_payment


def payment_for(curtailed_wh: float, price_per_kwh: Decimal) -> Decimal:
    """Whole Wh x price; half a cent goes to the customer."""
    whole_wh = Decimal(max(0, round(curtailed_wh)))
    return curtailment_payment(curtailed_wh=whole_wh, price_per_kwh=price_per_kwh).amount
