"""Limits with dead-band and delay, by the narrowest scope, decided by engineers."""

from dataclasses import replace
from typing import Any

import pytest

from derms.lib.errors import NotFound
from devices.alarming.limits import WATCHED, Limit, first_limits, problems
from devices.models import Alarm, AlarmLimit, AlarmSign, Device
from devices.selectors.alarm_limits import limit_at, limit_changes, limit_rows
from devices.services import remove_alarm_limit, set_alarm_limit
from devices.services.alarm_limits import AlarmLimitInvalid
from devices.statuses import AlarmStatus
from interconnection.models import Feeder
from tests.devices.alarms.scenes import (
    NOW,
    after,
    alarm_of,
    all_served,
    heard,
    look,
    look_on,
    states,
)
from tests.devices.conftest import make_devices
from tests.factories import make_feeder

FIRST = {limit.kind: limit for limit in first_limits(60.0)}
AT_ONCE = replace(FIRST["voltage_high"], delay_on_s=0, delay_off_s=0)


def decide(limit: Limit, feeder: Feeder | None = None, device_kind: str = "") -> AlarmLimit:
    return set_alarm_limit(
        limit=limit, feeder=feeder, device_kind=device_kind, reason="study 7", at=NOW, by="enzo"
    )


@pytest.mark.parametrize(
    ("kind", "values", "healthy"),
    [
        ("voltage_high", {"voltage_v": 127.1}, {"voltage_v": 126.3}),
        ("voltage_low", {"voltage_v": 109.9}, {"voltage_v": 110.7}),
        ("frequency_high", {"frequency_hz": 60.51}, {"frequency_hz": 60.39}),
        ("frequency_low", {"frequency_hz": 59.49}, {"frequency_hz": 59.61}),
        ("overload", {"active_power_w": 8500.0}, {"active_power_w": 8100.0}),
        (
            "overload",
            {"active_power_w": 6000.0, "reactive_power_var": 6000.0},
            {"active_power_w": 6000.0, "reactive_power_var": 5000.0},
        ),
        ("charge_low", {"state_of_charge_pct": 4.0}, {"state_of_charge_pct": 7.5}),
    ],
)
def test_beyond_its_limit_for_its_delay_it_is_raised_and_back_for_its_delay_it_returns(
    inverter: Device, kind: str, values: dict[str, float], healthy: dict[str, float]
) -> None:
    first = FIRST[kind]
    at = look_on(inverter, first.delay_on_s, at=NOW, **values)
    assert states(kind) == [], "not before its delay is over"

    at = look_on(inverter, 5, at=at, **values)
    alarm = alarm_of(kind)
    assert (alarm.status, alarm.priority) == (AlarmStatus.UNACKNOWLEDGED, first.priority)
    assert alarm.limit == first.limit

    at = look_on(inverter, first.delay_off_s, at=at, **healthy)
    assert states(kind) == [AlarmStatus.UNACKNOWLEDGED]
    look_on(inverter, 5, at=at, **healthy)
    assert states(kind) == [AlarmStatus.RETURNED]


def test_a_short_excursion_is_no_alarm(inverter: Device) -> None:
    at = look_on(inverter, 40, at=NOW, voltage_v=130.0)
    at = look_on(inverter, 5, at=at, voltage_v=120.0)
    at = look_on(inverter, 40, at=at, voltage_v=130.0)

    assert states("voltage_high") == []


def test_inside_the_dead_band_nothing_changes(inverter: Device) -> None:
    decide(AT_ONCE)
    in_band_v = 1.056 * 120
    at = look_on(inverter, 20, at=NOW, voltage_v=in_band_v)
    assert states("voltage_high") == [], "coming from below it is no alarm"

    at = look_on(inverter, 5, at=at, voltage_v=127.5)
    at = look_on(inverter, 60, at=at, voltage_v=in_band_v)
    assert states("voltage_high") == [AlarmStatus.UNACKNOWLEDGED], "coming from above it stays"

    look_on(inverter, 5, at=at, voltage_v=1.0529 * 120)
    assert states("voltage_high") == [AlarmStatus.RETURNED]


@pytest.mark.parametrize(
    "values",
    [
        {"quality": "bad", "voltage_v": 140.0},
        {"operating_state": "sleeping", "voltage_v": 3.0},
        {"voltage_v": float("nan")},
        {"voltage_v": float("inf")},
        {"active_power_w": 1e308, "reactive_power_var": 1e308},
        {"voltage_v": None},
    ],
)
def test_a_value_that_is_not_to_be_believed_raises_nothing(
    inverter: Device, values: dict[str, Any]
) -> None:
    decide(AT_ONCE)
    decide(replace(FIRST["voltage_low"], delay_on_s=0))
    decide(replace(FIRST["overload"], delay_on_s=0))

    look_on(inverter, 5, at=NOW, **values)

    assert not Alarm.objects.exists()


