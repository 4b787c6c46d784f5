"""What devices hold against what they should: found settings, and what became of them (DV-3).

Desired is the newest verified command in force for a function, else what was approved for it.
Everything that is asked or stored here is so for many devices at once.
"""

import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from devices.capabilities import (
    ControlRequest,
    ControlState,
    Function,
    Now,
    parameters_from,
)
from devices.gateway import statements
from devices.gateway.agreement import Clock, Desired, difference, held, is_as_read
from devices.gateway.batches import Batches
from devices.gateway.database import Database
from devices.gateway.ledger import MOST_REWRITES, Order
from devices.gateway.session import Unit
from devices.parameters import to_json
from devices.sunspec import SunSpecDevice

# One question for all devices read within this time.
TOGETHER_S = 0.25
Rewrite = Callable[[Unit, Order, str], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class InForce:
    """A verified command that holds its device now, and how often it was written again."""

    order: Order
    desired: Desired
    verified_at: datetime
    rewrites: int
    is_confirmed: bool


@dataclass(slots=True)
class Wanted:
    """All that one device should hold, by function.

    `unsettled` are functions with a command on its way or just over: nothing is said of them.
    `since` is, by function, since when which command (None: the approval) has been missed.
    """

    commands: dict[str, InForce] = field(default_factory=dict)
    approved: dict[str, Desired] = field(default_factory=dict)
    unsettled: set[str] = field(default_factory=set)
    since: dict[str, tuple[int | None, datetime]] = field(default_factory=dict)


class Drift:
    """Compares every slow reading, stores what was found, and has lost commands written again."""

    def __init__(
        self, database: Database, *, now: Now, is_mine: Callable[[], bool], clock: Clock,
        rewrite: Rewrite,
    ) -> None:  # fmt: skip
        self._database = database
        self._now = now
        self._is_mine = is_mine
        self._clock = clock
        self._rewrite = rewrite
        self._questions: Batches[int, Wanted] = Batches(self._ask, together_s=TOGETHER_S)
        self._answers: Batches[list[dict[str, Any]], None] = Batches(
            self._store, together_s=TOGETHER_S
        )

    def close(self) -> None:
        self._questions.cancel()
        self._answers.cancel()

    async def compare(
        self,
        unit: Unit,
        device: SunSpecDevice,
        states: tuple[ControlState, ...],
        begun_at: datetime,
        writes: int,
    ) -> Wanted:
        """Judge what a device was found to hold; `writes` is its count before it was read."""
        wanted = await self._questions.submit(unit.row.id)
        rows = []
        for state in states:
            function = state.function.value
            command = wanted.commands.get(function)
            is_newer = command is not None and command.verified_at >= begun_at
            if function in wanted.unsettled or is_newer or unit.writes != writes:
                continue
            row = await self._judge(unit, device, state, wanted)
            if row is not None:
                rows.append(row)
        if rows and self._is_mine():
            await self._answers.submit(rows)
        return wanted

    async def _judge(
        self, unit: Unit, device: SunSpecDevice, state: ControlState, wanted: Wanted
    ) -> dict[str, Any] | None:
        """The row to keep; None when the device was just made to hold what it should."""
        function, at = state.function.value, self._now()
        command = wanted.commands.get(function)
        desired = command.desired if command is not None else wanted.approved.get(function)
        row: dict[str, Any] = {
            "device_id": unit.row.id,
            "function": function,
            "read_at": at.isoformat(),
            "is_enabled": state.enabled,
            "value_w": state.value_w,
            "parameters": to_json(state.parameters),
            "registers": list(state.raw),
            "command_id": desired.command_id if desired is not None else None,
            "differs_since": None,
            "difference": "",
        }
        if desired is None or _agrees(device, desired, state):
            return row
        if command is not None and await self._is_written_again(unit, command, state):
            return None
        since = self._missed_since(wanted, function, desired, at)
        row["differs_since"] = since.isoformat()
        row["difference"] = difference(desired, state, since, self._clock)
        return row

    async def _is_written_again(self, unit: Unit, command: InForce, state: ControlState) -> bool:
        """A few times; then, and where the device takes no commands, the drift alarm has it."""
        if command.rewrites >= MOST_REWRITES or unit.health.is_local:
            return False
        if not await self._rewrite(unit, command.order, held(state)):
            return False
        unit.is_to_be_looked_at_soon = True
        return True

    def _missed_since(
        self, wanted: Wanted, function: str, desired: Desired, at: datetime
    ) -> datetime:
        known = wanted.since.get(function)
        return known[1] if known is not None and known[0] == desired.command_id else at

    # Statements --------------------------------------------------------------------------------
    async def _ask(self, devices: list[int]) -> list[Wanted]:
        facts = {"devices": devices, "at": self._now()}
        async with self._database.use() as connection:
            answers = [
                await (await connection.execute(question, facts)).fetchall()
                for question in (
                    statements.IN_FORCE, statements.UNSETTLED, statements.APPROVED,
                    statements.MISSED,
                )
            ]  # fmt: skip
        in_force, unsettled, approved, missed = answers
        wanted: dict[int, Wanted] = defaultdict(Wanted)
        for row in in_force:
            command = _in_force(row)
            if command is None:
                continue
            wanted[command.order.device_id].commands[command.order.function] = command
        for device_id, function in unsettled:
            wanted[device_id].unsettled.add(function)
        for device_id, function, is_enabled, value_w, parameters, *word in approved:
            setting = (function, is_enabled, value_w, parameters)
            desired = _desired(setting, tuple(word), None)
            if desired is not None:
                wanted[device_id].approved[function] = desired
        for device_id, function, command_id, since in missed:
            wanted[device_id].since[function] = (command_id, since)
        return [wanted[device_id] for device_id in devices]

    async def _store(self, found: list[list[dict[str, Any]]]) -> list[None]:
        rows = [row for rows in found for row in rows]
        async with self._database.use() as connection:
            await connection.execute(statements.KEEP_FOUND, [json.dumps(rows)])
        return [None] * len(found)


def _agrees(device: SunSpecDevice, desired: Desired, found: ControlState) -> bool:
    """As exactly as the device's registers can: what asking for it would write now is compared."""
    is_on = desired.is_enabled or desired.function is Function.CONNECT
    value_w = None if desired.value_w is None or not is_on else int(desired.value_w)
    request = ControlRequest(
        function=desired.function,
        value_w=value_w,
        parameters=desired.parameters if is_on else None,
        enable=is_on,
        reversion_s=0,
    )
    return is_as_read(desired, found) or not device.difference(request, found)


def _in_force(row: tuple[Any, ...]) -> InForce | None:
    *order_row, by, at, because, verified_at, rewrites, is_confirmed = row
    order = Order(*order_row)
    is_enabled = order.function != Function.CONNECT or order.value_w == 0
    setting = (order.function, is_enabled, order.value_w, order.parameters)
    desired = _desired(setting, (by, at, because), order.id)
    if desired is None:
        return None
    return InForce(order, desired, verified_at, rewrites, is_confirmed)


def _desired(
    setting: tuple[str, bool, float | None, Mapping[str, Any]],
    word: tuple[str, datetime, str],
    command_id: int | None,
) -> Desired | None:
    """None for what cannot be read: then nothing can be said."""
    function, is_enabled, value_w, parameters = setting
    try:
        kind = Function(function)
        given = parameters_from(kind, parameters)
    except ValueError:
        return None
    return Desired(kind, is_enabled, value_w, given, *word, command_id=command_id)
