"""How finely a span of the past can be told, and how far it has been worked out (DV-4)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from devices.models import HistoryProgress, Resolution

Part = HistoryProgress.Part
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
LENGTHS = {
    Resolution.MINUTE: timedelta(minutes=1),
    Resolution.QUARTER_HOUR: timedelta(minutes=15),
}
# What a picture of this width can still show.
LONGEST = {
    Resolution.RAW: timedelta(hours=2),
    Resolution.MINUTE: timedelta(days=2),
    Resolution.QUARTER_HOUR: timedelta(days=62),
}
TABLES = {
    Resolution.MINUTE: "devices_rollup_minute",
    Resolution.QUARTER_HOUR: "devices_rollup_quarter_hour",
    Resolution.DAY: "devices_rollup_day",
}
_PARTS = {
    Resolution.MINUTE: Part.MINUTE,
    Resolution.QUARTER_HOUR: Part.QUARTER_HOUR,
    Resolution.DAY: Part.DAY,
}


@dataclass(frozen=True, slots=True)
class Reach:
    """Up to where each resolution is complete, and what has been dropped of the finer ones."""

    complete_until: dict[Resolution, datetime | None]  # not of single readings
    strips_until: datetime | None
    raw_from: datetime | None
    zone: ZoneInfo

    def kept_from(self, resolution: Resolution) -> datetime | None:
        if resolution is Resolution.RAW:
            return self.raw_from
        newest = self.complete_until[Resolution.MINUTE]
        if resolution is Resolution.MINUTE and newest is not None:
            return newest - timedelta(weeks=settings.MINUTES_KEEP_WEEKS)
        return None


def reach() -> Reach:
    rows = HistoryProgress.objects.in_bulk()
    until = {part: row.done_until for part, row in rows.items()}
    zone = rows[Part.DAY].zone if Part.DAY in rows else ""
    return Reach(
        complete_until={resolution: until.get(part) for resolution, part in _PARTS.items()},
        strips_until=until.get(Part.STRIP),
        raw_from=until.get(Part.RAW_DROPPED),
        zone=ZoneInfo(zone or settings.TIME_ZONE),
    )


def complete_until() -> datetime | None:
    """Up to where every device's energy has been added up; later only what came late changes."""
    return reach().complete_until[Resolution.DAY]


def resolution_for(begins_at: datetime, ends_at: datetime, known: Reach) -> Resolution:
    """The finest that a picture can show and that is still kept over all of the span."""
    for resolution, longest in LONGEST.items():
        kept_from = known.kept_from(resolution)
        if ends_at - begins_at <= longest and (kept_from is None or begins_at >= kept_from):
            return resolution
    return Resolution.DAY


def intervals(
    resolution: Resolution, begins_at: datetime, ends_at: datetime, zone: ZoneInfo
) -> Iterator[tuple[datetime, datetime]]:
    """Beginning and end of each interval that overlaps the span, whether anything is known."""
    length = LENGTHS.get(resolution)
    at = begins_at.astimezone(UTC) - (begins_at - EPOCH) % length if length else begins_at
    while at < ends_at:
        if length:
            begin, end = at, at + length
        else:
            begin, end = _day(at, zone)
        yield begin, end
        at = end


def _day(at: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    day = at.astimezone(zone).date()
    midnights = (
        datetime.combine(one, time(), tzinfo=zone).astimezone(UTC)
        for one in (day, day + timedelta(days=1))
    )
    begin, end = midnights
    return begin, end
