"""Many alarms of one cause are folded into one, and one that comes and goes is held still."""

from datetime import datetime, timedelta

import pytest

from devices.models import Alarm, Device
from devices.selectors import announced_alarms, members_of, search_alarms
from devices.selectors.alarms import AlarmFilter
from devices.services import acknowledge_alarm, shelve_alarm, unshelve_alarm
from devices.statuses import AlarmStatus
from interconnection.models import Feeder
from tests.devices.alarms.scenes import (
    NOW,
    after,
    all_served,
    hear_all,
    heard,
    look,
    look_on,
    make_meters,
    states,
)
from tests.factories import make_feeder

MANY = 12


@pytest.fixture
def feeder(db: None) -> Feeder:
    return make_feeder("F12")


def lose(devices: list[Device], at: datetime) -> None:
    """None of these has answered for a quarter of a minute; whoever else there is has."""
    others = list(Device.objects.exclude(pk__in=[device.pk for device in devices]))
    hear_all(others, at)
    hear_all(devices, at - timedelta(seconds=15))
    all_served(at)
    look(at)


def group() -> Alarm:
    return Alarm.objects.get(is_group=True)


def test_many_lost_on_one_feeder_are_one_alarm_and_none_is_dropped(feeder: Feeder) -> None:
    devices = make_meters(MANY)

    lose(devices, NOW)

    (shown,) = announced_alarms()
    assert shown.message == "Feeder F12: 12 devices lost"
    assert (shown.is_group, shown.member_count, shown.feeder) == (True, MANY, feeder)
    assert shown.priority == 2, "one more urgent than its members"
    assert {alarm.device_id for alarm in members_of(shown)} == {device.pk for device in devices}


def test_ten_are_no_flood(feeder: Feeder) -> None:
    lose(make_meters(10), NOW)

    assert len(announced_alarms()) == 10
    assert not Alarm.objects.filter(is_group=True).exists()


def test_lost_over_a_longer_time_they_stand_alone(feeder: Feeder) -> None:
    devices = make_meters(MANY)
    for number in range(MANY):
        lose(devices[: number + 1], after(10 * number))

    assert not Alarm.objects.filter(is_group=True).exists()


def test_devices_behind_one_gateway_are_one_alarm_of_that_gateway(feeder: Feeder) -> None:
    behind = make_meters(MANY, host="10.9.0.1")
    others = make_meters(3)

    lose([*behind, *others], NOW)

    messages = [alarm.message for alarm in announced_alarms()]
    assert "Gateway 10.9.0.1:502: 12 devices lost" in messages
    assert len(messages) == 4


def test_who_follows_joins_and_the_count_goes_along(feeder: Feeder) -> None:
    devices = make_meters(MANY + 3)
    lose(devices[:MANY], NOW)

    lose(devices, after(30))

    assert group().member_count == MANY + 3
    assert group().message == "Feeder F12: 15 devices lost"


def test_acknowledging_a_group_is_acknowledging_its_members(feeder: Feeder) -> None:
    lose(make_meters(MANY), NOW)

    acknowledge_alarm(alarm_id=group().pk, at=NOW, by="olga")

    assert set(Alarm.objects.values_list("status", "acknowledged_by")) == {
        (AlarmStatus.ACKNOWLEDGED, "olga")
    }


def test_more_in_a_group_that_was_seen_bring_it_back(feeder: Feeder) -> None:
    devices = make_meters(MANY + 1)
    lose(devices[:MANY], NOW)
    acknowledge_alarm(alarm_id=group().pk, at=NOW, by="olga")

    lose(devices, after(30))

    assert group().status == AlarmStatus.UNACKNOWLEDGED
    change = group().status_changes.order_by("-pk")[0]
    assert change.reason == "More joined it."
    lose(devices, after(60))
    assert group().status_changes.count() == 3, "and it does so once"


def test_a_group_comes_apart_when_it_ends_and_the_rest_stand_alone(feeder: Feeder) -> None:
    devices = make_meters(MANY)
    lose(devices, NOW)

    lose(devices[:5], after(120))

    assert group().status == AlarmStatus.RETURNED
    alone = [alarm for alarm in announced_alarms() if not alarm.is_group]
    assert {alarm.device_id for alarm in alone} == {device.pk for device in devices[:5]}
    assert all(alarm.status == AlarmStatus.UNACKNOWLEDGED for alarm in alone)

    acknowledge_alarm(alarm_id=group().pk, at=after(130), by="olga")
    assert states("lost_communication").count(AlarmStatus.CLEARED) == 1 + 7


