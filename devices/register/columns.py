"""The columns of a list of devices: what they are called, what they hold, which are asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from devices.register.table import FileRefused


@dataclass(frozen=True, slots=True)
class ListColumn:
    """One column; `also` are other names under which it comes."""

    key: str
    label: str
    holds: str
    example: str
    also: tuple[str, ...] = ()
    is_needed: bool = False


COLUMNS: tuple[ListColumn, ...] = (
    ListColumn(
        "serial_number", "Serial number", "as on the type plate; tells the device from others",
        "SN-000123", ("serial", "serial no", "sn", "s n", "serial nr"), is_needed=True,
    ),
    ListColumn(
        "manufacturer", "Manufacturer", "as on the type plate", "Helios",
        ("maker", "make", "brand", "vendor", "mfr"), is_needed=True,
    ),
    ListColumn("model", "Model", "as on the type plate", "H8", ("type", "model number")),
    ListColumn(
        "kind", "Kind", "inverter, battery or meter", "inverter", ("device kind", "device type"),
    ),
    ListColumn(
        "meter_number", "Meter number", "of the service point where the device is", "MTR-00017",
        ("meter", "usage point", "meter usage point number", "usage point number",
         "service point", "meter no"),
    ),
    ListColumn(
        "der", "DER", "its mRID, its name, or the reference of its application; may stay empty "
        "where the meter has one DER of this kind without a device", "A-2026-0007",
        ("der reference", "der reference or name", "der name", "der mrid", "application"),
    ),
    ListColumn(
        "host", "Host", "address or name under which the gateway reaches it", "10.20.0.17",
        ("ip", "ip address", "address", "hostname"),
    ),
    ListColumn("port", "Port", "Modbus TCP port; empty is 502", "502", ("tcp port",)),
    ListColumn("unit", "Unit", "Modbus unit id; empty is 1", "1",
               ("unit id", "modbus unit", "slave id")),
    ListColumn(
        "zone", "Zone", "communication zone; empty is the feeder of the meter", "f12",
        ("communication zone",),
    ),
    ListColumn(
        "poll_period_s", "Poll period", "seconds between two polls; empty is 1", "1",
        ("poll period s", "poll", "polling period", "poll seconds"),
    ),
)  # fmt: skip
BY_KEY: Mapping[str, ListColumn] = {column.key: column for column in COLUMNS}
# What our own file of refused rows adds; it may come back with it.
REMARKS = ("Line", "What is wrong", "What to do")


def _plain(name: str) -> str:
    return " ".join(re.sub(r"[\W_]+", " ", name).split()).casefold()


_NAMES: Mapping[str, str] = {
    _plain(name): column.key
    for column in COLUMNS
    for name in (column.key, column.label, *column.also)
}
_REMARKS = frozenset(map(_plain, REMARKS))


def known(name: str) -> bool:
    """Whether a head names one of the columns."""
    return _plain(name) in _NAMES


@dataclass(frozen=True, slots=True)
class Located:
    """Where each column stands in a file, and what its head says beside."""

    places: Mapping[str, int]
    notes: tuple[str, ...]


def locate(heads: Sequence[str]) -> Located:
    """Find the columns by their heads; raises FileRefused when one is missing or there twice."""
    places: dict[str, int] = {}
    strange = []
    for place, head in enumerate(heads):
        key = _NAMES.get(_plain(head))
        if key is None:
            if head and _plain(head) not in _REMARKS:
                strange.append(head[:40])
        elif key in places:
            raise FileRefused(
                f"Two columns hold the {BY_KEY[key].label.lower()}: “{heads[places[key]][:40]}” "
                f"and “{head[:40]}”. Keep one of them."
            )
        else:
            places[key] = place
    missing = [column.label for column in COLUMNS if column.is_needed and column.key not in places]
    if missing:
        raise FileRefused(
            f"The first row must name the columns; “{'” and “'.join(missing)}” not found there. "
            "Take the template's first row."
        )
    notes = []
    if strange:
        more = f" and {len(strange) - 10} more" if len(strange) > 10 else ""
        named = ", ".join(f"“{name}”" for name in strange[:10])
        notes.append(f"Not known and not read: {named}{more}.")
    return Located(places, tuple(notes))
