"""Execute once, follow to verified, release, and say honestly what failed (DI-3)."""

from datetime import datetime, timedelta

import pytest

from customers.models import Notice
from derms.lib.errors import Refused
from devices.models import DeviceCommand
from devices.statuses import CommandStatus
from dispatch.models import DERGroupDispatch, Setpoint
from dispatch.services import (
    AlreadyExecuted,
    NothingToRelease,
    NotYourSelection,
    PlanChanged,
    SelectionExpired,
    execute_dispatch,
    release_dispatch,
    run_cycle,
)
from dispatch.statuses import DispatchStatus
from groups.models import DERGroup
from groups.services import request_dissolution
from interconnection.models import DER
from tests.dispatch.gateway import commands_of, confirm, fail, write

pytestmark = pytest.mark.django_db


def test_execution_writes_a_command_with_expiry_and_reversion_for_each_member(
    executing: DERGroupDispatch, at: datetime
) -> None:
    commands = commands_of(executing)

    assert executing.status == DispatchStatus.EXECUTING
    assert len(commands) == 6
    assert {command.status for command in commands} == {CommandStatus.QUEUED}
    assert {command.expires_at for command in commands} == {executing.ends_at}
    remaining_s = (executing.ends_at - at).total_seconds()
    assert all(0 < command.reversion_s <= remaining_s for command in commands)
    assert sum(command.value_w or 0 for command in commands) == 10_000


def test_customers_are_told_once_each(executing: DERGroupDispatch) -> None:
    notices = Notice.objects.filter(template="dispatch_started")

    assert notices.count() == 5
    assert "limit to 10.0" in notices[0].body


def test_second_press_returns_the_same_result(executing: DERGroupDispatch, at: datetime) -> None:
    again = execute_dispatch(
        dispatch=executing, token=executing.plan_sha256, at=at + timedelta(seconds=1), by="olga"
    )

    assert again.pk == executing.pk
    assert DeviceCommand.objects.count() == 6
    assert Setpoint.objects.count() == 6
    assert executing.status_changes.filter(new_status="executing").count() == 1


def test_execution_after_the_end_of_the_selection_is_refused(
    checked: DERGroupDispatch, at: datetime
) -> None:
    with pytest.raises(SelectionExpired, match="Selection expired"):
        execute_dispatch(
            dispatch=checked,
            token=checked.plan_sha256,
            at=at + timedelta(seconds=30),
            by="olga",
        )

    assert not DeviceCommand.objects.exists()


def test_lapsed_selection_cannot_be_executed(checked: DERGroupDispatch, at: datetime) -> None:
    run_cycle(at=at + timedelta(seconds=31))

    with pytest.raises(SelectionExpired):
        execute_dispatch(
            dispatch=checked, token=checked.plan_sha256, at=at + timedelta(seconds=32), by="olga"
        )


def test_other_operator_cannot_execute_it(checked: DERGroupDispatch, at: datetime) -> None:
    with pytest.raises(NotYourSelection):
        execute_dispatch(dispatch=checked, token=checked.plan_sha256, at=at, by="otto")


def test_wrong_token_is_refused(checked: DERGroupDispatch, at: datetime) -> None:
    with pytest.raises(PlanChanged):
        execute_dispatch(dispatch=checked, token="0" * 64, at=at, by="olga")


def test_tampered_plan_is_refused(checked: DERGroupDispatch, at: datetime) -> None:
    checked.plan["members"][0]["value_w"] = 99_999
    DERGroupDispatch.objects.filter(pk=checked.pk).update(plan=checked.plan)

    with pytest.raises(PlanChanged):
        execute_dispatch(dispatch=checked, token=checked.plan_sha256, at=at, by="olga")


def test_member_that_left_meanwhile_makes_the_plan_void(
    checked: DERGroupDispatch, group: DERGroup, rooftops: list[DER], at: datetime
) -> None:
    group.memberships.filter(der=rooftops[0]).update(active_to=at + timedelta(seconds=1))

    with pytest.raises(PlanChanged, match="members"):
        execute_dispatch(
            dispatch=checked, token=checked.plan_sha256, at=at + timedelta(seconds=2), by="olga"
        )


def test_executed_dispatch_under_another_token_is_a_conflict(
    executing: DERGroupDispatch, at: datetime
) -> None:
    with pytest.raises(AlreadyExecuted):
        execute_dispatch(dispatch=executing, token="0" * 64, at=at, by="olga")


def test_dispatch_is_active_when_every_command_is_verified(
    executing: DERGroupDispatch, at: datetime
) -> None:
    confirm(commands_of(executing), at)

    run_cycle(at=at + timedelta(seconds=1))

    executing.refresh_from_db()
    assert executing.status == DispatchStatus.ACTIVE
    change = executing.status_changes.get(new_status="active")
    assert (change.by, change.reason) == ("clock", "6 of 6 members confirmed.")


