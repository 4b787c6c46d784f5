"""Payments are Decimal, to the cent, with their formula (CS-2, CS-10)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from customers.tariffs.pricing import (
    MeteredEnergy,
    curtailment_payment,
    energy_by_price,
    export_payment,
)
from tests.customers.tariff_schedules import time_of_use_schedule

NEW_YORK = ZoneInfo("America/New_York")
QUARTER = timedelta(minutes=15)


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


def quarters(
    begins: datetime, count: int, *, exported_wh: str, imported_wh: str = "0"
) -> list[MeteredEnergy]:
    return [
        MeteredEnergy(
            begins_at=begins + n * QUARTER,
            ends_at=begins + (n + 1) * QUARTER,
            exported_wh=Decimal(exported_wh),
            imported_wh=Decimal(imported_wh),
        )
        for n in range(count)
    ]


def test_energy_is_added_up_at_each_price_and_rounded_once() -> None:
    noon = datetime(2026, 7, 1, 12, tzinfo=NEW_YORK).astimezone(UTC)

    off_peak, peak = energy_by_price(
        time_of_use_schedule(), quarters(noon, 32, exported_wh="333", imported_wh="10"), NEW_YORK
    )

    assert (off_peak.price.name, peak.price.name) == ("Off-peak", "Peak")
    assert off_peak.exported.formula == "5.328 kWh exported at 0.06000 per kWh = 0.32"
    assert peak.exported.formula == "5.328 kWh exported at 0.19000 per kWh = 1.01"
    assert peak.imported is not None
    assert peak.imported.amount == Decimal("-0.07")


def test_energy_across_a_change_of_price_is_shared_out_by_time() -> None:
    begins = datetime(2026, 7, 1, 15, 30, tzinfo=NEW_YORK)
    hour = MeteredEnergy(
        begins_at=begins, ends_at=begins + timedelta(hours=2), exported_wh=Decimal(4000)
    )

    off_peak, peak = energy_by_price(time_of_use_schedule(), [hour], NEW_YORK)

    assert [str(one.exported.energy_kwh.normalize()) for one in (off_peak, peak)] == ["1", "3"]


@pytest.mark.parametrize(("day", "hours"), [((2026, 3, 8), 23), ((2026, 11, 1), 25)])
def test_the_nights_of_the_clock_lose_and_double_no_energy(
    day: tuple[int, int, int], hours: int
) -> None:
    begins = datetime(*day, tzinfo=NEW_YORK).astimezone(UTC)

    found = energy_by_price(
        time_of_use_schedule(), quarters(begins, hours * 4, exported_wh="250"), NEW_YORK
    )

    sums = {one.price.name: one.exported.energy_kwh for one in found}
    assert sums == {"Night": hours - 16, "Day": 16}


def test_nothing_metered_is_nothing_priced_and_backward_time_is_refused() -> None:
    at = datetime(2026, 7, 1, tzinfo=UTC)

    assert energy_by_price(time_of_use_schedule(), [], NEW_YORK) == ()
    with pytest.raises(ValueError, match="must end later"):
        energy_by_price(
            time_of_use_schedule(),
            [
                MeteredEnergy(begins_at=at, ends_at=at + QUARTER),
                MeteredEnergy(begins_at=at, ends_at=at),
            ],
            NEW_YORK,
        )
