"""A list against the register: new, changed, unchanged, undecided, refused (DV-6)."""

import time
from dataclasses import replace
from typing import Any

import pytest

from devices.register.image import (
    OpenUnit,
    RegisteredDER,
    RegisteredDevice,
    RegisteredPoint,
    RegisterImage,
)
from devices.register.matching import Choice, Judged, Verdict, compare
from devices.register.spelling import looks
from devices.register.values import Entry

DEVICE = RegisteredDevice(
    id=1, serial_number="SN-100", manufacturer="Helios", model="H8", kind="inverter",
    usage_point_id=1, meter_number="M1", der_id=1, host="10.0.0.1", port=502, unit=1, zone="f12",
    poll_period_s=1.0,
)  # fmt: skip


def der(number: int, point: int, kind: str = "inverter", **other: str) -> RegisteredDER:
    facts = {"manufacturer": "Helios", "serial_number": f"SN-{100 * number}",
             "name": f"Roof {number}", "reference": f"A-{number}"}  # fmt: skip
    return RegisteredDER(
        id=number, mrid=f"mrid-{number}", kind=kind, usage_point_id=point, **facts | other
    )


IMAGE = RegisterImage(
    devices=(DEVICE,),
    points={
        "M1": RegisteredPoint(1, "M1", "f12", (der(1, 1),)),
        "M2": RegisteredPoint(2, "M2", "f12", (der(2, 2), der(3, 2, "battery"))),
        "M4": RegisteredPoint(4, "M4", "", (der(4, 4), der(5, 4))),
    },
    zones=frozenset({"f12"}),
)


def new(line: int = 2, **values: Any) -> Entry:
    """An inverter at meter M2, which has one without a device."""
    facts: dict[str, Any] = {
        "serial_number": "SN-200",
        "manufacturer": "Helios",
        "model": "H8",
        "kind": "inverter",
        "meter_number": "M2",
        "host": "10.0.0.2",
    }
    return Entry(line=line, **facts | values)


def known(line: int = 2, **values: Any) -> Entry:
    """The registered device again."""
    facts: dict[str, Any] = {"serial_number": "SN-100", "manufacturer": "Helios"}
    return Entry(line=line, **facts | values)


def judged(*entries: Entry, image: RegisterImage = IMAGE, **choices: Choice) -> list[Judged]:
    by_line = {int(line.removeprefix("line_")): choice for line, choice in choices.items()}
    return compare(entries, image, by_line)


def words(row: Judged) -> str:
    return " ".join(f"{finding.what} {finding.advice}" for finding in row.findings)


def test_a_new_device_gets_its_point_its_der_the_feeders_zone_and_usual_values() -> None:
    (row,) = judged(new())

    assert row.verdict == Verdict.NEW
    assert row.findings == []
    assert row.resolved is not None
    assert row.resolved.place == ("10.0.0.2", 502, 1)
    assert (row.resolved.usage_point_id, row.resolved.der_id) == (2, 2)
    assert (row.resolved.zone, row.resolved.poll_period_s) == ("f12", 1.0)


@pytest.mark.parametrize("said", ["mrid-2", "A-2", "roof 2", "ROOF  2"])
def test_a_der_is_named_by_its_mrid_its_application_or_its_name(said: str) -> None:
    (row,) = judged(new(der=said))

    assert row.verdict == Verdict.NEW


@pytest.mark.parametrize(
    ("values", "column", "part"),
    [
        ({"kind": ""}, "kind", "needs its kind"),
        ({"meter_number": ""}, "meter_number", "needs its kind"),
        ({"host": ""}, "host", "needs its kind"),
        ({"meter_number": "M9"}, "meter_number", "No service point has the meter M9"),
        ({"der": "Roof 9"}, "der", "no inverter called “Roof 9”. It has: Roof 2, Roof 3"),
        ({"der": "Roof 3"}, "der", "no inverter called “Roof 3”"),
        ({"meter_number": "M1", "zone": "f12"}, "der", "no inverter without a device"),
        ({"meter_number": "M1", "der": "Roof 1"}, "der", "has a device already: Helios H8 SN-100"),
        ({"meter_number": "M4", "zone": "f12"}, "der", "can be any of Roof 4 (mrid-4), Roof 5"),
        ({"meter_number": "M4", "der": "A-4"}, "zone", "on no feeder"),
        ({"host": "10.0.0.1"}, "host", "SN-100 already answers at 10.0.0.1:502, unit 1"),
    ],
)
def test_a_new_device_that_does_not_fit_is_refused_beside_its_column(
    values: dict[str, Any], column: str, part: str
) -> None:
    (row,) = judged(new(**values))

    assert row.verdict == Verdict.REFUSED
    assert {finding.column for finding in row.findings if finding.level == "error"} == {column}
    assert part in words(row)


