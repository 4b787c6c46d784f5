"""The pages of alarms: who sees and does what, by hand and in bulk, without any script (DV-5)."""

import csv
import io
import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from derms.accounts.models import User
from devices.models import Alarm, AlarmLimit, Device
from devices.services import ReadingRow, import_readings, record_alarm, shelve_alarm
from devices.statuses import AlarmStatus
from tests.devices.alarms.scenes import make_meters
from tests.factories import make_feeder

pytestmark = pytest.mark.usefixtures("empty_history")
LIST = "/operations/alarms/"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def operator(olga: User) -> Client:
    return signed_in(olga)


@pytest.fixture
def alarm(inverter: Device) -> Alarm:
    return record(inverter, "device_fault", "Fan stands")


def record(device: Device, kind: str, message: str, priority: int = 2) -> Alarm:
    raised = record_alarm(
        kind=kind, device=device, priority=priority, message=message, at=timezone.now()
    )
    assert raised is not None
    return raised


def text(client: Client, url: str, **query: str) -> str:
    answer = client.get(url, query)
    assert answer.status_code == 200
    return answer.content.decode()


# The list ---------------------------------------------------------------------------------------
def test_an_operator_acknowledges_from_the_list(operator: Client, alarm: Alarm) -> None:
    assert "Fan stands" in text(operator, LIST)

    answer = operator.post(
        reverse("operations_alarm_acknowledge", args=[alarm.pk]), {"next": f"{LIST}?show=history"}
    )

    alarm.refresh_from_db()
    assert answer["Location"].endswith("?show=history")
    assert (alarm.status, alarm.acknowledged_by) == (AlarmStatus.ACKNOWLEDGED, "olga")


def test_nobody_is_sent_to_another_site(operator: Client, alarm: Alarm) -> None:
    answer = operator.post(
        reverse("operations_alarm_acknowledge", args=[alarm.pk]), {"next": "https://evil.example"}
    )

    assert answer["Location"] == LIST


@pytest.mark.parametrize(
    "query",
    [
        {"show": "x", "priority": "99"},
        {"kind": "toaster", "feeder": "0"},
        {"feeder": "abc", "page": "x"},
        {"text": "\0"},
        {"show": "\0", "feeder": "9" * 40},
    ],
)
def test_odd_filters_filter_nothing(operator: Client, alarm: Alarm, query: dict[str, str]) -> None:
    assert "Fan stands" in text(operator, LIST, **query)


def test_filters_find_by_priority_kind_feeder_and_words(
    operator: Client, alarm: Alarm, inverter: Device
) -> None:
    feeder = make_feeder("F12")
    Alarm.objects.filter(pk=alarm.pk).update(feeder=feeder)
    other = record(inverter, "overload", "Too much", priority=3)
    elsewhere = make_feeder("F13")

    for query, is_found in (
        ({"priority": "2"}, True),
        ({"priority": "3"}, False),
        ({"kind": "device_fault"}, True),
        ({"kind": "overload"}, False),
        ({"feeder": str(feeder.pk)}, True),
        ({"feeder": str(elsewhere.pk)}, False),
        ({"text": inverter.serial_number}, True),
        ({"text": "fan f12"}, True),
        ({"text": "fan f13"}, False),
    ):
        found = text(operator, LIST, **query)
        assert ("Fan stands" in found) is is_found, query
    assert other.message in text(operator, LIST, show="history", priority="3")


def test_each_tab_shows_its_own_and_how_many(operator: Client, inverter: Device) -> None:
    now = timezone.now()
    shelved = record(inverter, "overload", "On the shelf")
    shelve_alarm(
        alarm_id=shelved.pk, until=now + timedelta(hours=1), reason="works", at=now, by="otto"
    )
    old = record(inverter, "charge_low", "Stands for long")
    Alarm.objects.filter(pk=old.pk).update(raised_at=now - timedelta(hours=25))
    noisy = record(inverter, "clock_off", "Comes and goes")
    Alarm.objects.filter(pk=noisy.pk).update(chattering_since=now)

    shown = {
        show: {one.message for one, _ in operator.get(LIST, {"show": show}).context["rows"]}
        for show in ("active", "shelved", "chattering", "standing", "history")
    }

    assert shown == {
        "active": {"Stands for long", "Comes and goes"},
        "shelved": {"On the shelf"},
        "chattering": {"Comes and goes"},
        "standing": {"Stands for long"},
        "history": {"On the shelf", "Stands for long", "Comes and goes"},
    }
    counts = {tab.name: tab.count for tab in operator.get(LIST).context["tabs"]}
    assert counts == {
        "active": 2, "shelved": 1, "chattering": 1, "standing": 1, "history": None,
    }  # fmt: skip
    page = text(operator, LIST, show="shelved")
    assert "by otto: works" in page


