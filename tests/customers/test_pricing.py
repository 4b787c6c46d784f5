"""Payments are Decimal, to the cent, with their formula (CS-10)."""

from decimal import Decimal

import pytest

from customers.tariffs.pricing import curtailment_payment, export_payment


@pytest.mark.parametrize(
    ("energy_wh", "price", "amount"),
    [
        (0, "0.08", "0.00"),
        (1_000, "0.08", "0.08"),
        (62.5, "0.08", "0.01"),  # half a cent is paid
        (62.4, "0.08", "0.00"),
        (1_234_567.8, "0.07123", "87.94"),
        (1_000, "-0.02", "-0.02"),  # a price below zero is charged
    ],
)
def test_export_is_paid_to_the_cent(energy_wh: float, price: str, amount: str) -> None:
    payment = export_payment(exported_wh=energy_wh, price_per_kwh=Decimal(price))

    assert payment.amount == Decimal(amount)
    assert str(payment.amount) == amount


def test_curtailment_names_its_formula() -> None:
    payment = curtailment_payment(curtailed_wh=1_200, price_per_kwh=Decimal("0.12"))

    assert payment.amount == Decimal("0.14")
    assert payment.formula == "1.2 kWh held back at 0.12 per kWh = 0.14"


@pytest.mark.parametrize("energy_wh", [float("nan"), float("inf"), -0.1])
def test_an_energy_that_is_no_amount_is_refused(energy_wh: float) -> None:
    with pytest.raises(ValueError, match="must be a number of Wh"):
        export_payment(exported_wh=energy_wh, price_per_kwh=Decimal("0.08"))
