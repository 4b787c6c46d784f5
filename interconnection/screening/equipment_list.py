"""The list of certified equipment as states publish it: one row for a model, faults by line (IC-1).

Columns are found by their heading, in the words of the California list as well as in short ones:
those that public readers of its workbooks look for (titles of some fourteen lines above, headings
broken over lines, units in a line of their own below).
What the list does not say is derived: reactive power as 44 % of the rating, categories from the
certificate, voltages as 88 % to 110 % of the nominal one.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

HEADINGS: Mapping[str, tuple[str, ...]] = {
    "manufacturer": ("manufacturer", "manufacturername", "maker"),
    "model": ("model", "modelnumber", "modelnumber1"),
    "power_kw": (
        "kw", "powerkw", "ratedpowerkw", "ratedoutputpower", "ratedoutputpowerkw",
        "ratedoutputpoweratunitypowerfactor", "ratedoutputpoweratunitypowerfactorkw",
        "maximumcontinuousoutputpoweratunitypowerfactor", "maximumcontinuousoutputpower",
        "maximumdischargerate", "maximumdischargeratekw",
        "maximumcontinuousoutputpoweratunitypowerfactorkw", "maximumcontinuousoutputpowerkw",
    ),
    "certification": (
        "certification", "certifications", "certificate", "ul1741", "ul1741certification",
        "ul1741edition", "ul1741standard",
    ),
    "apparent_kva": ("kva", "apparentpowerkva", "maximumapparentpowerkva"),
    "voltage_v": ("voltage", "nominalvoltage", "nominalvoltagevac", "nominalvoltagev",
                  "voltagenominal", "vac"),
    "listed_on": (
        "listedon", "listingdate", "ceclistingdate", "gridsupportlistingdate",
        "energystoragelistingdate", "certificationdate", "certificatedate", "date", "lastupdate",
    ),
    "energy_kwh": ("kwh", "energykwh", "nameplateenergycapacitykwh", "nameplateenergycapacity"),
    "charge_kw": ("chargekw", "maximumchargepowerkw", "maximumchargekw"),
}  # fmt: skip
NEEDED = ("manufacturer", "model", "power_kw", "certification")
TITLES = {
    "manufacturer": "Manufacturer", "model": "Model", "power_kw": "kW",
    "certification": "Certification",
}  # fmt: skip
LONGEST, MOST_TITLES = 64, 40
UNIT = re.compile(r"^\([^()]*\)$")
MOST_KW, MOST_KWH = 20_000.0, 200_000.0
REACTIVE_SHARE = 0.44
USUAL_V = 240
CERTIFIED = re.compile(r"UL\s*1741(?:\s*-?\s*S([AB]))?", re.IGNORECASE)
DATES = ("%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y")


@dataclass(frozen=True, slots=True)
class ListedModel:
    """One model of the list, in SI units."""

    manufacturer: str
    model: str
    certification: str
    power_w: int
    apparent_va: int
    voltage_v: int
    category: str
    listed_on: date | None
    energy_wh: int | None = None
    charge_w: int | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.manufacturer.casefold(), self.model.casefold()

    @property
    def is_battery(self) -> bool:
        return self.energy_wh is not None

    @property
    def reactive_var(self) -> int:
        return round(self.apparent_va * REACTIVE_SHARE)


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with one line of the file; line 1 is the headings."""

    line: int
    words: str


@dataclass(frozen=True, slots=True)
class ReadList:
    """What stands in a file."""

    rows: tuple[ListedModel, ...]
    faults: tuple[RowFault, ...]


class _Wrong(ValueError):
    """One cell cannot be understood."""


