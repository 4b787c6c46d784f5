"""Pages and REST of the device floor: allowed, forbidden, malformed (DV-5, IX-2)."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from derms.accounts.models import User
from devices.models import Alarm, Device, LatestReading
from devices.services import CommandOrder, ReadingRow, import_readings, record_alarm
from devices.services import request_commands as ask

pytestmark = pytest.mark.usefixtures("empty_history")


@pytest.fixture
def operator(olga: User) -> Client:
    client = Client()
    client.force_login(olga)
    return client


@pytest.fixture
def alarm(inverter: Device) -> Alarm:
    raised = record_alarm(
        kind="device_fault", device=inverter, priority=2, message="Fan stands", at=timezone.now()
    )
    assert raised is not None
    return raised


def answer_of(device: Device, age_s: float = 1) -> None:
    at = timezone.now() - timedelta(seconds=age_s)
    LatestReading.objects.create(
        device=device, measured_at=at, received_at=at, active_power_w=4321.0, voltage_v=240.0,
        operating_state="producing", quality="good",
    )  # fmt: skip
    row = ReadingRow(device_id=device.pk, measured_at=at, received_at=at, active_power_w=4321)
    import_readings([row])


def test_the_face_plate_shows_values_commands_and_alarms(
    operator: Client, inverter: Device, alarm: Alarm
) -> None:
    answer_of(inverter)
    at = timezone.now()
    order = CommandOrder(
        device_id=inverter.pk, function="limit_active_power", value_w=3000, reversion_s=60,
        not_before=at, expires_at=at + timedelta(minutes=5), idempotency_key="k",
    )  # fmt: skip
    ask([order], at=at, by="olga")

    page = operator.get(reverse("operations_device", args=[inverter.pk])).content.decode()

    assert inverter.serial_number in page
    assert "4.32" in page
    assert "limit_active_power" in page
    assert "Queued" in page
    assert "Fan stands" in page
    assert "Communicating" in page


def test_a_silent_device_says_so(operator: Client, inverter: Device) -> None:
    answer_of(inverter, age_s=300)

    page = operator.get(reverse("operations_device", args=[inverter.pk])).content.decode()

    assert "Not answering" in page


def test_the_trend_is_in_kilowatts(operator: Client, inverter: Device) -> None:
    answer_of(inverter)

    found = operator.get(reverse("operations_device_trend", args=[inverter.pk])).json()

    assert found["unit"] == "kW, kvar"
    assert found["series"][0]["values"] == [4.321]


def test_the_list_finds_and_the_search_misses(operator: Client, inverter: Device) -> None:
    found = operator.get(reverse("operations_devices"), {"text": inverter.serial_number})
    missed = operator.get(reverse("operations_devices"), {"text": "nothing", "kind": "toaster"})

    assert inverter.serial_number in found.content.decode()
    assert "No device matches" in missed.content.decode()


def test_a_customer_opens_none_of_it(cem: User, inverter: Device, alarm: Alarm) -> None:
    client = Client()
    client.force_login(cem)

    for name, args in (
        ("operations_devices", []),
        ("operations_device", [inverter.pk]),
        ("operations_alarms", []),
        ("api_devices", []),
        ("api_alarms", []),
    ):
        assert client.get(reverse(name, args=args)).status_code == 403, name


def test_programs_read_devices_values_commands_and_alarms(
    operator: Client, inverter: Device, alarm: Alarm
) -> None:
    answer_of(inverter)

    devices = operator.get(reverse("api_devices"), {"kind": "inverter"}).json()
    latest = operator.get(reverse("api_latest_readings")).json()
    past = operator.get(reverse("api_device_readings", args=[inverter.pk])).json()
    alarms = operator.get(reverse("api_alarms"), {"priority": 2}).json()

    assert devices["results"][0]["serial_number"] == inverter.serial_number
    assert latest["results"][0]["quality"] == "good"
    assert latest["results"][0]["age_s"] < 10
    assert past["readings"][0]["power_w"] == 4321
    assert alarms["results"][0]["id"] == alarm.pk


def test_a_command_shows_its_moves(operator: Client, inverter: Device) -> None:
    at = timezone.now()
    order = CommandOrder(
        device_id=inverter.pk, function="connect", value_w=0, reversion_s=60,
        not_before=at, expires_at=at + timedelta(minutes=5), idempotency_key="k",
    )  # fmt: skip
    (command,) = ask([order], at=at, by="olga")
    command.move("leased", at=at, by="gateway")

    found = operator.get(reverse("api_command", args=[command.pk])).json()

    assert [move["new_status"] for move in found["moves"]] == ["leased"]
