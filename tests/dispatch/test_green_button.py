"""Green Button files by the rules of ESPI's schema (CS-10)."""

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest
from defusedxml.ElementTree import fromstring

from dispatch.statements import Energy
from dispatch.statements.green_button import Metered, green_button

NS = {"atom": "http://www.w3.org/2005/Atom", "espi": "http://naesb.org/espi"}
# The order of elements in the schema (espi.xsd); each may be left out unless it is required.
ORDER = {
    "UsagePoint": ("roleFlags", "ServiceCategory", "status", "ServiceDeliveryPoint"),
    "ServiceCategory": ("kind",),
    "LocalTimeParameters": ("dstEndRule", "dstOffset", "dstStartRule", "tzOffset"),
    "MeterReading": (),
    "ReadingType": (
        "accumulationBehaviour", "commodity", "consumptionTier", "currency", "dataQualifier",
        "defaultQuality", "flowDirection", "intervalLength", "kind", "phase",
        "powerOfTenMultiplier", "timeAttribute", "tou", "uom", "cpp", "interharmonic",
        "measuringPeriod", "argument",
    ),
    "IntervalBlock": ("interval", "IntervalReading"),
    "interval": ("duration", "start"),
    "IntervalReading": ("cost", "ReadingQuality", "timePeriod", "value"),
    "ReadingQuality": ("quality",),
    "timePeriod": ("duration", "start"),
}  # fmt: skip
REPEATED = {"IntervalReading", "ReadingQuality"}
ENTRY = ("id", "link", "title", "content", "published", "updated")


def feed(*energy: Energy, zone: str = "America/New_York") -> ET.Element:
    metered = Metered(
        key="M-2026-0001",
        title="12 Mill Lane, <June> & more",
        phases="AB",
        begins_at=energy[0].begins_at,
        updated_at=datetime(2026, 7, 3, 8, tzinfo=UTC),
        zone=ZoneInfo(zone),
        energy=energy,
    )
    root: ET.Element = fromstring(green_button(metered))
    return root


def local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def at(hour: int, minute: int = 0, day: int = 15) -> datetime:
    return datetime(2026, 6, day, hour, minute, tzinfo=UTC)


QUARTER = timedelta(minutes=15)
TWO = (
    Energy(at(12), at(12) + QUARTER, 250.4, 10.0, 900.0),
    Energy(at(12, 15), at(12, 15) + QUARTER, 251.0, 0.0, 900.0),
)


def test_every_element_stands_in_the_order_of_the_schema() -> None:
    root = feed(*TWO)

    for element in root.iter("{http://naesb.org/espi}*"):
        name = local(element)
        children = [local(child) for child in element]
        if name in ORDER:
            places = [ORDER[name].index(child) for child in children]
            assert places == sorted(places), name
            single = [child for child in children if child not in REPEATED]
            assert len(single) == len(set(single)), name
        else:
            assert not children, f"{name} is of a simple type"


def test_entries_follow_atom_and_find_each_other() -> None:
    root = feed(*TWO)
    entries = root.findall("atom:entry", NS)
    selves = {one.attrib["href"] for one in root.iterfind(".//atom:link[@rel='self']", NS)}

    for entry in entries:
        names = [local(child) for child in entry]
        assert [ENTRY.index(name) for name in names] == sorted(ENTRY.index(name) for name in names)
        assert entry.findtext("atom:id", "", NS).startswith("urn:uuid:")
    assert len({entry.findtext("atom:id", None, NS) for entry in entries}) == len(entries)
    related = {one.attrib["href"] for one in root.iterfind(".//atom:link[@rel='related']", NS)}
    lists = {href.rpartition("/")[0] for href in selves}
    assert related <= selves | lists


def test_taken_and_fed_in_are_two_meter_readings_in_watt_hours() -> None:
    root = feed(*TWO)
    kinds = root.findall(".//espi:ReadingType", NS)
    values = [value.text for value in root.iterfind(".//espi:IntervalReading/espi:value", NS)]

    assert [kind.findtext("espi:flowDirection", None, NS) for kind in kinds] == ["1", "19"]
    assert {kind.findtext("espi:uom", None, NS) for kind in kinds} == {"72"}
    assert values == ["10", "0", "250", "251"]
    starts = root.findall(".//espi:timePeriod/espi:start", NS)
    assert int(starts[0].text or 0) == int(at(12).timestamp())


def test_a_silence_is_a_reading_of_its_own_length_marked_as_derived() -> None:
    silence = Energy(at(13), at(17), 4_000.0, None, 0.0)
    root = feed(*TWO, silence)

    (derived,) = root.findall(".//espi:IntervalReading[espi:ReadingQuality]", NS)
    assert derived.findtext("espi:ReadingQuality/espi:quality", None, NS) == "11"
    assert derived.findtext("espi:timePeriod/espi:duration", None, NS) == str(4 * 3600)


@pytest.mark.parametrize(
    ("zone", "begins", "ends", "offset"),
    [
        ("America/New_York", "360E2000", "B40E2000", "-18000"),  # the codes of published files
        ("Europe/Berlin", "3E0E2000", "AE0E3000", "3600"),  # last Sundays, 2:00 and 3:00
        ("Asia/Tokyo", "FFFFFFFF", "FFFFFFFF", "32400"),
    ],
)
def test_summer_time_is_written_as_a_rule(zone: str, begins: str, ends: str, offset: str) -> None:
    (times,) = feed(*TWO, zone=zone).findall(".//espi:LocalTimeParameters", NS)

    assert times.findtext("espi:dstStartRule", None, NS) == begins
    assert times.findtext("espi:dstEndRule", None, NS) == ends
    assert times.findtext("espi:tzOffset", None, NS) == offset


def test_the_same_statement_gives_the_same_bytes() -> None:
    assert ET.tostring(feed(*TWO)) == ET.tostring(feed(*TWO))
