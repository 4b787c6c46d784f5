"""Many commands moved in one statement: the same as `move()` on each, for thousands at a time."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from derms.lib.lifecycle import MoveNotAllowed
from devices.statuses import COMMAND_MOVES

# Compare-and-swap on the old status (and, for a gateway, on its hold of the row), one recorded
# change for each row moved, both or neither. Rows are locked in one order, so that two of these
# never wait for each other.
MOVE_COMMANDS = """
with wanted as (
    select * from jsonb_to_recordset(%s::jsonb) as w(
        id bigint, old text, new text, at timestamptz, by text, reason text, held_by text,
        held_fence bigint, leased_by text, leased_until timestamptz, fence bigint, attempts int,
        register_address int, registers_written int[], registers_read_back int[],
        sent_at timestamptz, verified_at timestamptz, ended_at timestamptz, fault text,
        reverts_in_device bool, found_before jsonb)
), held as (
    select c.id from devices_devicecommand c join wanted w using (id)
    where c.status = w.old
      and (w.held_by is null or (c.leased_by = w.held_by and c.fence = w.held_fence))
    order by c.id for update of c
), moved as (
    update devices_devicecommand c set
        status = w.new,
        leased_by = coalesce(w.leased_by, c.leased_by),
        leased_until = coalesce(w.leased_until, c.leased_until),
        fence = coalesce(w.fence, c.fence),
        attempts = coalesce(w.attempts, c.attempts),
        register_address = coalesce(w.register_address, c.register_address),
        registers_written = coalesce(w.registers_written, c.registers_written),
        registers_read_back = coalesce(w.registers_read_back, c.registers_read_back),
        sent_at = coalesce(w.sent_at, c.sent_at),
        verified_at = coalesce(w.verified_at, c.verified_at),
        ended_at = coalesce(w.ended_at, c.ended_at),
        fault = coalesce(w.fault, c.fault),
        reverts_in_device = coalesce(w.reverts_in_device, c.reverts_in_device),
        found_before = coalesce(w.found_before, c.found_before)
    from wanted w join held using (id)
    where c.id = w.id
    returning c.id
)
insert into devices_commandstatuschange (command_id, old_status, new_status, at, by, reason)
select w.id, w.old, w.new, w.at, w.by, w.reason from wanted w join moved using (id) order by w.id
returning command_id
"""


@dataclass(frozen=True, slots=True)
class CommandMove:
    """One move of one command; `facts` are columns written with it.

    `held_by` and `held_fence`, when given, must be those of the row: a gateway moves only what it
    holds.
    """

    id: int
    old: str
    new: str
    at: datetime
    by: str
    reason: str = ""
    held_by: str | None = None
    held_fence: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    def as_row(self) -> dict[str, Any]:
        """What the statement takes; raises MoveNotAllowed when the table has no such move."""
        if self.new not in COMMAND_MOVES[self.old]:
            raise MoveNotAllowed(f"Command {self.id} is {self.old} and cannot become {self.new}.")
        return {
            "id": self.id,
            "old": self.old,
            "new": self.new,
            "at": self.at.isoformat(),
            "by": self.by,
            "reason": _plain(self.reason),
            "held_by": self.held_by,
            "held_fence": self.held_fence,
        } | {name: _plain(value) for name, value in self.facts.items()}


def rows_of(moves: Iterable[CommandMove]) -> str:
    """The statement's one parameter."""
    return json.dumps([move.as_row() for move in moves])


def move_commands(moves: Iterable[CommandMove]) -> set[int]:
    """Move each command that is still as its move expects; returns the ids of those moved."""
    with connection.cursor() as cursor:
        cursor.execute(MOVE_COMMANDS, [rows_of(moves)])
        return {row[0] for row in cursor.fetchall()}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    # Words of a device may hold what PostgreSQL's text cannot.
    return value.replace("\0", "") if isinstance(value, str) else value
