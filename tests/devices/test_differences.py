"""Differences between register and devices: found, decided, back when values change (DV-6)."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.models import ServiceOrder
from derms.lib.errors import InvalidInput
from devices.models import Device, DeviceCondition, RegisterDifference
from devices.services import (
    accept_differences,
    find_differences,
    ignore_differences,
    send_somebody,
)
from devices.services.differences import DifferenceChanged, Found, mark_of
from devices.services.registration import DeviceInvalid
from interconnection.models import DER
from interconnection.services.nameplates import NameplateRefused
from interconnection.statuses import Technology
from tests.devices.conftest import make_devices
from tests.factories import AT

pytestmark = pytest.mark.django_db
TODAY = AT.date()
VISIT: dict[str, Any] = {
    "planned_from": AT + timedelta(days=1),
    "planned_to": AT + timedelta(days=1, hours=8),
}


def says(device: Device, *, firmware: str = "", identity: Any = None, **ratings: float) -> None:
    """What the gateway keeps of a device's own words."""
    known = {
        "manufacturer": device.manufacturer,
        "model": device.model,
        "version": device.version,
        "serial_number": device.serial_number,
    }
    Device.objects.filter(pk=device.pk).update(
        discovery={"identity": known | (identity or {})}, reported_nameplate=ratings
    )
    if firmware:
        DeviceCondition.objects.update_or_create(
            device=device, defaults={"updated_at": AT, "firmware": firmware}
        )


def look(today: date = TODAY) -> Found:
    found = find_differences(at=AT, today=today)
    assert found is not None
    return found


def standing(status: str = "open") -> list[tuple[str, str, str]]:
    rows = RegisterDifference.objects.filter(status=status).order_by("pk")
    return [(row.attribute, row.registered, row.said) for row in rows]


def seen(*rows: RegisterDifference) -> dict[int, str]:
    return {row.pk: mark_of(row) for row in rows or RegisterDifference.objects.all()}


HOW: dict[str, Any] = {"reason": "Read on site.", "at": AT, "by": "enzo"}


def test_what_a_device_says_otherwise_is_found_once(inverter: Device) -> None:
    says(inverter, active_power_max_w=10_000.0, apparent_power_max_va=8_000.0)

    first, again = look(), look()

    assert (first.began, first.standing) == (1, 1)
    assert (again.began, again.gone, again.standing) == (0, 0, 1)
    assert standing() == [("active_power", "8000", "10000")]


def test_firmware_is_compared_with_the_last_slow_poll(inverter: Device) -> None:
    Device.objects.filter(pk=inverter.pk).update(version="1.0")
    inverter.refresh_from_db()
    says(inverter, firmware="1.1")

    look()

    assert standing() == [("firmware", "1.0", "1.1")]


def test_a_device_that_has_said_nothing_differs_in_nothing(inverter: Device) -> None:
    assert look() == Found()


def test_an_open_difference_follows_the_values_and_goes_when_they_agree(inverter: Device) -> None:
    says(inverter, active_power_max_w=10_000.0)
    look()
    says(inverter, active_power_max_w=9_000.0)
    look()
    assert standing() == [("active_power", "8000", "9000")]

    says(inverter, active_power_max_w=8_000.0)
    found = look()

    assert (found.gone, found.standing) == (1, 0)
    row = RegisterDifference.objects.get()
    change = row.status_changes.get()
    assert (change.new_status, change.by) == ("gone", "register watch")
    assert change.reason == "Register and device agree."


def test_a_device_that_falls_silent_about_a_rating_proves_nothing(inverter: Device) -> None:
    says(inverter, active_power_max_w=10_000.0)
    look()
    says(inverter)

    assert look().gone == 0


def test_a_retired_device_takes_its_differences_along(inverter: Device) -> None:
    says(inverter, active_power_max_w=10_000.0)
    look()
    Device.objects.filter(pk=inverter.pk).update(active_to=AT + timedelta(days=1))

    assert look().gone == 1


