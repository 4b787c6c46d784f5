"""Every point of a device, read anew because somebody asked: row, bell, page (DV-1)."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from derms.accounts.models import User
from derms.lib.errors import NotFound
from devices.models import Device, PointsReading
from devices.services import retire_device
from devices.services.points import KEPT, ask_for_points

POINTS = [
    {"model": 701, "title": "DER AC Measurement", "address": 40_070,
     "points": [["W", -4321.5, "W"], ["TmpSw", None, "C"], ["St", 1, ""], ["Mn", "Helios", ""]]},
]  # fmt: skip


@pytest.fixture
def at(db: None) -> datetime:
    return timezone.now()


@pytest.fixture
def operator(olga: User) -> Client:
    client = Client()
    client.force_login(olga)
    return client


def bring(reading: PointsReading, at: datetime, **values: object) -> None:
    facts: dict[str, object] = {"taken_at": at, "taken_by": "gw", "ended_at": at, "points": POINTS}
    PointsReading.objects.filter(pk=reading.pk).update(**facts | values)


def ask(device: Device, at: datetime) -> PointsReading:
    return ask_for_points(device_id=device.pk, at=at, by="olga")


def test_asking_twice_is_one_reading(inverter: Device, at: datetime) -> None:
    first = ask(inverter, at)
    second = ask(inverter, at + timedelta(seconds=30))

    assert first.pk == second.pk


def test_what_no_gateway_took_is_given_up_when_somebody_asks_again(
    inverter: Device, at: datetime
) -> None:
    first = ask(inverter, at)
    second = ask(inverter, at + timedelta(seconds=61))

    first.refresh_from_db()
    assert second.pk != first.pk
    assert first.fault == "No gateway took it within a minute."


def test_only_the_last_few_are_kept(inverter: Device, at: datetime) -> None:
    for number in range(KEPT + 3):
        bring(ask(inverter, at + timedelta(minutes=number)), at)

    assert PointsReading.objects.filter(device=inverter).count() == KEPT


def test_a_device_out_of_service_is_not_asked(inverter: Device, at: datetime) -> None:
    retire_device(device=inverter, at=at)

    with pytest.raises(NotFound):
        ask(inverter, at)


def test_the_page_shows_progress_then_the_points_with_units_and_as_a_file(
    operator: Client, inverter: Device, at: datetime
) -> None:
    url = reverse("operations_device_points", args=[inverter.pk])
    empty = operator.get(url).content.decode()

    asked = operator.post(
        reverse("operations_device_read_points", args=[inverter.pk]), follow=True
    ).content.decode()
    reading = PointsReading.objects.get()
    PointsReading.objects.update(taken_at=at)
    taken = operator.get(url).content.decode()
    bring(reading, at)
    brought = operator.get(url).content.decode()
    lines = operator.get(url, {"format": "csv"}).getvalue().decode("utf-8-sig")

    assert "It has not been read as a whole yet" in empty
    assert "the gateway has not taken it yet" in asked
    assert 'hx-trigger="every 1s"' in asked
    assert "The gateway is reading it" in taken
    assert "−4321.5 <small" in brought
    assert "not implemented" in brought
    assert 'hx-trigger="every 1s"' not in brought
    assert lines.splitlines()[1] == "701,DER AC Measurement,W,-4321.5,W"


def test_a_failure_and_a_silent_gateway_are_told_in_words(
    operator: Client, inverter: Device, at: datetime
) -> None:
    url = reverse("operations_device_points", args=[inverter.pk])
    bring(ask(inverter, at), at, fault="no reply within 2 s", points=[])
    failed = operator.get(url).content.decode()

    late = ask(inverter, at)
    PointsReading.objects.filter(pk=late.pk).update(asked_at=at - timedelta(minutes=2))
    waiting = operator.get(url).content.decode()

    assert "It could not be read." in failed
    assert "no reply within 2 s" in failed
    assert "No gateway brought it within a minute" in waiting
    assert 'hx-trigger="every 1s"' not in waiting


def test_who_only_reads_cannot_have_it_read(inverter: Device, audrey: User, cleo: User) -> None:
    for person in (audrey, cleo):
        client = Client()
        client.force_login(person)

        assert (
            client.get(reverse("operations_device_points", args=[inverter.pk])).status_code == 200
        )
        deed = reverse("operations_device_read_points", args=[inverter.pk])
        assert client.post(deed).status_code == 403
    assert not PointsReading.objects.exists()


def test_a_strange_device_has_no_points(operator: Client, db: None) -> None:
    assert operator.get(reverse("operations_device_points", args=[0])).status_code == 404
    assert operator.post(reverse("operations_device_read_points", args=[0])).status_code == 404