def test_stragglers_are_waited_for_and_then_named(
    executing: DERGroupDispatch, at: datetime
) -> None:
    confirm(commands_of(executing)[1:], at)

    run_cycle(at=at + timedelta(seconds=29))
    executing.refresh_from_db()
    assert executing.status == DispatchStatus.EXECUTING

    run_cycle(at=at + timedelta(seconds=30))
    executing.refresh_from_db()
    assert executing.status == DispatchStatus.ACTIVE
    reason = executing.status_changes.get(new_status="active").reason
    assert reason.startswith("5 of 6 members confirmed.")
    assert "waits for its gateway" in reason


def test_dispatch_that_nobody_took_has_failed(executing: DERGroupDispatch, at: datetime) -> None:
    fail(commands_of(executing), at, "The inverter is switched to local control.")

    run_cycle(at=at + timedelta(seconds=1))

    executing.refresh_from_db()
    assert executing.status == DispatchStatus.FAILED
    assert executing.ended_at is not None
    assert "local control" in executing.status_changes.get(new_status="failed").reason


def test_cycle_run_twice_changes_nothing_more(executing: DERGroupDispatch, at: datetime) -> None:
    confirm(commands_of(executing), at)
    later = at + timedelta(seconds=1)

    first = run_cycle(at=later)
    second = run_cycle(at=later)

    assert (first, second) == (1, 0)
    assert executing.status_changes.filter(new_status="active").count() == 1


def test_release_by_hand_asks_every_device_once(executing: DERGroupDispatch, at: datetime) -> None:
    confirm(commands_of(executing), at)
    run_cycle(at=at)
    later = at + timedelta(minutes=5)

    release_dispatch(dispatch=executing, at=later, by="otto", reason="Voltage is fine.")
    release_dispatch(dispatch=executing, at=later, by="otto")

    releases = commands_of(executing, release=True)
    assert len(releases) == 6
    assert all(command.is_release for command in releases)
    executing.refresh_from_db()
    assert executing.status == DispatchStatus.RELEASING


def test_release_at_the_end_happens_by_itself(executing: DERGroupDispatch, at: datetime) -> None:
    confirm(commands_of(executing), at)
    run_cycle(at=at)

    run_cycle(at=executing.ends_at)
    confirm(commands_of(executing, release=True), executing.ends_at)
    run_cycle(at=executing.ends_at + timedelta(seconds=1))

    executing.refresh_from_db()
    assert executing.status == DispatchStatus.RELEASED
    assert executing.status_changes.get(new_status="releasing").reason == "Its time is over."


def test_member_that_nothing_was_written_to_needs_no_release(
    executing: DERGroupDispatch, at: datetime
) -> None:
    first, *others = commands_of(executing)
    fail([first], at, "no such function")
    confirm(others, at)

    release_dispatch(dispatch=executing, at=at, by="olga")

    assert len(commands_of(executing, release=True)) == 5


def test_silent_device_counts_as_released_when_its_own_timer_has_run_out(
    executing: DERGroupDispatch, at: datetime
) -> None:
    first = commands_of(executing)[0]
    confirm(commands_of(executing), at)
    release_dispatch(dispatch=executing, at=at, by="olga")
    confirm(commands_of(executing, release=True)[1:], at)

    run_cycle(at=at + timedelta(seconds=first.reversion_s))
    executing.refresh_from_db()
    assert executing.status == DispatchStatus.RELEASING

    run_cycle(at=at + timedelta(seconds=first.reversion_s + 3))
    executing.refresh_from_db()
    assert executing.status == DispatchStatus.RELEASED
    reason = executing.status_changes.get(new_status="released").reason
    assert reason.startswith("1 of 6 were released by their own timer.")


def test_unanswered_write_is_released_too(executing: DERGroupDispatch, at: datetime) -> None:
    write(commands_of(executing), at)

    release_dispatch(dispatch=executing, at=at, by="olga")

    assert len(commands_of(executing, release=True)) == 6


def test_selection_has_nothing_to_release(checked: DERGroupDispatch, at: datetime) -> None:
    with pytest.raises(NothingToRelease):
        release_dispatch(dispatch=checked, at=at, by="olga")


def test_group_under_dispatch_cannot_be_dissolved(
    executing: DERGroupDispatch, group: DERGroup, at: datetime
) -> None:
    with pytest.raises(Refused, match="Release it first"):
        request_dissolution(group=group, reason="Over.", at=at, by="olga")


def test_group_that_somebody_selected_cannot_be_dissolved(
    checked: DERGroupDispatch, group: DERGroup, at: datetime
) -> None:
    with pytest.raises(Refused, match="selected by olga"):
        request_dissolution(group=group, reason="Over.", at=at, by="otto")
