"""Two operators, two presses, two clocks at the same moment: one effect (DI-3)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from django.db import connection

from derms.lib.errors import DermsError
from devices.models import DeviceCommand
from dispatch.models import DERGroupDispatch, DispatchStatusChange
from dispatch.services import GroupHeld, execute_dispatch, run_cycle, select_dispatch
from dispatch.statuses import DispatchStatus
from groups.models import DERGroup
from tests.dispatch.gateway import commands_of, confirm, wish

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*deeds: Callable[[], object]) -> list[object]:
    """What each gave, or the refusal it raised; all begin at the same moment."""
    start = Barrier(len(deeds))

    def do(deed: Callable[[], object]) -> object:
        try:
            start.wait(timeout=10)
            return deed()
        except DermsError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(do, deeds))


def test_of_two_operators_one_gets_the_group_and_the_other_is_told(
    group: DERGroup, at: datetime
) -> None:
    results = at_once(
        lambda: select_dispatch(group=group, wish=wish(at), at=at, by="olga"),
        lambda: select_dispatch(group=group, wish=wish(at), at=at, by="otto"),
    )

    won = [one for one in results if isinstance(one, DERGroupDispatch)]
    lost = [one for one in results if isinstance(one, GroupHeld)]
    assert (len(won), len(lost)) == (1, 1)
    assert won[0].selected_by in lost[0].message
    assert DERGroupDispatch.objects.count() == 1


def test_two_presses_of_execute_send_one_set_of_commands(
    checked: DERGroupDispatch, at: datetime
) -> None:
    def press() -> object:
        return execute_dispatch(dispatch=checked, token=checked.plan_sha256, at=at, by="olga")

    results = at_once(press, press, press, press)

    assert [type(one).__name__ for one in results] == ["DERGroupDispatch"] * 4
    assert DeviceCommand.objects.count() == 6
    changes = DispatchStatusChange.objects.filter(new_status=DispatchStatus.EXECUTING)
    assert changes.count() == 1


def test_two_clocks_move_a_dispatch_once(executing: DERGroupDispatch, at: datetime) -> None:
    confirm(commands_of(executing), at)
    later = at + timedelta(seconds=1)

    at_once(*[lambda: run_cycle(at=later)] * 4)

    assert executing.status_changes.filter(new_status=DispatchStatus.ACTIVE).count() == 1


def test_execution_and_the_end_of_the_selection_exclude_each_other(
    checked: DERGroupDispatch, at: datetime
) -> None:
    last = checked.selection_expires_at - timedelta(milliseconds=1)

    at_once(
        lambda: execute_dispatch(dispatch=checked, token=checked.plan_sha256, at=last, by="olga"),
        lambda: run_cycle(at=checked.selection_expires_at),
    )

    checked.refresh_from_db()
    expected = {DispatchStatus.EXECUTING: 6, DispatchStatus.LAPSED: 0}
    assert DeviceCommand.objects.count() == expected[DispatchStatus(checked.status)]
