"""The fleet list: every filter, order, column, saved view and the file of it (DV-6)."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from derms.accounts.models import ExportRecord, SavedView, User
from devices.models import (
    Device,
    DeviceCondition,
    FoundSetting,
    LatestReading,
    RegisterDifference,
)
from devices.selectors import face_of
from devices.selectors.register import FleetWanted, fleet_list
from devices.services import record_alarm
from interconnection.statuses import Technology
from tests.devices.conftest import make_devices
from tests.factories import AT, connect, make_feeder, make_transformer

pytestmark = pytest.mark.django_db
LIST = "operations_devices"


@pytest.fixture
def operator(olga: User) -> Client:
    client = Client()
    client.force_login(olga)
    return client


def said(device: Device, *, age_s: float = 1, **values: Any) -> LatestReading:
    facts: dict[str, Any] = {
        "measured_at": timezone.now() - timedelta(seconds=age_s),
        "received_at": timezone.now(),
        "active_power_w": 3000.0,
        "operating_state": "producing",
        "quality": "good",
    }
    return LatestReading.objects.create(device=device, **facts | values)


def listed(**wanted: str) -> list[Device]:
    return list(fleet_list(FleetWanted(**wanted), timezone.now()))


def file_of(answer: Any) -> list[dict[str, str]]:
    text = b"".join(answer).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize(
    ("values", "state"),
    [
        (None, "never"),
        ({}, "communicating"),
        ({"quality": "substituted"}, "communicating"),
        ({"age_s": 60}, "silent"),
        ({"quality": "stale"}, "silent"),
        ({"quality": "bad"}, "wrong"),
        ({"quality": "bad", "age_s": 60}, "wrong"),
    ],
)
def test_the_list_and_the_face_plate_say_the_same_of_communication(
    inverter: Device, values: dict[str, Any] | None, state: str
) -> None:
    if values is not None:
        said(inverter, **values)
    inverter.refresh_from_db()

    (found,) = listed(state=state)

    words = {
        "never": "Never answered", "communicating": "Communicating", "silent": "Not answering",
        "wrong": "Answers wrongly",
    }  # fmt: skip
    assert face_of(found, timezone.now()).word == words[state]
    assert [other for other in words if other != state and listed(state=other)] == []


def test_slow_polls_make_values_old_more_slowly(inverter: Device) -> None:
    Device.objects.filter(pk=inverter.pk).update(poll_period_s=60)
    said(inverter, age_s=100)

    assert listed(state="communicating") == [inverter]


def test_every_filter_finds_its_device_and_no_other(
    inverter: Device, battery: Device, at: Any
) -> None:
    """The inverter has everything that can be filtered for; the battery has nothing of it."""
    feeder = make_feeder("F12")
    connect(inverter.usage_point, make_transformer(feeder))
    Device.objects.filter(pk=inverter.pk).update(manufacturer="Sol", model="S1")
    Device.objects.filter(pk=battery.pk).update(zone=_zone("f13"))
    DeviceCondition.objects.create(device=inverter, updated_at=at, is_local=True)
    FoundSetting.objects.create(
        device=inverter, function="volt_var", read_at=at, is_enabled=True, differs_since=at
    )
    FoundSetting.objects.create(device=battery, function="connect", read_at=at, is_enabled=True)
    record_alarm(kind="device_fault", device=inverter, priority=2, message="Fan", at=at)
    RegisterDifference.objects.create(device=inverter, attribute="model", said="X", found_at=at)

    for narrowing in (
        {"kind": "inverter"},
        {"zone": "f12"},
        {"feeder": "F12"},
        {"manufacturer": "Sol"},
        {"model": "S1"},
        {"control": "local"},
        {"drift": "yes"},
        {"differs": "yes"},
        {"function": "volt_var"},
        {"alarm": "any"},
        {"alarm": "unseen"},
        {"alarm": "2"},
        {"text": f"{inverter.serial_number} sol"},
        {"text": inverter.usage_point.meter_number},
        {"text": inverter.usage_point.customer.account_number[:0] + "Sol f12"},
    ):
        assert listed(**narrowing) == [inverter], narrowing
    for narrowing in (
        {"kind": "battery"},
        {"zone": "f13"},
        {"control": "unknown"},
        {"drift": "no"},
        {"differs": "no"},
        {"function": "connect"},
        {"alarm": "none"},
    ):
        assert listed(**narrowing) == [battery], narrowing
    for narrowing in ({"alarm": "1"}, {"control": "remote"}, {"text": "nowhere"}, {"feeder": "X"}):
        assert listed(**narrowing) == [], narrowing


def _zone(name: str) -> Any:
    return Device._meta.get_field("zone").related_model._default_manager.create(name=name)


def test_a_retired_device_is_not_listed(inverter: Device) -> None:
    Device.objects.filter(pk=inverter.pk).update(active_to=AT + timedelta(days=1))

    assert listed() == []


def test_the_list_is_ordered_both_ways_with_the_missing_at_the_end() -> None:
    low, high, silent = make_devices(3)
    said(low, active_power_w=100.0)
    said(high, active_power_w=900.0)

    assert listed(sort="power") == [low, high, silent]
    assert listed(sort="-power") == [high, low, silent]
    assert listed(sort="nonsense") == [low, high, silent]


@pytest.mark.usefixtures("empty_history")
def test_the_page_shows_what_was_chosen_and_takes_nothing_odd_amiss(
    operator: Client, inverter: Device, at: Any
) -> None:
    said(inverter)
    DeviceCondition.objects.create(device=inverter, updated_at=at, last_fault="Timed out")

    page = operator.get(reverse(LIST), {"columns": ["fault", "poll"], "sort": "-poll"})
    odd = operator.get(
        reverse(LIST),
        {"kind": "toaster", "sort": "x", "columns": "y", "page": "z", "text": "a\0b", "alarm": "7"},
    )

    assert "Timed out" in page.content.decode()
    assert 'aria-sort="descending"' in page.content.decode()
    assert "Communicating" not in page.content.decode().split("<tbody>")[1]
    assert odd.status_code == 200
    assert "toaster is not one of the available choices" in odd.content.decode()


def test_nothing_found_says_so_and_offers_the_way_back(operator: Client, inverter: Device) -> None:
    page = operator.get(reverse(LIST), {"text": "nothing"}).content.decode()

    assert "No device matches" in page


def test_the_number_of_queries_does_not_grow_with_the_fleet(
    operator: Client, inverter: Device
) -> None:
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            operator.get(reverse(LIST), {"sort": "alarm", "text": "e", "state": "never"})
        counts.append(len(queries))
        make_devices(60)

    assert counts[0] == counts[1] <= 12


def test_the_file_holds_exactly_what_is_filtered_with_the_chosen_columns(
    operator: Client, inverter: Device, battery: Device
) -> None:
    said(battery, active_power_w=-1500.0, state_of_charge_pct=40.0)
    Device.objects.filter(pk=battery.pk).update(model="=2+5")

    rows = file_of(
        operator.get(
            reverse(LIST),
            {"format": "csv", "kind": "battery", "columns": ["power", "customer"], "page": "9"},
        )
    )

    assert len(rows) == 1
    assert list(rows[0]) == [
        "Device number", "Serial number", "Manufacturer", "Model", "Customer", "Active power, W",
    ]  # fmt: skip
    assert rows[0]["Active power, W"] == "-1500.0"
    assert rows[0]["Model"] == "'=2+5"


def test_taking_the_list_out_is_written_down(operator: Client, inverter: Device) -> None:
    b"".join(operator.get(reverse(LIST), {"format": "csv", "text": inverter.serial_number}))

    record = ExportRecord.objects.get()

    assert (record.by, record.list_name, record.rows) == ("olga", LIST, 1)
    assert inverter.serial_number in record.query


def test_a_customer_and_a_technician_see_no_fleet(cem: User, tess: User, inverter: Device) -> None:
    for person in (cem, tess):
        client = Client()
        client.force_login(person)

        assert client.get(reverse(LIST)).status_code == 403
        assert client.get(reverse(LIST), {"format": "csv"}).status_code == 403


def test_a_view_is_kept_offered_under_its_key_and_exported_alike(
    operator: Client, inverter: Device, battery: Device
) -> None:
    asked = {"kind": "battery", "columns": ["power", "zone"], "sort": "-power", "page": "3"}
    shown = operator.get(reverse(LIST), asked)
    query = shown.context["saved"].query

    kept = operator.post(
        reverse("keep_view"), {"list": LIST, "name": "Batteries", "query": query}, follow=True
    )

    page = kept.content.decode()
    assert 'data-go="1"' in page
    assert "Batteries" in page
    assert kept.context["saved"].current.name == "Batteries"
    assert battery.serial_number in page
    assert inverter.serial_number not in page
    assert SavedView.objects.get().query == "columns=power&columns=zone&kind=battery&sort=-power"


def test_the_first_screen_has_devices_of_technology_of_both_kinds() -> None:
    make_devices(1)
    make_devices(1, technology=Technology.BATTERY)

    assert {device.kind for device in listed()} == {"inverter", "battery"}
