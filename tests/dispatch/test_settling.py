"""A dispatch that is over is settled once, and the customers are told (DI-7, CS-10)."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from customers.models import Notice
from devices.services import ReadingRow, import_readings
from dispatch.models import Delivery, DERGroupDispatch
from dispatch.services import release_dispatch, run_cycle, settle_dispatch
from dispatch.statuses import DispatchStatus
from interconnection.models import DER
from tests.dispatch.gateway import commands_of, confirm
from tests.groups.scenes import device_of

pytestmark = pytest.mark.django_db
MINUTES = 20


def record(der: DER, at: datetime, *, before_w: float, during_w: float) -> None:
    """Six minutes before the event and all of it, each 5 s, with a counter that agrees."""
    device = device_of(der)
    energy_wh = 1_000_000.0
    rows = []
    for second in range(-400, MINUTES * 60 + 60, 5):
        power_w = before_w if second < 0 else during_w
        energy_wh += power_w * 5 / 3_600
        moment = at + timedelta(seconds=second)
        rows.append(
            ReadingRow(
                device_id=device.pk,
                measured_at=moment,
                received_at=moment,
                active_power_w=power_w,
                energy_injected_wh=energy_wh,
                energy_absorbed_wh=0.0,
            )
        )
    import_readings(rows)


@pytest.fixture
def over(
    executing: DERGroupDispatch, rooftops: list[DER], ada_battery: DER, at: datetime
) -> DERGroupDispatch:
    """Released after 20 minutes; every member kept its limit."""
    for der in rooftops:
        point = executing.setpoints.get(der=der)
        record(der, at, before_w=point.before_w, during_w=point.value_w)
    record(ada_battery, at, before_w=1_000, during_w=0)
    confirm(commands_of(executing), at)
    run_cycle(at=at)
    ends_at = at + timedelta(minutes=MINUTES)
    release_dispatch(dispatch=executing, at=ends_at, by="olga")
    confirm(commands_of(executing, release=True), ends_at)
    run_cycle(at=ends_at)
    executing.refresh_from_db()
    assert executing.status == DispatchStatus.RELEASED
    return executing


def test_settlement_waits_for_the_last_readings(over: DERGroupDispatch) -> None:
    assert over.ended_at is not None

    run_cycle(at=over.ended_at + timedelta(seconds=14))
    assert not Delivery.objects.exists()

    run_cycle(at=over.ended_at + timedelta(seconds=15))
    assert Delivery.objects.count() == 6


def test_settled_figures_are_those_of_the_counters(
    over: DERGroupDispatch, rooftops: list[DER], at: datetime
) -> None:
    settle_dispatch(dispatch_id=over.pk, at=at + timedelta(hours=1))

    ada = Delivery.objects.get(der=rooftops[0])
    hours = MINUTES / 60
    assert ada.delivered_wh == pytest.approx(3_000 * hours, rel=0.01)
    assert ada.curtailed_wh == pytest.approx(3_000 * hours, rel=0.01)
    assert ada.available_wh - ada.delivered_wh == pytest.approx(ada.curtailed_wh)
    assert ada.payment == Decimal("0.12")
    assert ada.method == "pre-event level carried on"


def test_settling_twice_writes_once(over: DERGroupDispatch, at: datetime) -> None:
    first = settle_dispatch(dispatch_id=over.pk, at=at + timedelta(hours=1))
    second = settle_dispatch(dispatch_id=over.pk, at=at + timedelta(hours=1))

    assert (first, second) == (6, 0)
    assert Delivery.objects.count() == 6


def test_customers_are_told_the_energy_and_the_money(over: DERGroupDispatch, at: datetime) -> None:
    settle_dispatch(dispatch_id=over.pk, at=at + timedelta(hours=1))

    notice = Notice.objects.get(template="dispatch_over", customer__name="Ada Lovelace")
    assert "0.16 USD" in notice.body
    assert "kWh" in notice.body
    assert Notice.objects.filter(template="dispatch_over").count() == 5
