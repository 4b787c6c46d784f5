"""One row of a list of devices: each cell as the value it must be, or what is wrong with it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from devices.register.columns import BY_KEY
from devices.register.table import CELL_CHARACTERS_MAX, UNREADABLE

# How much the register has room for.
LENGTHS = {"serial_number": 64, "manufacturer": 64, "model": 64, "meter_number": 32, "zone": 32}
KINDS: Mapping[str, str] = {
    "inverter": "inverter",
    "pv": "inverter",
    "pv inverter": "inverter",
    "solar": "inverter",
    "solar inverter": "inverter",
    "photovoltaic": "inverter",
    "battery": "battery",
    "storage": "battery",
    "battery storage": "battery",
    "battery inverter": "battery",
    "meter": "meter",
}
POLL_SHORTEST_S, POLL_LONGEST_S = 0.2, 3600.0
_NAME = re.compile(
    r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*"
)
_ZONE = re.compile(r"[-a-z0-9_]{1,32}")
_SHORTENED = re.compile(r"\d[.,]\d+E\+?\d+", re.IGNORECASE)
_SHEET_FAULTS = frozenset({"#n/a", "#ref!", "#value!", "#name?", "#div/0!", "#null!", "#num!"})


class Level(StrEnum):
    """How much a finding weighs."""

    ERROR = "error"
    DECIDE = "decide"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is the matter with one cell, in words, and what to do; `column` is a key of COLUMNS."""

    level: Level
    column: str
    what: str
    advice: str


@dataclass(frozen=True, slots=True)
class RowTexts:
    """A row as it stands in the file, by column; `odd` says which cells are no plain text."""

    line: int
    texts: Mapping[str, str]
    odd: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """A row as values; empty or None where the file says nothing."""

    line: int
    serial_number: str = ""
    manufacturer: str = ""
    model: str = ""
    kind: str = ""
    meter_number: str = ""
    der: str = ""
    host: str = ""
    port: int | None = None
    unit: int | None = None
    zone: str = ""
    poll_period_s: float | None = None
    findings: tuple[Finding, ...] = ()


class _Wrong(Exception):
    """A cell is not what its column holds: what, and what to do."""

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(what)
        self.what, self.advice = what, advice


def entry_of(row: RowTexts) -> Entry:
    """Read every cell; what cannot be read is left empty and has its finding."""
    values: dict[str, object] = {}
    findings = []
    for key in BY_KEY:
        text = row.texts.get(key, "")
        try:
            _check_text(key, text, row.odd.get(key, ""))
            if text:
                values[key] = _READERS.get(key, str)(text)
        except _Wrong as wrong:
            findings.append(Finding(Level.ERROR, key, wrong.what, wrong.advice))
    findings.extend(
        Finding(
            Level.ERROR, key, f"The {BY_KEY[key].label.lower()} is empty.", "See the type plate."
        )
        for key in ("serial_number", "manufacturer")
        if not row.texts.get(key) and key not in row.odd
    )
    return Entry(row.line, **values, findings=tuple(findings))  # type: ignore[arg-type]  # by name


def _check_text(key: str, text: str, oddity: str) -> None:
    if oddity:
        raise _Wrong(f"The cell {oddity}", "Then choose the file again.")
    longest = LENGTHS.get(key, CELL_CHARACTERS_MAX)
    if len(text) > longest:
        raise _Wrong(f"It has {len(text):,} characters; {longest} are kept.", "Shorten it.")
    if UNREADABLE in text:
        raise _Wrong("It holds a character that cannot be kept.", "Type the cell again.")
    if text.casefold() in _SHEET_FAULTS:
        raise _Wrong(f"It holds the spreadsheet's error {text}.", "Type what belongs there.")
    if text.startswith("="):
        raise _Wrong("It holds a formula.", "Copy the column and paste it as values.")


def _serial(text: str) -> str:
    if _SHORTENED.fullmatch(text):
        raise _Wrong(
            f"{text} was shortened by a spreadsheet, which has lost its digits.",
            "Format the column as text and type the serial number again.",
        )
    return text


def _kind(text: str) -> str:
    kind = KINDS.get(" ".join(re.sub(r"[\W_]+", " ", text).split()).casefold())
    if kind is None:
        raise _Wrong(f"“{text}” is no kind of device.", "Write inverter, battery or meter.")
    return kind


def _host(text: str) -> str:
    host = text.rstrip(".").casefold()
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        if re.fullmatch(r"[\d.]+", host) or not _NAME.fullmatch(host):
            raise _Wrong(
                f"“{text[:60]}” is no address.",
                "Write an IP address or a host name alone; the port has a column of its own.",
            ) from None
        return host
    if address.is_unspecified or address.is_multicast or str(address) == "255.255.255.255":
        raise _Wrong(f"{address} is no address of one device.", "Write the device's own address.")
    return str(address)


def _whole(label: str, lowest: int, highest: int, hint: str) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,6}", text) or not lowest <= int(text) <= highest:
            raise _Wrong(
                f"“{text[:20]}” is no {label}.",
                f"Write a whole number from {lowest} to {highest}{hint}.",
            )
        return int(text)

    return read


def _poll_period_s(text: str) -> float:
    number = text.replace(",", ".", 1) if "." not in text else text
    is_plain = re.fullmatch(r"[0-9]{1,6}(\.[0-9]{0,6})?", number) is not None
    if not is_plain or not POLL_SHORTEST_S <= float(number) <= POLL_LONGEST_S:
        raise _Wrong(
            f"“{text[:20]}” is no poll period.",
            f"Write seconds from {POLL_SHORTEST_S:g} to {POLL_LONGEST_S:g}.",
        )
    return float(number)


def _zone(text: str) -> str:
    zone = text.casefold()
    if not _ZONE.fullmatch(zone):
        raise _Wrong(
            f"“{text[:40]}” is no name of a zone.",
            "Write letters, digits, dashes and underscores only, at most 32.",
        )
    return zone


_READERS: Mapping[str, Callable[[str], object]] = {
    "serial_number": _serial,
    "kind": _kind,
    "host": _host,
    "port": _whole("port", 1, 65_535, "; Modbus TCP usually has 502"),
    "unit": _whole("unit id", 0, 255, ""),
    "zone": _zone,
    "poll_period_s": _poll_period_s,
}