def test_a_group_is_one_row_with_its_count_and_opens_to_its_members(operator: Client) -> None:
    group = Alarm.objects.create(
        kind="lost_communication", cause="group", place="feeder 1", priority=2, is_group=True,
        message="Feeder F12: 37 devices lost", member_count=37, raised_at=timezone.now(),
        announced_at=timezone.now(),
    )  # fmt: skip
    for meter in make_meters(3):
        member = record(meter, "lost_communication", f"Silent {meter.serial_number}")
        Alarm.objects.filter(pk=member.pk).update(group=group)

    listed = operator.get(LIST)
    opened = text(operator, reverse("operations_alarm", args=[group.pk]))

    assert [one for one, _ in listed.context["rows"]] == [group]
    assert "Lost communication × 37" in listed.content.decode()
    assert opened.count("Silent M-") >= 3


# Several at once --------------------------------------------------------------------------------
def test_the_ticked_are_acknowledged_and_no_others(operator: Client, inverter: Device) -> None:
    one, two, three = (
        record(inverter, kind, kind) for kind in ("overload", "charge_low", "clock_off")
    )

    answer = operator.post(
        reverse("operations_alarms_acknowledge"),
        {"alarm": [one.pk, two.pk, "x", "9" * 30], "next": f"{LIST}?priority=2"},
        follow=True,
    )

    assert "2 alarms were acknowledged." in answer.content.decode()
    states = dict(Alarm.objects.values_list("pk", "status"))
    assert states[one.pk] == states[two.pk] == AlarmStatus.ACKNOWLEDGED
    assert states[three.pk] == AlarmStatus.UNACKNOWLEDGED


def test_nothing_ticked_is_said_and_does_nothing(operator: Client, alarm: Alarm) -> None:
    for name in ("acknowledge", "shelve", "unshelve"):
        answer = operator.post(reverse(f"operations_alarms_{name}"), follow=True)
        assert "No alarm was ticked" in answer.content.decode()

    alarm.refresh_from_db()
    assert alarm.status == AlarmStatus.UNACKNOWLEDGED


def test_shelving_asks_for_how_long_and_why_and_then_does_it(
    operator: Client, alarm: Alarm
) -> None:
    url = reverse("operations_alarms_shelve")
    asked = operator.post(url, {"alarm": alarm.pk})
    assert asked.status_code == 200
    assert "Shelve 1 alarm" in asked.content.decode()

    empty = operator.post(url, {"alarm": alarm.pk, "hours": "2", "reason": " "})
    assert empty.status_code == 422
    assert 'value="2" selected' in empty.content.decode(), "what was chosen stays"
    odd = operator.post(url, {"alarm": alarm.pk, "hours": "900", "reason": "works"})
    assert odd.status_code == 422
    alarm.refresh_from_db()
    assert alarm.status == AlarmStatus.UNACKNOWLEDGED

    operator.post(url, {"alarm": alarm.pk, "hours": "2", "reason": "fan ordered"})
    alarm.refresh_from_db()
    assert (alarm.status, alarm.shelved_reason) == (AlarmStatus.SHELVED, "fan ordered")

    operator.post(reverse("operations_alarms_unshelve"), {"alarm": alarm.pk})
    alarm.refresh_from_db()
    assert alarm.status == AlarmStatus.UNACKNOWLEDGED


def test_who_comes_second_is_told(operator: Client, otto: User, alarm: Alarm) -> None:
    signed_in(otto).post(reverse("operations_alarm_acknowledge", args=[alarm.pk]))

    answer = operator.post(
        reverse("operations_alarms_acknowledge"), {"alarm": alarm.pk}, follow=True
    )

    assert "somebody was first" in answer.content.decode()
    alarm.refresh_from_db()
    assert alarm.acknowledged_by == "otto"


# One alarm --------------------------------------------------------------------------------------
def test_an_alarm_says_what_where_what_to_do_and_what_happened(
    operator: Client, alarm: Alarm, inverter: Device
) -> None:
    operator.post(reverse("operations_alarm_acknowledge", args=[alarm.pk]))

    page = text(operator, reverse("operations_alarm", args=[alarm.pk]))

    for said in (
        "Fan stands",
        "What to do",
        "order a visit when it has stopped",
        "Acknowledged",
        "olga",
        reverse("operations_device", args=[inverter.pk]),
        "Put aside for a while",
    ):
        assert said in page