def test_a_zone_nobody_knows_is_made_with_a_warning() -> None:
    (row,) = judged(new(zone="f99"))

    assert row.verdict == Verdict.NEW
    assert "no zone f99 yet" in words(row)


def test_another_plate_than_permitted_is_a_warning() -> None:
    (row,) = judged(new(serial_number="SN-777", manufacturer="Sol"))

    assert row.verdict == Verdict.NEW
    assert "permitted with serial number SN-200" in words(row)
    assert "made by Helios" in words(row)


def test_a_registered_device_with_nothing_new_is_unchanged() -> None:
    same = known(model="h8", kind="inverter", meter_number="m1", der="A-1", host="10.0.0.1",
                 port=502, unit=1, zone="f12", poll_period_s=1.0)  # fmt: skip

    for entry in (known(), same, known(serial_number="sn-100", manufacturer=" HELIOS")):
        (row,) = judged(entry)
        assert (row.verdict, row.changes) == (Verdict.UNCHANGED, ()), entry


def test_changes_are_told_field_by_field() -> None:
    (row,) = judged(known(model="H10", host="10.0.0.9", port=1502, poll_period_s=0.5))

    assert row.verdict == Verdict.CHANGED
    assert [(change.column, change.old, change.new) for change in row.changes] == [
        ("model", "H8", "H10"),
        ("host", "10.0.0.1", "10.0.0.9"),
        ("port", "502", "1502"),
        ("poll_period_s", "1", "0.5"),
    ]


@pytest.mark.parametrize(
    ("values", "part"),
    [
        ({"kind": "battery"}, "as a inverter, not a battery"),
        ({"meter_number": "M2"}, "at meter M1, not at M2"),
        ({"der": "A-2"}, "for another DER"),
    ],
)
def test_a_device_keeps_its_kind_its_meter_and_its_der(values: dict[str, Any], part: str) -> None:
    (row,) = judged(known(**values))

    assert row.verdict == Verdict.REFUSED
    assert part in words(row)


def test_a_device_with_a_command_in_force_moves_with_a_warning() -> None:
    (row,) = judged(known(port=503), image=replace(IMAGE, commanded=frozenset({1})))

    assert row.verdict == Verdict.CHANGED
    assert "A command is in force" in words(row)


@pytest.mark.parametrize(
    ("serial", "maker"),
    [
        ("SN-1OO", "Helios"),
        ("SN100", "Helios"),
        ("SN-100", "Helios Ltd"),
        ("sn 100", "Helios GmbH"),
        ("5N-100", ""),
    ],
)
def test_what_looks_like_a_registered_device_is_never_doubled_without_a_word(
    serial: str, maker: str
) -> None:
    if not maker:
        assert looks(serial) != looks("SN-100")
        return
    entry = new(serial_number=serial, manufacturer=maker)

    (undecided,) = judged(entry)
    (other,) = judged(entry, line_2=Choice.OTHER)
    (same,) = judged(replace(entry, meter_number="", kind=""), line_2=Choice.SAME_KEEP)
    (taken,) = judged(replace(entry, meter_number="", kind=""), line_2=Choice.SAME_TAKE)

    assert undecided.verdict == Verdict.UNDECIDED
    assert "It looks like Helios H8 SN-100 at M1" in words(undecided)
    assert other.verdict == Verdict.NEW
    assert [change.column for change in same.changes] == ["host"]
    spelled = {change.column: change.new for change in taken.changes}
    assert spelled.get("serial_number", "SN-100") == serial
    assert spelled.get("manufacturer", "Helios") == maker


@pytest.mark.parametrize("serial", ["0012-3", "OO12.3", "12 3", "l23", "I2-3"])
def test_zeros_ones_dashes_and_leading_zeros_look_alike(serial: str) -> None:
    assert looks(serial) == "123"


def test_the_same_row_twice_counts_once_and_other_values_contradict() -> None:
    first, again = judged(new(2), new(3))
    one, other = judged(new(2), new(3, host="10.0.0.3"))

    assert (first.verdict, again.verdict) == (Verdict.NEW, Verdict.REFUSED)
    assert "repeats line 2" in words(again)
    assert (one.verdict, other.verdict) == (Verdict.REFUSED, Verdict.REFUSED)
    assert "Line 3 is the same device with other values" in words(one)


def test_rows_that_look_alike_are_decided_by_a_person() -> None:
    one = new(2, serial_number="SN-2O0")
    other = new(3, kind="battery", host="10.0.0.3", serial_number="SN-20O")

    undecided = judged(one, other)
    decided = judged(one, other, line_2=Choice.OTHER, line_3=Choice.OTHER)

    assert [row.verdict for row in undecided] == [Verdict.UNDECIDED] * 2
    assert "looks like line 3" in words(undecided[0])
    assert [row.verdict for row in decided] == [Verdict.NEW] * 2