def test_a_device_that_falls_silent_keeps_its_limit_alarm(inverter: Device) -> None:
    decide(AT_ONCE)
    at = look_on(inverter, 5, at=NOW, voltage_v=130.0)

    all_served(after(60))
    look(after(60))

    assert at < after(60)
    assert states("voltage_high") == [AlarmStatus.UNACKNOWLEDGED]


def test_voltage_is_one_alarm_for_the_service_at_the_device_that_measures_worst(
    db: None,
) -> None:
    one, other = make_devices(2)
    decide(AT_ONCE)
    heard(one, voltage_v=127.5)
    heard(other, voltage_v=129.0)

    look(NOW)

    alarm = Alarm.objects.get()
    assert (alarm.place, alarm.device, alarm.value) == (
        f"service {one.usage_point_id}", other, 107.5,
    )  # fmt: skip
    assert alarm.message == "Voltage above 105.8 % of nominal: 107.5"


def test_the_narrowest_scope_holds(db: None) -> None:
    inverter, battery = make_devices(2)
    Device.objects.filter(pk=battery.pk).update(kind="battery")
    f12 = make_feeder("F12")
    elsewhere = make_feeder("F13")
    decide(replace(AT_ONCE, limit=106.0))
    decide(replace(AT_ONCE, limit=107.0), device_kind="inverter")
    decide(replace(AT_ONCE, limit=108.0), feeder=f12)
    decide(replace(AT_ONCE, limit=101.0), feeder=elsewhere)
    heard(inverter, voltage_v=1.075 * 120)
    heard(battery, voltage_v=1.075 * 120)
    look(NOW)
    assert not Alarm.objects.exists()

    decide(replace(AT_ONCE, limit=107.2), feeder=f12, device_kind="battery")
    look(after(5))

    assert Alarm.objects.get().device == battery


def test_a_limit_that_is_switched_off_lets_its_alarms_return(inverter: Device) -> None:
    decide(AT_ONCE)
    at = look_on(inverter, 5, at=NOW, voltage_v=130.0)

    decide(replace(AT_ONCE, is_enabled=False))
    look_on(inverter, 5, at=at, voltage_v=130.0)

    assert states("voltage_high") == [AlarmStatus.RETURNED]


def test_signs_are_forgotten_an_hour_after_their_alarm(inverter: Device) -> None:
    at = look_on(inverter, 5, at=NOW, voltage_v=130.0)
    look_on(inverter, 5, at=at, voltage_v=120.0)
    assert AlarmSign.objects.count() == 1

    heard(inverter, after(hours=2))
    look(after(hours=2))

    assert not AlarmSign.objects.exists()


# Deciding ---------------------------------------------------------------------------------------
def test_every_first_limit_can_be_decided_and_every_kind_has_one() -> None:
    assert set(FIRST) == set(WATCHED)
    assert [problems(limit) for limit in FIRST.values() if problems(limit)] == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"limit": 90.0}, "limit"),
        ({"limit": 151.0}, "limit"),
        ({"dead_band": -1.0}, "dead_band"),
        ({"dead_band": 106.0}, "dead_band"),
        ({"limit": float("nan")}, "limit"),
    ],
)
def test_a_limit_that_cannot_be_right_is_refused_in_words(
    db: None, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(AlarmLimitInvalid) as refused:
        decide(replace(AT_ONCE, **change))

    assert field in refused.value.fields
    assert not AlarmLimit.objects.exists()


def test_a_limit_without_a_reason_is_refused(db: None) -> None:
    with pytest.raises(AlarmLimitInvalid) as refused:
        set_alarm_limit(limit=AT_ONCE, feeder=None, device_kind="", reason=" ", at=NOW, by="enzo")

    assert "reason" in refused.value.fields


def test_deciding_again_replaces_and_the_history_keeps_all_of_it(db: None) -> None:
    row = decide(AT_ONCE)
    decide(replace(AT_ONCE, limit=107.0))
    assert AlarmLimit.objects.get().limit == 107.0

    remove_alarm_limit(limit_id=row.pk, reason="back to the first", at=after(60), by="otto")

    told = [(change.who, change.what.split(":")[0], change.reason) for change in limit_changes()]
    assert told == [
        ("otto", "Removed", "back to the first"),
        ("enzo", "Changed", "study 7"),
        ("enzo", "Decided", "study 7"),
    ]
    with pytest.raises(NotFound):
        remove_alarm_limit(limit_id=row.pk, reason="again", at=after(60), by="otto")


def test_the_list_shows_what_holds_with_the_first_limits_where_nobody_decided(db: None) -> None:
    f12 = make_feeder("F12")
    decide(replace(AT_ONCE, limit=107.0), feeder=f12)

    rows = [(row.limit.kind, row.scope, row.limit.limit) for row in limit_rows()]

    assert rows[:2] == [
        ("voltage_high", "the whole fleet, to begin with", 105.8),
        ("voltage_high", "F12", 107.0),
    ]
    assert len(rows) == len(WATCHED) + 1
    assert limit_at("voltage_high", f12, "battery").limit == 107.0
    assert limit_at("voltage_high", None, "battery").limit == 105.8