def read_list(text: str) -> ReadList:
    """Every row that can be understood, and why the others cannot."""
    lines = list(csv.reader(io.StringIO(text.lstrip("\ufeff"), newline="")))
    head, columns = _headings(lines)
    missing = [TITLES[name] for name in NEEDED if name not in columns]
    if missing:
        words = (
            f"There is no column {', '.join(missing)}. The list needs {', '.join(TITLES.values())}."
        )
        return ReadList((), (RowFault(head + 1, words),))
    rows: list[ListedModel] = []
    faults: list[RowFault] = []
    seen: dict[tuple[str, str], int] = {}
    for number, cells in _filled(lines, head):
        try:
            one = _row({name: cells[at].strip() for name, at in columns.items() if at < len(cells)})
        except _Wrong as wrong:
            faults.append(RowFault(number, str(wrong)))
            continue
        if one.key in seen:
            name = f"{one.manufacturer} {one.model}"
            faults.append(RowFault(number, f"{name} stands in line {seen[one.key]} too."))
            continue
        seen[one.key] = number
        rows.append(one)
    return ReadList(tuple(rows), tuple(faults))


def _headings(lines: list[list[str]]) -> tuple[int, dict[str, int]]:
    """The line with most known headings among the first; published lists have titles above it."""
    best: tuple[int, dict[str, int]] = (0, {})
    for place, cells in enumerate(lines[:MOST_TITLES]):
        plain = [re.sub(r"[^a-z0-9]", "", cell.lower()) for cell in cells]
        found = {
            name: plain.index(known)
            for name, words in HEADINGS.items()
            for known in words[::-1]
            if known in plain
        }
        if len(found) > len(best[1]):
            best = (place, found)
    return best


def _filled(lines: list[list[str]], head: int) -> Iterator[tuple[int, list[str]]]:
    for place, cells in enumerate(lines[head + 1 :], start=head + 2):
        filled = [cell.strip() for cell in cells if cell.strip()]
        if filled and not all(UNIT.match(cell) for cell in filled):
            yield place, cells


def _row(cells: Mapping[str, str]) -> ListedModel:
    for name in ("manufacturer", "model"):
        if not cells.get(name):
            raise _Wrong(f"{TITLES[name]} is empty.")
        if len(cells[name]) > LONGEST:
            raise _Wrong(f"{TITLES[name]} is longer than {LONGEST} characters.")
    power_kw = _figure(cells, "power_kw", "kW", MOST_KW)
    if power_kw is None:
        raise _Wrong("kW is empty.")
    apparent_kva = _figure(cells, "apparent_kva", "kVA", MOST_KW) or power_kw
    if apparent_kva < power_kw:
        raise _Wrong(f"{apparent_kva:g} kVA are less than {power_kw:g} kW.")
    certification, category = _certified(cells.get("certification", ""))
    energy_kwh = _figure(cells, "energy_kwh", "kWh", MOST_KWH)
    charge_kw = _figure(cells, "charge_kw", "charging kW", MOST_KW) or power_kw
    voltage_v = _figure(cells, "voltage_v", "Voltage", 50_000.0)
    return ListedModel(
        cells["manufacturer"], cells["model"], certification,
        round(power_kw * 1000), round(apparent_kva * 1000), round(voltage_v or USUAL_V), category,
        _day(cells.get("listed_on", "")),
        round(energy_kwh * 1000) if energy_kwh else None,
        round(charge_kw * 1000) if energy_kwh else None,
    )  # fmt: skip


def _figure(cells: Mapping[str, str], name: str, title: str, most: float) -> float | None:
    text = cells.get(name, "").replace(",", "")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        raise _Wrong(f"{title}: {text!r} is no number.") from None
    if not 0 < value <= most:
        raise _Wrong(f"{title}: {text} does not lie above 0 and up to {most:g}.")
    return value


def _certified(text: str) -> tuple[str, str]:
    """The newest supplement that is named, and the category that it tests for."""
    found = [(match[1] or "").upper() for match in CERTIFIED.finditer(text)]
    if not found:
        raise _Wrong(f"Certification: {text or 'nothing'!r} names no UL 1741 certificate.")
    newest = max(found)
    return (f"UL 1741 S{newest}" if newest else "UL 1741"), ("B" if newest else "A")


def _day(text: str) -> date | None:
    if not text:
        return None
    for form in DATES:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007  a date has no zone
        except ValueError:
            continue
    raise _Wrong(f"Date: {text!r} is none like 2026-03-31 or 3/31/2026.")
