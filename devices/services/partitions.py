"""Tables in parts by time: parts are made before they are needed and dropped as a whole (DV-4)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db import connection, transaction
from django.db.utils import OperationalError

# Dropping a part stops every writer of the table while it waits for its last reader.
LONGEST_WAIT = "1s"


@dataclass(frozen=True, slots=True)
class PartedTable:
    """A table whose parts are days or months, in UTC."""

    name: str
    is_monthly: bool
    # What has no part yet waits in a part of its own, and is moved when its own part is made.
    has_default: bool = False

    def begin_of(self, day: date) -> date:
        return day.replace(day=1) if self.is_monthly else day

    def end_of(self, day: date) -> date:
        """The first day behind the part that holds this day."""
        if not self.is_monthly:
            return day + timedelta(days=1)
        return (day.replace(day=1) + timedelta(days=32)).replace(day=1)

    def part(self, day: date) -> str:
        return f"{self.name}_{day:%Y%m}" if self.is_monthly else f"{self.name}_{day:%Y%m%d}"

    def begin_of_part(self, part: str) -> date:
        digits = part.removeprefix(f"{self.name}_")
        return date(int(digits[:4]), int(digits[4:6]), 1 if self.is_monthly else int(digits[6:8]))


READINGS = PartedTable("devices_reading", is_monthly=False, has_default=True)
MINUTES = PartedTable("devices_rollup_minute", is_monthly=False)
QUARTER_HOURS = PartedTable("devices_rollup_quarter_hour", is_monthly=True)
DAYS = PartedTable("devices_rollup_day", is_monthly=True)
STRIPS = PartedTable("devices_power_strip", is_monthly=True)


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


def parts(table: PartedTable) -> list[str]:
    """The names of the parts there are, oldest first; the default one is none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select relname from pg_inherits join pg_class on oid = inhrelid"
            " where inhparent = %s::regclass and relname ~ '_[0-9]+$' order by relname",
            [table.name],
        )
        return [row[0] for row in cursor.fetchall()]


def make_parts(table: PartedTable, days: Collection[date]) -> None:
    """Make the parts in which these days lie, where there are none; inside a transaction."""
    wanted = {table.begin_of(day) for day in days}
    there = set(parts(table))
    if all(table.part(day) in there for day in wanted):
        return
    with connection.cursor() as cursor:
        # One maker at a time; readers and writers of other parts go on.
        cursor.execute("select pg_advisory_xact_lock(hashtext(%s))", [table.name])
        there = set(parts(table))
        for day in sorted(wanted):
            if table.part(day) not in there:
                _make_part(table, day)


def drop_part(table: PartedTable, part: str) -> bool:
    """Drop one part, or leave it for the next time when somebody reads the table for long."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"set local lock_timeout = '{LONGEST_WAIT}'")
            cursor.execute(f"drop table {quoted(part)}")
    except OperationalError:
        return False
    return True


def quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def _make_part(table: PartedTable, day: date) -> None:
    """Make one part and move into it what had to wait in the default one."""
    name = quoted(table.part(day))
    bounds = [f"{day}T00:00:00Z", f"{table.end_of(day)}T00:00:00Z"]
    with connection.cursor() as cursor:
        cursor.execute(f"create table {name} (like {quoted(table.name)} including all)")
        if table.has_default:
            waiting = quoted(f"{table.name}_default")
            cursor.execute(f"lock table {waiting} in access exclusive mode")
            cursor.execute(
                f"with moved as (delete from {waiting} "  # noqa: S608  our own names
                f"where measured_at >= %s and measured_at < %s returning *) insert into {name} "
                "select * from moved",
                bounds,
            )
        cursor.execute(
            f"alter table {quoted(table.name)} attach partition {name}"
            " for values from (%s) to (%s)",
            bounds,
        )