def test_two_rows_for_one_der_or_one_address_are_both_refused() -> None:
    twice = judged(new(2), new(3, serial_number="SN-9", host="10.0.0.3"))
    met = judged(new(2), new(3, serial_number="SN-300", kind="battery"))

    assert "Line 3 is for the same DER" in words(twice[0])
    assert "Line 2 has the same address 10.0.0.2:502, unit 1" in words(met[1])
    assert {row.verdict for row in (*twice, *met)} == {Verdict.REFUSED}


def test_two_rows_about_one_registered_device_are_refused() -> None:
    rows = judged(known(2), known(3, serial_number="SN1OO"), line_3=Choice.SAME_KEEP)

    assert [row.verdict for row in rows] == [Verdict.REFUSED] * 2
    assert "Line 3 is about the same registered device" in words(rows[0])


def test_a_serial_number_of_an_open_application_waits_for_its_commissioning() -> None:
    unit = OpenUnit("HELIOS", "SN-200", "A-2026-0009")
    image = replace(IMAGE, open_units={looks("SN-200"): (unit,)})

    (same,) = judged(new(), image=image)
    (alike,) = judged(new(serial_number="SN-2OO"), image=image)
    (other,) = judged(new(serial_number="SN-2OO"), image=image, line_2=Choice.OTHER)

    assert same.verdict == Verdict.REFUSED
    assert "application A-2026-0009, which is open" in words(same)
    assert alike.verdict == Verdict.UNDECIDED
    assert other.verdict == Verdict.NEW


def test_a_second_meter_at_a_service_point_is_decided_by_a_person() -> None:
    meter = replace(DEVICE, id=7, kind="meter", der_id=None, usage_point_id=2, host="10.0.0.7",
                    serial_number="W-1", meter_number="M2")  # fmt: skip
    image = replace(IMAGE, devices=(DEVICE, meter))
    second = new(kind="meter", serial_number="W-2")

    (undecided,) = judged(second, image=image)
    (decided,) = judged(second, image=image, line_2=Choice.OTHER)
    pair = judged(second, new(3, kind="meter", serial_number="W-3", host="10.0.0.3"))

    assert undecided.verdict == Verdict.UNDECIDED
    assert "has a meter already: Helios H8 W-1" in words(undecided)
    assert decided.verdict == Verdict.NEW
    assert [row.verdict for row in pair] == [Verdict.NEW, Verdict.UNDECIDED]


def fleet(count: int) -> RegisterImage:
    devices = tuple(
        replace(
            DEVICE, id=n, serial_number=f"SN-{n:05}", der_id=n, host=f"10.1.{n // 250}.{n % 250}"
        )
        for n in range(count)
    )
    return replace(IMAGE, devices=devices)


def test_two_devices_may_exchange_their_addresses_in_one_list() -> None:
    rows = judged(
        known(2, serial_number="SN-00000", host="10.1.0.1"),
        known(3, serial_number="SN-00001", host="10.1.0.0"),
        image=fleet(3),
    )

    assert [row.verdict for row in rows] == [Verdict.CHANGED] * 2


def test_who_takes_the_address_of_a_device_that_cannot_leave_is_refused_too() -> None:
    """0 takes 1's address, 1 takes 2's, and 2 stays: 1 cannot move, so 0 cannot either."""
    rows = judged(
        known(2, serial_number="SN-00000", host="10.1.0.1"),
        known(3, serial_number="SN-00001", host="10.1.0.2"),
        image=fleet(3),
    )

    assert [row.verdict for row in rows] == [Verdict.REFUSED] * 2
    assert "SN-00001 already answers" in words(rows[0])


@pytest.mark.parametrize("shape", ["chain", "one look", "one address", "one der", "one meter"])
def test_five_thousand_rows_that_hang_on_each_other_are_judged_quickly(shape: str) -> None:
    count = 5_000
    image = fleet(count)
    entries = {
        "chain": [
            known(n, serial_number=f"SN-{n:05}", host=f"10.1.{(n + 1) // 250}.{(n + 1) % 250}")
            for n in range(count - 1)
        ],
        "one look": [
            new(n, serial_number=f"{'O' * (n % 60)}-{'0' * (n // 60)}.1") for n in range(count)
        ],
        "one address": [new(n, serial_number=f"X{n:05}") for n in range(count)],
        "one der": [new(n, serial_number=f"X{n:05}", host=f"h{n}") for n in range(count)],
        "one meter": [
            new(n, serial_number=f"X{n:05}", kind="meter", host=f"h{n}") for n in range(count)
        ],
    }[shape]
    began = time.process_time()

    rows = judged(*entries, image=image)

    assert time.process_time() - began < 5
    assert max(len(words(row)) for row in rows) < 2_000
    assert Verdict.CHANGED not in {row.verdict for row in rows}
