"""The fleet image: room up and down, staleness, what is in force (DV-2, GR-2)."""

from datetime import timedelta
from typing import Any

import pytest

from devices.models import Device, DeviceCommand, LatestReading
from devices.selectors import face_of, fleet_image
from tests.factories import AT


def said(device: Device, age_s: float = 1, **values: Any) -> LatestReading:
    facts: dict[str, Any] = {
        "measured_at": AT - timedelta(seconds=age_s),
        "received_at": AT,
        "active_power_w": 3000.0,
        "operating_state": "producing",
        "quality": "good",
    }
    return LatestReading.objects.create(device=device, **facts | values)


def image_of(device: Device) -> Any:
    return fleet_image([device.pk], AT).devices[device.pk]


def test_an_uncurtailed_inverter_can_only_go_down(inverter: Device) -> None:
    said(inverter)

    image = image_of(inverter)

    assert (image.available_up_w, image.available_down_w) == (0, 3000)
    assert image.rated_w == 8000
    assert image.quality == "good"


def test_under_a_verified_limit_nobody_knows_the_room_up(inverter: Device) -> None:
    said(inverter)
    DeviceCommand.objects.create(
        device=inverter, idempotency_key="k", sequence=1, function="limit_active_power",
        value_w=3000, reversion_s=60, not_before=AT, expires_at=AT + timedelta(minutes=5),
        status="verified", verified_at=AT, requested_at=AT, requested_by="olga",
    )  # fmt: skip

    image = image_of(inverter)

    assert image.limit_w == 3000
    assert (image.available_up_w, image.available_down_w) == (None, 3000)


@pytest.mark.parametrize(
    ("soc_pct", "up_w", "down_w"), [(50, 4000, 6000), (0.5, 0, 6000), (100, 4000, 1000)]
)
def test_a_battery_has_room_both_ways_unless_empty_or_full(
    battery: Device, soc_pct: float, up_w: float, down_w: float
) -> None:
    said(battery, active_power_w=1000.0, state_of_charge_pct=soc_pct)

    image = image_of(battery)

    assert (image.available_up_w, image.available_down_w) == (up_w, down_w)


def test_what_the_device_says_of_itself_goes_before_what_was_registered(battery: Device) -> None:
    battery.reported_nameplate = {"active_power_max_w": 4000.0, "charge_max_w": 2000.0}
    battery.save(update_fields=["reported_nameplate"])
    said(battery, active_power_w=0.0, state_of_charge_pct=50)

    image = image_of(battery)

    assert (image.available_up_w, image.available_down_w) == (4000, 2000)


def test_an_old_value_is_stale_and_gives_no_room(inverter: Device) -> None:
    said(inverter, age_s=60)

    image = image_of(inverter)

    assert image.quality == "stale"
    assert image.age_s == pytest.approx(60)
    assert (image.available_up_w, image.available_down_w) == (None, None)


def test_a_device_that_never_answered_is_bad(inverter: Device) -> None:
    image = image_of(inverter)

    assert image.quality == "bad"
    assert image.measured_at is None
    assert "not answered" in image.reason
    assert face_of(inverter, AT).word == "Never answered"


def test_a_stale_value_is_explained(inverter: Device) -> None:
    said(inverter, age_s=60)
    inverter.refresh_from_db()

    face = face_of(inverter, AT)

    assert face.word == "Not answering"
    assert face.reason == "No gateway brings its values."


def test_retired_devices_are_left_out(inverter: Device) -> None:
    Device.objects.filter(pk=inverter.pk).update(active_to=AT + timedelta(days=1))

    assert fleet_image([inverter.pk], AT).devices == {}
