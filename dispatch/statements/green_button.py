"""A period's energy as Green Button data: NAESB REQ.21 (ESPI) in an Atom feed (CS-10).

Interval data in Wh, one meter reading for each direction, an interval block for each day. Ids are
made from the statement's, so the same statement gives the same bytes.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

from dispatch.statements.facts import Energy

ATOM, ESPI = "http://www.w3.org/2005/Atom", "http://naesb.org/espi"
NAMES = uuid.UUID("6d1c0c5e-3c9f-4f1e-9d41-5a1f6a0c8d11")
# Codes of ESPI's enumerations.
ELECTRICITY, ENERGY, WH, DELTA = "0", "12", "72", "4"
NO_TIME, NORMAL, VALIDATED, DERIVED = "0", "12", "17", "11"
SECONDARY_METERED = "1"
HOUR = timedelta(hours=1)
NO_RULE = "FFFFFFFF"  # the clocks do not change
DELIVERED, RECEIVED = "1", "19"
PHASES = {"A": "128", "B": "64", "C": "32", "AB": "132", "BC": "66", "AC": "40", "ABC": "224"}


@dataclass(frozen=True, slots=True)
class Metered:
    """What the file is about: title, the service point, and the meter's energy in order of time."""

    key: str
    title: str
    phases: str
    begins_at: datetime
    updated_at: datetime
    zone: ZoneInfo
    energy: Sequence[Energy]


def green_button(metered: Metered) -> bytes:
    """The feed; `delivered` is what the customer took, `received` what the customer fed in."""
    ET.register_namespace("", ATOM)
    ET.register_namespace("espi", ESPI)
    feed = ET.Element(f"{{{ATOM}}}feed")
    _text(feed, ATOM, "id", _urn(metered, "feed"))
    _text(feed, ATOM, "title", metered.title)
    _text(feed, ATOM, "updated", _moment(metered.updated_at))
    point = f"RetailCustomer/1/UsagePoint/{_id(metered, 'point')}"
    time = f"LocalTimeParameters/{_id(metered, 'time')}"
    usage = _entry(feed, metered, "point", point, "Service point", [f"{point}/MeterReading", time])
    service = ET.SubElement(_element(usage, "UsagePoint"), f"{{{ESPI}}}ServiceCategory")
    _text(service, ESPI, "kind", ELECTRICITY)
    _local_time(feed, metered, time)
    for direction, name, amounts in (
        (DELIVERED, "Taken from the grid", [one.absorbed_wh for one in metered.energy]),
        (RECEIVED, "Fed in", [one.injected_wh for one in metered.energy]),
    ):
        _meter_reading(feed, metered, point, direction, name, amounts)
    ET.indent(feed)
    found: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return found


def _local_time(feed: ET.Element, metered: Metered, link: str) -> None:
    """Offsets in seconds, and when the clocks change in the year of the data."""
    year = metered.begins_at.astimezone(metered.zone).year
    summer = _changes(metered.zone, year)
    offsets = [_offset_s(datetime(year, month, 1, tzinfo=metered.zone)) for month in range(1, 13)]
    entry = _entry(feed, metered, "time", link, "Local time", [])
    times = _element(entry, "LocalTimeParameters")
    for name, value in (
        ("dstEndRule", summer[1]),
        ("dstOffset", str(max(offsets) - min(offsets))),
        ("dstStartRule", summer[0]),
        ("tzOffset", str(min(offsets))),
    ):
        _text(times, ESPI, name, value)


def _meter_reading(
    feed: ET.Element,
    metered: Metered,
    point: str,
    direction: str,
    name: str,
    amounts: Iterable[float | None],
) -> None:
    kind = f"ReadingType/{_id(metered, 'type' + direction)}"
    reading = f"{point}/MeterReading/{_id(metered, 'reading' + direction)}"
    entry = _entry(
        feed, metered, f"reading{direction}", reading, name, [f"{reading}/IntervalBlock", kind]
    )
    _element(entry, "MeterReading")
    _reading_type(_entry(feed, metered, f"type{direction}", kind, name, []), metered, direction)
    pairs = [
        (one, amount)
        for one, amount in zip(metered.energy, amounts, strict=True)
        if amount is not None
    ]
    for day, of_day in groupby(pairs, key=lambda pair: _day(pair[0], metered.zone)):
        block = f"{reading}/IntervalBlock/{_id(metered, f'{day}{direction}')}"
        _block(_entry(feed, metered, f"{day}{direction}", block, str(day), []), list(of_day))