def test_a_second_flood_is_the_same_group_again(feeder: Feeder) -> None:
    devices = make_meters(MANY)
    lose(devices, NOW)
    lose([], after(120))
    assert group().status == AlarmStatus.RETURNED

    lose(devices, after(240))

    assert group().status == AlarmStatus.UNACKNOWLEDGED
    assert group().member_count == MANY
    assert len(announced_alarms()) == 1


def test_a_shelved_group_keeps_its_members_aside_and_hides_no_later_ones(
    feeder: Feeder,
) -> None:
    devices = make_meters(MANY + 2)
    lose(devices[:MANY], NOW)
    shelve_alarm(
        alarm_id=group().pk, until=after(hours=2), reason="works on F12", at=NOW, by="olga"
    )
    assert not announced_alarms()

    lose(devices, after(30))
    assert {alarm.device_id for alarm in announced_alarms()} == {
        device.pk for device in devices[MANY:]
    }

    unshelve_alarm(alarm_id=group().pk, at=after(60), by="olga")
    assert states("lost_communication").count(AlarmStatus.UNACKNOWLEDGED) == MANY + 3


def test_a_shelved_group_that_ends_does_not_come_back(feeder: Feeder) -> None:
    lose(make_meters(MANY), NOW)
    shelve_alarm(
        alarm_id=group().pk, until=after(hours=2), reason="works on F12", at=NOW, by="olga"
    )
    lose([], after(30))

    lose([], after(hours=2, seconds=5))

    assert set(states("lost_communication")) == {AlarmStatus.CLEARED}


def test_any_kind_is_folded_by_its_feeder(feeder: Feeder) -> None:
    devices = make_meters(MANY)
    Device.objects.update(discovery={"models": [{"id": 203}]})
    hear_all(devices, NOW, alarm_bits=1 << 2)

    look(NOW)

    (shown,) = announced_alarms()
    assert shown.message == "Feeder F12: 12 times protection tripped"
    assert shown.priority == 1


def test_a_search_finds_what_is_folded(feeder: Feeder) -> None:
    devices = make_meters(MANY)
    lose(devices, NOW)

    found = search_alarms(AlarmFilter(text=devices[3].serial_number), NOW)

    assert [alarm.device_id for alarm in found] == [devices[3].pk]


# Chattering -------------------------------------------------------------------------------------
def test_an_alarm_that_comes_and_goes_is_marked_listed_and_held(inverter: Device) -> None:
    at = NOW
    for _ in range(3):
        at = look_on(inverter, 5, at=at, operating_state="fault")
        at = look_on(inverter, 5, at=at)

    alarm = Alarm.objects.get()
    assert alarm.chattering_since is not None
    assert list(search_alarms(AlarmFilter(show="chattering"), at)) == [alarm]
    assert alarm.status == AlarmStatus.UNACKNOWLEDGED, "damped: it does not return at once"

    moves = alarm.status_changes.count()
    for _ in range(5):
        at = look_on(inverter, 5, at=at, operating_state="fault")
        at = look_on(inverter, 5, at=at)
    assert alarm.status_changes.count() == moves, "and is still"


def test_a_chattering_alarm_returns_after_a_quiet_while(inverter: Device) -> None:
    at = NOW
    for _ in range(3):
        at = look_on(inverter, 5, at=at, operating_state="fault")
        at = look_on(inverter, 5, at=at)

    heard(inverter, at + timedelta(seconds=590))
    look(at + timedelta(seconds=590))
    assert states("device_fault") == [AlarmStatus.UNACKNOWLEDGED]
    heard(inverter, at + timedelta(seconds=605))
    look(at + timedelta(seconds=605))

    assert states("device_fault") == [AlarmStatus.RETURNED]


def test_chattering_is_of_the_place_whoever_acknowledges_in_between(inverter: Device) -> None:
    at = NOW
    for _ in range(3):
        at = look_on(inverter, 5, at=at, operating_state="fault")
        acknowledge_alarm(alarm_id=Alarm.objects.latest("pk").pk, at=at, by="olga")
        at = look_on(inverter, 5, at=at)

    assert Alarm.objects.count() == 3
    assert Alarm.objects.latest("pk").chattering_since is not None


def test_one_that_stands_calmly_is_no_longer_called_chattering(inverter: Device) -> None:
    at = NOW
    for _ in range(3):
        at = look_on(inverter, 5, at=at)
        at = look_on(inverter, 5, at=at, operating_state="fault")
    assert Alarm.objects.get().chattering_since is not None

    late = at + timedelta(seconds=700)
    heard(inverter, late, operating_state="fault")
    look(late)

    assert Alarm.objects.get().chattering_since is None