def test_accepting_a_rating_corrects_the_der_with_who_and_why(inverter: Device) -> None:
    says(inverter, active_power_max_w=10_000.0, apparent_power_max_va=10_000.0)
    look()

    accept_differences(seen=seen(), **HOW)

    der = DER.objects.get()
    assert der.active_power_rating_at_unity_power_factor_w == 10_000
    assert der.apparent_power_max_rating_va == 10_000
    row = RegisterDifference.objects.first()
    assert row is not None
    assert (row.status, row.decided_by, row.decision_reason) == (
        "accepted",
        "enzo",
        "Read on site.",
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "select c.metadata->>'by', c.metadata->>'reason' from interconnection_derevent e"
            " join pghistory_context c on c.id = e.pgh_context_id order by e.pgh_id desc limit 1"
        )
        assert cursor.fetchone() == ("enzo", "Read on site.")
    assert look() == Found()


def test_a_rating_that_cannot_stand_alone_is_refused_and_nothing_is_written(
    inverter: Device,
) -> None:
    says(inverter, active_power_max_w=10_000.0, apparent_power_max_va=10_000.0)
    look()
    active = RegisterDifference.objects.get(attribute="active_power")

    with pytest.raises(NameplateRefused, match="more than its 8,000 VA"):
        accept_differences(seen=seen(active), **HOW)

    assert DER.objects.get().active_power_rating_at_unity_power_factor_w == 8_000
    assert len(standing()) == 2


@pytest.mark.parametrize("said", [0.0, 1e12])
def test_a_rating_that_cannot_be_is_refused(inverter: Device, said: float) -> None:
    says(inverter, active_power_max_w=said)
    look()

    with pytest.raises(NameplateRefused):
        accept_differences(seen=seen(), **HOW)


def test_accepting_another_serial_number_corrects_device_and_der_and_tells_the_gateway(
    inverter: Device, django_capture_on_commit_callbacks: Any
) -> None:
    says(inverter, identity={"serial_number": "SN-NEW", "model": "H8b"})
    look()

    with django_capture_on_commit_callbacks() as bells:
        accept_differences(seen=seen(), **HOW)

    inverter.refresh_from_db()
    der = DER.objects.get()
    assert (inverter.serial_number, inverter.model) == ("SN-NEW", "H8b")
    assert (der.serial_number, der.model) == ("SN-NEW", "H8b")
    assert len(bells) == 1


def test_a_der_that_was_registered_otherwise_keeps_its_own_words(inverter: Device) -> None:
    DER.objects.update(model="as permitted")
    says(inverter, identity={"model": "H8b"})
    look()

    accept_differences(seen=seen(), **HOW)

    assert DER.objects.get().model == "as permitted"


def test_a_serial_number_of_another_device_is_refused(inverter: Device) -> None:
    (other,) = make_devices(1)
    says(inverter, identity={"serial_number": other.serial_number})
    look()

    with pytest.raises((NameplateRefused, DeviceInvalid), match=r"already|another"):
        accept_differences(seen=seen(), **HOW)

    inverter.refresh_from_db()
    assert inverter.serial_number != other.serial_number


def test_two_words_for_one_field_of_the_register_are_not_accepted_together() -> None:
    (battery,) = make_devices(1, technology=Technology.BATTERY)
    says(battery, active_power_max_w=4_000.0, discharge_max_w=3_000.0)
    look()

    with pytest.raises(InvalidInput, match="two different values"):
        accept_differences(seen=seen(), **HOW)