def _reading_type(entry: ET.Element, metered: Metered, direction: str) -> None:
    kind = _element(entry, "ReadingType")
    for name, value in (
        ("accumulationBehaviour", DELTA),
        ("commodity", SECONDARY_METERED),
        ("dataQualifier", NORMAL),
        ("defaultQuality", VALIDATED),
        ("flowDirection", direction),
        ("intervalLength", "900"),
        ("kind", ENERGY),
        ("phase", PHASES[metered.phases]),
        ("powerOfTenMultiplier", "0"),
        ("timeAttribute", NO_TIME),
        ("uom", WH),
    ):
        _text(kind, ESPI, name, value)


def _block(entry: ET.Element, of_day: Sequence[tuple[Energy, float]]) -> None:
    block = _element(entry, "IntervalBlock")
    first, last = of_day[0][0], of_day[-1][0]
    _span(ET.SubElement(block, f"{{{ESPI}}}interval"), first.begins_at, last.ends_at)
    for one, amount_wh in of_day:
        reading = ET.SubElement(block, f"{{{ESPI}}}IntervalReading")
        if not one.heard_s:  # a silence: its counters tell the sum and not its course
            quality = ET.SubElement(reading, f"{{{ESPI}}}ReadingQuality")
            _text(quality, ESPI, "quality", DERIVED)
        _span(ET.SubElement(reading, f"{{{ESPI}}}timePeriod"), one.begins_at, one.ends_at)
        _text(reading, ESPI, "value", str(round(amount_wh)))


def _day(one: Energy, zone: ZoneInfo) -> date:
    return one.begins_at.astimezone(zone).date()


def _changes(zone: ZoneInfo, year: int) -> tuple[str, str]:
    """The rules by which summer time begins and ends, as ESPI's DstRuleType writes them."""
    begins = ends = NO_RULE
    day = datetime(year, 1, 1, tzinfo=zone)
    while day.year == year:
        following = day + timedelta(days=1)
        before_s, after_s = _offset_s(day), _offset_s(following)
        if before_s != after_s:
            rule = _rule(_last_second(day, before_s))
            begins, ends = (rule, ends) if after_s > before_s else (begins, rule)
        day = following
    return begins, ends


def _last_second(day: datetime, offset_s: int) -> datetime:
    """When, by the clock before the change, the clock changes on this day."""
    zone = day.tzinfo
    low = day.astimezone(UTC)
    hour = next(n for n in range(26) if _offset_s((low + n * HOUR).astimezone(zone)) != offset_s)
    return day.replace(tzinfo=None) + hour * HOUR


def _rule(at: datetime) -> str:
    """Seconds, hour, day of week, day of month, which one, month: 12, 5, 3, 5, 3, 4 bits.

    A day in the last week of its month is the last of its kind, else the first to the fourth.
    """
    is_last = (at + timedelta(days=7)).month != at.month
    which = 7 if is_last else 2 + (at.day - 1) // 7
    bits = at.hour << 12 | at.isoweekday() << 17 | which << 25 | at.month << 28
    return f"{bits:08X}"


def _offset_s(at: datetime) -> int:
    return int((at.utcoffset() or timedelta(0)).total_seconds())


# Atom ---------------------------------------------------------------------------------------------
def _entry(
    feed: ET.Element, metered: Metered, key: str, link: str, title: str, related: Iterable[str]
) -> ET.Element:
    entry = ET.SubElement(feed, f"{{{ATOM}}}entry")
    _text(entry, ATOM, "id", _urn(metered, key))
    for relation, to in (
        ("self", link),
        ("up", link.rpartition("/")[0]),
        *(("related", other) for other in related),
    ):
        ET.SubElement(entry, f"{{{ATOM}}}link", rel=relation, href=to)
    _text(entry, ATOM, "title", title)
    ET.SubElement(entry, f"{{{ATOM}}}content", type="application/xml")
    _text(entry, ATOM, "published", _moment(metered.updated_at))
    _text(entry, ATOM, "updated", _moment(metered.updated_at))
    return entry


def _element(entry: ET.Element, name: str) -> ET.Element:
    return ET.SubElement(next(entry.iter(f"{{{ATOM}}}content")), f"{{{ESPI}}}{name}")


def _span(parent: ET.Element, begins_at: datetime, ends_at: datetime) -> None:
    _text(parent, ESPI, "duration", str(int((ends_at - begins_at).total_seconds())))
    _text(parent, ESPI, "start", str(int(begins_at.timestamp())))


def _text(parent: ET.Element, namespace: str, name: str, text: str) -> None:
    ET.SubElement(parent, f"{{{namespace}}}{name}").text = text


def _id(metered: Metered, key: str) -> str:
    return str(uuid.uuid5(NAMES, f"{metered.key}/{key}")).upper()


def _urn(metered: Metered, key: str) -> str:
    return f"urn:uuid:{_id(metered, key)}"


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