def test_its_trend_shows_the_quantity_it_is_about_with_its_limit(
    operator: Client, inverter: Device
) -> None:
    alarm = record(inverter, "voltage_high", "Too high")
    Alarm.objects.filter(pk=alarm.pk).update(limit=105.8)
    at = timezone.now() - timedelta(minutes=1)
    row = ReadingRow(device_id=inverter.pk, measured_at=at, received_at=at, voltage_v=128.0)
    import_readings([row])

    trend = operator.get(reverse("operations_alarm_trend", args=[alarm.pk])).json()

    assert trend["unit"] == "V"
    assert trend["series"][0]["values"] == [128.0]
    assert trend["series"][1]["values"] == [pytest.approx(126.96)]


def test_an_alarm_that_is_not_there_is_not_found(operator: Client) -> None:
    for name in ("operations_alarm", "operations_alarm_trend"):
        assert operator.get(reverse(name, args=[0])).status_code == 404
    assert operator.post(reverse("operations_alarm_acknowledge", args=[0])).status_code == 404


# Who may what -----------------------------------------------------------------------------------
def test_engineers_auditors_and_customer_service_read_and_do_not_act(
    enzo: User, audrey: User, cleo: User, alarm: Alarm
) -> None:
    for reader in (enzo, audrey, cleo):
        client = signed_in(reader)
        listed = text(client, LIST)
        opened = text(client, reverse("operations_alarm", args=[alarm.pk]))
        assert "Fan stands" in listed
        assert '<form method="post"' not in opened.partition("<main")[2]
        assert 'type="checkbox" name="alarm"' not in listed
        for name in ("acknowledge", "shelve", "unshelve"):
            answer = client.post(reverse(f"operations_alarms_{name}"), {"alarm": alarm.pk})
            assert answer.status_code == 403


def test_operator_and_engineer_read_what_may_be_told_to_the_owner(
    operator: Client, enzo: User, inverter: Device
) -> None:
    alarm = record(inverter, "lost_communication", "No answer")
    url = reverse("operations_alarm", args=[alarm.pk])

    for client in (operator, signed_in(enzo)):
        page = text(client, url)
        assert "In plain words" in page
        assert "does not answer us" in page
        assert "It goes on working by itself." in page
    Alarm.objects.filter(pk=alarm.pk).update(returned_at=alarm.raised_at)

    assert "It was over at" in text(operator, url)


def test_a_customer_sees_nothing_of_it(cem: User, alarm: Alarm) -> None:
    client = signed_in(cem)

    for url in (
        LIST,
        reverse("operations_alarm", args=[alarm.pk]),
        reverse("operations_alarms_export"),
        reverse("operations_alarm_performance"),
        reverse("alarm_limits"),
    ):
        assert client.get(url).status_code == 403


# Export -----------------------------------------------------------------------------------------
def test_the_export_holds_the_list_as_filtered(operator: Client, inverter: Device) -> None:
    record(inverter, "overload", "=cmd|calc", priority=3)
    record(inverter, "charge_low", "Low", priority=4)

    answer = operator.get(reverse("operations_alarms_export"), {"priority": "3"})

    content = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]  # a streaming response
    rows = list(csv.DictReader(io.StringIO(content)))
    assert answer["Content-Disposition"] == 'attachment; filename="alarms-active.csv"'
    assert [(row["message"], row["priority"]) for row in rows] == [("'=cmd|calc", "3")]
    assert rows[0]["serial number"] == inverter.serial_number


# Performance and limits -------------------------------------------------------------------------
def test_the_header_counts_what_is_announced(operator: Client, alarm: Alarm) -> None:
    context = operator.get(reverse("operations_alarm_counts")).context

    assert [(one.level, one.count) for one in context["counts"]] == [(1, 0), (2, 1), (3, 0), (4, 0)]


def test_performance_compares_with_the_guide_and_names_who_cries_most(
    operator: Client, inverter: Device
) -> None:
    for meter in make_meters(7):
        record(meter, "overload", "x", priority=3)
    record(inverter, "device_fault", "Fan stands")

    context = operator.get(reverse("operations_alarm_performance")).context

    assert context["rates"].per_hour == pytest.approx(8 / 24)
    assert context["rates"].peak_per_10_min == 8
    assert context["verdict"].words == "very likely acceptable"
    assert len(context["frequent"]) == 8
    assert text(operator, reverse("operations_alarm_performance"), span="7d")
    assert text(operator, reverse("operations_alarm_performance"), span="odd")


