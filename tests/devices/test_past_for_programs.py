"""A device's past over REST and as a file: as finely as asked, gaps and all (DV-4, IX-2)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from customers.models import Customer
from derms.accounts.models import ExportRecord, User
from derms.accounts.roles import Role
from devices.models import Device, HistoryProgress
from devices.services import ReadingRow, import_readings
from devices.services.rolling import roll_up_until
from tests.factories import make_customer, make_person

T0 = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_history")]


def at(minutes: float) -> str:
    return (T0 + timedelta(minutes=minutes)).isoformat()


@pytest.fixture
def told(inverter: Device, empty_history: None) -> Device:
    """An hour each 5 s, silent from the 20th to the 40th minute; rolled up."""
    import_readings(
        ReadingRow(
            device_id=inverter.pk,
            measured_at=T0 + timedelta(seconds=second),
            received_at=T0 + timedelta(seconds=second),
            active_power_w=1000.0,
            energy_injected_wh=second / 3.6,
        )
        for second in range(0, 3605, 5)
        if not 1200 < second < 2400
    )
    assert roll_up_until(T0 + timedelta(hours=1))
    return inverter


@pytest.fixture
def operator() -> Client:
    return signed_in(make_person("olga", Role.OPERATOR))


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def url(device: Device) -> str:
    return reverse("api_device_readings", args=[device.pk])


def test_minutes_come_with_their_gap(operator: Client, told: Device) -> None:
    answer = operator.get(url(told), {"from": at(15), "to": at(45), "resolution": "minute"}).json()

    assert answer["resolution"] == "minute"
    assert len(answer["readings"]) == 30
    assert answer["readings"][0]["power_w"] == pytest.approx(1000)
    assert answer["readings"][0]["energy_injected_wh"] == pytest.approx(1000 / 60)
    assert answer["readings"][10]["power_w"] is None
    assert datetime.fromisoformat(answer["complete_until"]) == T0 + timedelta(hours=1)


@pytest.mark.parametrize(
    ("resolution", "minutes", "expected"),
    [("second", 5, 60), ("auto", 5, 60), ("quarter", 30, 2), ("day", 30, 0)],
)
def test_each_resolution_answers(
    operator: Client, told: Device, resolution: str, minutes: int, expected: int
) -> None:
    query = {"from": at(0), "to": at(minutes), "resolution": resolution}

    answer = operator.get(url(told), query).json()

    assert len(answer["readings"]) == expected


def test_a_file_has_every_interval_and_is_written_down(operator: Client, told: Device) -> None:
    answer = operator.get(
        url(told), {"from": at(0), "to": at(60), "resolution": "quarter", "format": "csv"}
    )
    lines = answer.getvalue().decode("utf-8-sig").splitlines()

    assert answer["Content-Type"].startswith("text/csv")
    assert lines[0].startswith("begins_at,ends_at,covered_s,reading_count")
    assert len(lines) == 1 + 4
    assert lines[1].startswith("2026-06-15T12:00:00+00:00,2026-06-15T12:15:00+00:00,900.0,180,")
    record = ExportRecord.objects.get()
    assert (record.list_name, record.by, record.rows) == ("device_readings", "olga", 4)
    assert f"device={told.pk}&" in record.query


def test_a_file_of_readings_is_asked_for_a_piece_at_a_time(operator: Client, told: Device) -> None:
    answer = operator.get(
        url(told),
        {"from": at(-60 * 24), "to": at(60), "resolution": "second", "format": "csv"},
    )

    lines = answer.getvalue().decode("utf-8-sig").splitlines()

    # The silence has a line of its own.
    assert len(lines) == 1 + 481 + 1
    assert [line.split(",")[3] for line in lines].count("0") == 1
    assert ExportRecord.objects.get().rows == 481


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "yesterday"}, "from"),
        ({"from": at(10), "to": at(0)}, "from"),
        ({"resolution": "hour"}, "resolution"),
        ({"format": "xml"}, "format"),
        ({"from": at(-60 * 24), "to": at(0), "resolution": "second"}, "from"),
        ({"from": at(-60 * 24 * 40), "to": at(0), "resolution": "second", "format": "csv"}, "from"),
        ({"from": at(-60 * 24 * 8), "to": at(0), "resolution": "minute"}, "from"),
        ({"from": "1990-01-01T00:00Z", "to": at(0)}, "from"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_words(
    operator: Client, inverter: Device, query: dict[str, str], field: str
) -> None:
    answer = operator.get(url(inverter), query)

    assert answer.status_code == 400
    assert field in answer.json().get("fields", answer.json())


def test_what_is_no_longer_kept_so_finely_is_refused(operator: Client, told: Device) -> None:
    HistoryProgress.objects.filter(part="raw_dropped").update(done_until=T0)

    answer = operator.get(url(told), {"from": at(-5), "to": at(5), "resolution": "second"})

    assert answer.status_code == 400
    assert "2026-06-15T12:00" in answer.json()["message"]
    assert operator.get(url(told), {"from": at(-5), "to": at(5)}).json()["resolution"] == "minute"


def test_customers_read_their_own_device_and_no_other(told: Device) -> None:
    ada, cem = make_person("ada", Role.CUSTOMER), make_person("cem", Role.CUSTOMER)
    Customer.objects.filter(pk=told.usage_point.customer_id).update(user=ada)
    make_customer(user=cem)
    owner, stranger = signed_in(ada), signed_in(cem)
    query = {"from": at(0), "to": at(5)}

    assert owner.get(url(told), query).status_code == 200
    refused = stranger.get(url(told), query)
    nobodys = stranger.get(reverse("api_device_readings", args=[told.pk + 1000]), query)
    assert refused.status_code == nobodys.status_code == 404
    assert refused.json()["message"] == f"There is no device {told.pk}."


def test_length_costs_no_more_questions(
    operator: Client, told: Device, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    query = {"from": at(0), "to": at(10), "resolution": "minute"}
    with django_assert_num_queries(7) as few:
        operator.get(url(told), query)
    with django_assert_num_queries(len(few)):
        operator.get(url(told), query | {"to": at(60)})


def test_it_is_described_for_programs() -> None:
    described = Client().get("/api/schema/").content.decode()

    assert "/api/v1/devices/{id}/readings/" in described
    assert "complete_until" in described
    assert "text/csv" in described


def test_the_device_page_hands_out_its_period(operator: Client, told: Device) -> None:
    """The period ends now, so nothing of that June is in it: a file with its header alone."""
    page = operator.get(reverse("operations_device_readings", args=[told.pk]), {"range": "1d"})
    each = operator.get(
        reverse("operations_device_readings", args=[told.pk]), {"range": "1h", "each": "reading"}
    )

    assert page["Content-Disposition"] == f'attachment; filename="device-{told.pk}-1min.csv"'
    assert each["Content-Disposition"] == f'attachment; filename="device-{told.pk}-raw.csv"'
    assert len(each.getvalue().decode().splitlines()) == 1
    assert ExportRecord.objects.count() == 2
    missing = reverse("operations_device_readings", args=[told.pk + 1000])
    assert operator.get(missing).status_code == 404
