"""Gateway health: zones, endpoints and what to do, quick for thousands of devices (DV-2, OP-3)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from derms.accounts.models import User
from devices.models import Device, DeviceCondition, LatestReading, Zone
from devices.selectors.gateway_health import cell_paths, endpoints_of, zones_health
from tests.devices import scenes

COUNT = 5_000
MaxQueries = Callable[[int], AbstractContextManager[Any]]


@pytest.fixture
def now(db: None) -> datetime:
    return timezone.now()


@pytest.fixture
def operator(olga: User) -> Client:
    client = Client()
    client.force_login(olga)
    return client


def fleet(like: Device, count: int, now: datetime, *, zone: str = "millbrook") -> list[Device]:
    """Meters, five behind each address."""
    row, _ = Zone.objects.get_or_create(name=zone)
    devices = Device.objects.bulk_create(
        Device(
            kind="meter", usage_point=like.usage_point, zone=row, port=502,
            host=f"10.{3 + (zone == 'harbour')}.{n // 1000}.{n // 5 % 200}",
            unit=1 + n % 5, manufacturer="L", model="E", serial_number=f"{zone}{n}",
            active_from=now - timedelta(days=3),
        )
        for n in range(count)
    )  # fmt: skip
    LatestReading.objects.bulk_create(
        LatestReading(
            device=device, measured_at=now, received_at=now, quality="good",
            operating_state="unknown",
        )
        for device in devices
    )  # fmt: skip
    DeviceCondition.objects.bulk_create(
        DeviceCondition(
            device=device, updated_at=now, polls=1_000, failures=n % 3, round_trip_ms=5.0 + n % 90
        )
        for n, device in enumerate(devices)
    )
    return devices


def states_of(now: datetime, name: str) -> dict[str, int]:
    zone = next(zone for zone in zones_health(now) if zone.name == name)
    return {one.key: one.count for one in zone.states if one.count}


def test_each_device_counts_in_one_state(inverter: Device, now: datetime) -> None:
    devices = fleet(inverter, 10, now)
    scenes.serve(devices[0], now)
    LatestReading.objects.filter(device=devices[0]).delete()
    LatestReading.objects.filter(device=devices[1]).update(quality="bad")
    LatestReading.objects.filter(device=devices[2]).update(measured_at=now - timedelta(minutes=1))
    scenes.talk(devices[3], now, open_since=now)
    scenes.talk(devices[4], now, failures_in_row=2)

    assert states_of(now, "millbrook") == {"up": 5, "degraded": 3, "open": 1, "never": 1}


def test_a_slow_poll_is_no_trouble(inverter: Device, now: datetime) -> None:
    devices = fleet(inverter, 1, now)
    scenes.serve(devices[0], now)
    Device.objects.filter(pk=devices[0].pk).update(poll_period_s=60)
    LatestReading.objects.update(measured_at=now - timedelta(minutes=2))

    assert states_of(now, "millbrook") == {"up": 1}


def test_where_nobody_serves_devices_are_not_read_and_the_page_says_what_to_do(
    operator: Client, inverter: Device, now: datetime
) -> None:
    devices = fleet(inverter, 3, now)
    scenes.serve(devices[0], now, age_s=600)
    scenes.ask(inverter, now - timedelta(seconds=40))

    page = operator.get(reverse("operations_gateways")).content.decode()

    assert states_of(now, "millbrook") == {"unread": 3}
    assert "For 10\xa0min nobody has served zone millbrook" in page
    assert "Start a gateway worker with DERMS_ZONES=f12" in page
    waiting = next(zone for zone in zones_health(now) if zone.name == "f12")
    assert waiting.waiting == 1
    assert waiting.oldest_s == pytest.approx(40, abs=1)


def test_zones_show_owner_term_lateness_and_round_trips(
    operator: Client, inverter: Device, now: datetime
) -> None:
    devices = fleet(inverter, 20, now)
    scenes.serve(devices[0], now, late_ms=401)

    page = operator.get(reverse("operations_gateways")).content.decode()

    for words in ("sub1:4711:9f2c1a", "Served, but late", "401", "95 of 100 devices answer within"):
        assert words in page, words
    zone = next(zone for zone in zones_health(now) if zone.name == "millbrook")
    assert (zone.devices, zone.endpoints, zone.polls_due_per_s) == (20, 4, 20.0)
    assert (zone.polls_per_s, zone.connects) == (19.6, 214)
    assert sum(bar.count for bar in zone.round_trips) == 20


def test_endpoints_in_trouble_come_first_and_name_their_units(
    operator: Client, inverter: Device, now: datetime
) -> None:
    devices = fleet(inverter, 15, now)
    scenes.serve(devices[0], now)
    scenes.talk(devices[7], now, open_since=now, retry_at=now + timedelta(seconds=9),
                last_fault="connection refused", last_fault_at=now)  # fmt: skip
    url = reverse("operations_gateway_endpoints", args=["millbrook"])

    trouble = operator.get(url).content.decode()
    everything = operator.get(url, {"show": "all"}).content.decode()
    file = operator.get(url, {"format": "csv", "show": "all"}).getvalue()

    found = endpoints_of(devices[0].zone, now, only_trouble=False)
    assert [one.units for one in found] == [5, 5, 5]
    assert found[0].state == ("1 of 5 given up for now", "bad")
    assert "connection refused" in trouble
    assert "10.3.0.0:502" not in trouble
    assert "10.3.0.0:502" in everything
    assert len(file.decode("utf-8-sig").splitlines()) == 4


def test_zones_come_as_a_file_and_a_strange_zone_is_not_found(
    operator: Client, inverter: Device, now: datetime
) -> None:
    scenes.serve(inverter, now)
    url = reverse("operations_gateways")

    lines = operator.get(url, {"format": "csv"}).getvalue().decode("utf-8-sig")

    assert lines.splitlines()[1].startswith("f12,yes,sub1:4711:9f2c1a,12,")
    missing = reverse("operations_gateway_endpoints", args=["nowhere"])
    assert operator.get(missing).status_code == 404


def test_an_empty_register_says_how_zones_come_about(operator: Client) -> None:
    assert (
        "No zone has devices yet" in operator.get(reverse("operations_gateways")).content.decode()
    )


def test_five_thousand_devices_take_as_many_questions_as_five(
    operator: Client, inverter: Device, now: datetime, django_assert_num_queries: MaxQueries
) -> None:
    few = fleet(inverter, 5, now, zone="harbour")
    url = reverse("operations_gateways")
    with django_assert_num_queries(8):
        operator.get(url)
    many = fleet(inverter, COUNT, now)
    scenes.serve(few[0], now)
    scenes.serve(many[0], now)

    with django_assert_num_queries(8):
        answer = operator.get(url)

    assert len(answer.content) < 150_000


def test_neighbours_of_one_state_are_one_stroke() -> None:
    paths, height = cell_paths(["up"] * 3 + ["open"] + ["up"] * 30)

    assert height == 7 * 2
    assert paths["up"].count("M") == 3
    assert paths["open"] == "M21 0h5v5h-5z"
    assert cell_paths([]) == ({}, 7)