def test_an_engineer_decides_a_limit_and_an_operator_reads_it(enzo: User, operator: Client) -> None:
    engineer = signed_in(enzo)
    url = reverse("alarm_limit_decide")
    asked = text(engineer, url, kind="voltage_high", feeder="x", device_kind="y")
    assert 'value="105.8"' in asked
    given = {
        "kind": "voltage_high", "limit": "106.5", "dead_band": "0.5", "delay_on_s": "30",
        "delay_off_s": "30", "priority": "2", "is_enabled": "on", "reason": "study 12",
    }  # fmt: skip

    wrong = engineer.post(url, given | {"limit": "400"})
    assert wrong.status_code == 422
    assert "lies between 100 and 150" in wrong.content.decode()
    assert engineer.post(url, given | {"delay_on_s": "-1"}).status_code == 422
    assert not AlarmLimit.objects.exists()
    assert engineer.post(url, given)["Location"] == reverse("alarm_limits")

    row = AlarmLimit.objects.get()
    assert (row.limit, row.changed_by, row.scope) == (106.5, "enzo", "the whole fleet")
    page = text(operator, reverse("alarm_limits"))
    assert "study 12" in page
    assert "Decide a limit" not in page
    assert operator.get(url).status_code == 403


def test_a_limit_is_removed_with_a_reason(enzo: User) -> None:
    engineer = signed_in(enzo)
    given = {
        "kind": "charge_low", "limit": "10", "dead_band": "1", "delay_on_s": "0",
        "delay_off_s": "0", "priority": "4", "reason": "trial",
    }  # fmt: skip
    engineer.post(reverse("alarm_limit_decide"), given)
    url = reverse("alarm_limit_remove", args=[AlarmLimit.objects.get().pk])

    assert text(engineer, url)
    assert engineer.post(url, {"reason": ""}).status_code == 422
    engineer.post(url, {"reason": "trial is over"})

    assert not AlarmLimit.objects.exists()
    assert "trial is over" in text(engineer, reverse("alarm_limits"))
    assert engineer.get(url).status_code == 404


def test_the_back_office_keeps_the_same_rules(adam: User) -> None:
    admin = signed_in(adam)
    url = reverse("admin:devices_alarmlimit_add")
    given = {
        "kind": "charge_low", "limit": "120", "dead_band": "1", "delay_on_s": "0",
        "delay_off_s": "0", "priority": "4", "reason": "trial", "is_enabled": "on",
    }  # fmt: skip

    assert "lies between" in admin.post(url, given).content.decode()
    assert admin.post(url, given | {"limit": "10"}).status_code == 302

    row = AlarmLimit.objects.get()
    assert row.changed_by == "adam"
    change = reverse("admin:devices_alarmlimit_change", args=[row.pk])
    assert admin.post(change, given | {"limit": "11"}).status_code == 302
    row.refresh_from_db()
    assert row.limit == 11
    for name in ("alarm", "alarmmail", "alarmlimit"):
        assert text(admin, reverse(f"admin:devices_{name}_changelist"))


# Programs ---------------------------------------------------------------------------------------
def test_programs_list_read_acknowledge_and_shelve(operator: Client, alarm: Alarm) -> None:
    listed = operator.get(
        reverse("api_alarms"), {"status__in": "unacknowledged,returned", "group__isnull": "true"}
    ).json()
    assert [row["id"] for row in listed["results"]] == [alarm.pk]
    until = (timezone.now() + timedelta(hours=1)).isoformat()

    shelved = operator.post(
        reverse("api_alarm_shelve", args=[alarm.pk]),
        json.dumps({"until": until, "reason": "works"}),
        content_type="application/json",
    ).json()
    assert (shelved["status"], shelved["shelved_by"]) == ("shelved", "olga")
    back = operator.post(reverse("api_alarm_unshelve", args=[alarm.pk])).json()
    assert back["status"] == "unacknowledged"
    seen = operator.post(reverse("api_alarm_seen", args=[alarm.pk])).json()
    assert seen["status"] == "acknowledged"

    told = operator.get(reverse("api_alarm", args=[alarm.pk])).json()["timeline"]
    assert [entry["what"] for entry in told][-1] == "Raised"
    assert len(told) == 4


def test_programs_are_refused_in_words(operator: Client, enzo: User, alarm: Alarm) -> None:
    url = reverse("api_alarm_shelve", args=[alarm.pk])
    engineer = signed_in(enzo)

    def shelve(client: Client, **given: str) -> tuple[int, dict[str, object]]:
        answer = client.post(url, json.dumps(given), content_type="application/json")
        return answer.status_code, answer.json()

    late = (timezone.now() + timedelta(hours=9)).isoformat()
    status, body = shelve(operator, until=late, reason="works")
    assert (status, body["code"]) == (400, "shelving_invalid")
    assert shelve(operator, until="soon", reason="works")[0] == 400
    assert shelve(operator, until=late)[0] == 400
    assert shelve(engineer, until=late, reason="works")[0] == 403
    for name in ("api_alarm_seen", "api_alarm_unshelve"):
        assert operator.post(reverse(name, args=[0])).status_code == 404
    assert engineer.post(reverse("api_alarm_seen", args=[alarm.pk])).status_code == 403
    assert engineer.get(reverse("api_alarms")).status_code == 200