def test_sending_somebody_orders_one_visit_for_each_device(inverter: Device) -> None:
    (other,) = make_devices(1)
    for device in (inverter, other):
        says(device, active_power_max_w=10_000.0, apparent_power_max_va=10_000.0)
    look()
    later = RegisterDifference.objects.filter(device=inverter, attribute="apparent_power").get()
    first = [row for row in RegisterDifference.objects.all() if row != later]

    orders = send_somebody(seen=seen(*first), **VISIT, **HOW)
    again = send_somebody(seen=seen(later), **VISIT, **HOW)

    assert len(orders) == 2
    assert again[0] in orders
    order = ServiceOrder.objects.get(usage_point=inverter.usage_point)
    assert (order.kind, order.status) == ("der_trouble", "open")
    assert "active power rating registered 8000, device says 10000" in order.summary
    assert look() == Found(standing=4)


def test_what_is_ignored_comes_back_on_its_day_or_when_the_values_change(
    inverter: Device,
) -> None:
    says(inverter, active_power_max_w=10_000.0)
    look()
    until = TODAY + timedelta(days=7)
    ignore_differences(seen=seen(), until=until, today=TODAY, **HOW)

    assert look(until - timedelta(days=1)).back == 0
    assert standing() == []
    assert look(until).back == 1
    assert standing() == [("active_power", "8000", "10000")]

    ignore_differences(
        seen=seen(RegisterDifference.objects.get()), until=until + timedelta(days=1), today=until,
        **HOW,
    )  # fmt: skip
    says(inverter, active_power_max_w=12_000.0)
    found = look(TODAY)

    assert (found.gone, found.began) == (1, 1)
    assert standing() == [("active_power", "8000", "12000")]
    assert standing("gone") == [("active_power", "8000", "10000")]


def test_a_kept_one_comes_back_only_when_the_values_change(inverter: Device) -> None:
    says(inverter, active_power_max_w=10_000.0)
    look()
    send_somebody(seen=seen(), **VISIT, **HOW)

    says(inverter, active_power_max_w=10_010.0)
    assert look().began == 0
    says(inverter, active_power_max_w=11_000.0)
    assert look().began == 1


@pytest.mark.parametrize("until", [TODAY, TODAY - timedelta(days=1)])
def test_nothing_is_ignored_until_a_day_that_is_over(inverter: Device, until: date) -> None:
    says(inverter, active_power_max_w=10_000.0)
    look()

    with pytest.raises(InvalidInput, match="after today"):
        ignore_differences(seen=seen(), until=until, today=TODAY, **HOW)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 301])
def test_every_decision_says_why(inverter: Device, reason: str) -> None:
    says(inverter, active_power_max_w=10_000.0)
    look()

    with pytest.raises(InvalidInput, match="Say why"):
        accept_differences(seen=seen(), reason=reason, at=AT, by="enzo")


def test_nobody_decides_about_what_he_has_not_seen(inverter: Device) -> None:
    says(inverter, active_power_max_w=10_000.0)
    look()
    before = seen()
    says(inverter, active_power_max_w=11_000.0)
    look()

    with pytest.raises(DifferenceChanged, match="not as you saw it"):
        accept_differences(seen=before, **HOW)
    with pytest.raises(InvalidInput, match="Tick at least one"):
        accept_differences(seen={0: ""}, **HOW)


def test_what_is_over_is_not_decided_again(inverter: Device) -> None:
    says(inverter, active_power_max_w=7_000.0)
    look()
    accept_differences(seen=seen(), **HOW)

    with pytest.raises(DifferenceChanged):
        ignore_differences(seen=seen(), until=TODAY + timedelta(days=1), today=TODAY, **HOW)


def test_the_number_of_statements_does_not_grow_with_the_fleet() -> None:
    counts = []
    for size in (2, 40):
        for device in make_devices(size):
            says(device, active_power_max_w=10_000.0, identity={"model": "X"})
        with CaptureQueriesContext(connection) as statements:
            assert look().began == 2 * size
        counts.append(len(statements))
        Device.objects.update(reported_nameplate={"active_power_max_w": 8_000.0})
        with CaptureQueriesContext(connection) as statements:
            look()
        counts.append(len(statements))

    assert counts[0] == counts[2]
    assert counts[1] == counts[3]
    assert max(counts) <= 12
