"""A list of devices against the register: what is new, changed, unchanged, undecided, refused.

Every row is judged with all the others and with the register as it would be after them, so that
two devices may exchange their addresses, and a row never takes what another one keeps.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from itertools import islice

from devices.register.columns import BY_KEY
from devices.register.image import OpenUnit, Place, RegisteredDevice, RegisterImage
from devices.register.resolving import Resolved, resolve
from devices.register.spelling import looks, maker_key, serial_key, words_key
from devices.register.values import Entry, Finding, Level

Key = tuple[str, str]
PLACE = frozenset({"host", "port", "unit"})
# More are not named one by one.
NAMED_MAX = 5


class Verdict(StrEnum):
    """What a row would do to the register."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    UNDECIDED = "undecided"
    REFUSED = "refused"


class Choice(StrEnum):
    """What a person says of a row that looks like a device of the register."""

    NONE = ""
    SAME_KEEP = "same_keep"
    SAME_TAKE = "same_take"
    OTHER = "other"


SAME = frozenset({Choice.SAME_KEEP, Choice.SAME_TAKE})


@dataclass(frozen=True, slots=True)
class Change:
    """One field of a registered device that a row changes."""

    column: str
    old: str
    new: str


@dataclass
class Judged:
    """One row with what came out; `like` are registered devices it could be."""

    entry: Entry
    verdict: Verdict = Verdict.REFUSED
    device: RegisteredDevice | None = None
    resolved: Resolved | None = None
    findings: list[Finding] = field(default_factory=list)
    changes: tuple[Change, ...] = ()
    like: tuple[RegisteredDevice, ...] = ()

    @cached_property
    def key(self) -> Key:
        return maker_key(self.entry.manufacturer), serial_key(self.entry.serial_number)

    @property
    def is_refused(self) -> bool:
        return any(finding.level == Level.ERROR for finding in self.findings)

    @property
    def place(self) -> Place | None:
        """Where the device would answer after this row."""
        return None if self.resolved is None else self.resolved.place

    def refuse(self, column: str, what: str, advice: str) -> None:
        self.findings.append(Finding(Level.ERROR, column, what, advice))

    def decide(self, column: str, what: str, advice: str) -> None:
        self.findings.append(Finding(Level.DECIDE, column, what, advice))


def compare(
    entries: Sequence[Entry], image: RegisterImage, choices: Mapping[int, Choice]
) -> list[Judged]:
    """Judge every row; `choices` are what people decided, by line."""
    rows = [Judged(entry, findings=list(entry.findings)) for entry in entries]
    _refuse_repeats(rows)
    _match(rows, image, choices)
    for row in rows:
        # Which device it is decides what the row must tell, so that comes first.
        if row.device is not None or not row.like or choices.get(row.entry.line) == Choice.OTHER:
            row.resolved = resolve(row.entry, row.device, image, row.findings)
    _one_row_for_each_device(rows)
    _one_device_for_each_der(rows, image)
    _one_device_at_each_place(rows, image)
    _one_meter_at_each_point(rows, image, choices)
    for row in rows:
        choice = choices.get(row.entry.line, Choice.NONE)
        row.changes = _changes(row, choice)
        _warn_of_command(row, image)
        row.verdict = _verdict(row)
    return rows


def _others(row: Judged, rows: Iterable[Judged]) -> str:
    """The lines of the first few others."""
    found = list(islice((other.entry.line for other in rows if other is not row), NAMED_MAX + 1))
    named = ", ".join(map(str, found[:NAMED_MAX]))
    return f"{named} and more" if len(found) > NAMED_MAX else named


def _refuse_repeats(rows: Iterable[Judged]) -> None:
    """The same device twice in a file: equal rows count once, different ones contradict."""
    by_key: dict[Key, list[Judged]] = defaultdict(list)
    for row in rows:
        if row.entry.serial_number and row.entry.manufacturer:
            by_key[row.key].append(row)
    for same in by_key.values():
        first, *others = same
        if all(_is_equal(first, other) for other in others):
            for other in others:
                what = f"It repeats line {first.entry.line}."
                other.refuse("serial_number", what, "Nothing: the first of them counts.")
            continue
        for row in same:
            row.refuse(
                "serial_number",
                f"Line {_others(row, same)} is the same device with other values.",
                "Keep the right line and remove the others.",
            )


def _is_equal(one: Judged, other: Judged) -> bool:
    return replace(one.entry, line=0) == replace(other.entry, line=0)


def _match(rows: Iterable[Judged], image: RegisterImage, choices: Mapping[int, Choice]) -> None:
    """Find the device of each row, or the devices that it looks like."""
    exact: dict[Key, list[RegisteredDevice]] = defaultdict(list)
    alike: dict[str, list[RegisteredDevice]] = defaultdict(list)
    for device in image.devices:
        exact[maker_key(device.manufacturer), serial_key(device.serial_number)].append(device)
        alike[looks(device.serial_number)].append(device)
    in_file: dict[str, list[Judged]] = defaultdict(list)
    for row in rows:
        if row.entry.serial_number:
            in_file[looks(row.entry.serial_number)].append(row)
    for row in rows:
        if row.is_refused:
            continue
        found = exact.get(row.key, [])
        if len(found) == 1:
            row.device = found[0]
        elif found:
            named = " and ".join(device.words for device in found)
            row.refuse(
                "serial_number",
                f"The register has it twice: {named}.",
                "Take the wrong one of them out of service first.",
            )
        else:
            similar = looks(row.entry.serial_number)
            choice = choices.get(row.entry.line, Choice.NONE)
            _offer(row, alike.get(similar, []), choice)
            if row.device is None:
                _look_at_open_units(row, image.open_units.get(similar, ()), choice)
                _look_at_file(row, in_file[similar], choice)


def _offer(row: Judged, similar: Sequence[RegisteredDevice], choice: Choice) -> None:
    """The same serial number under another maker's name, or one that reads alike."""
    if not similar:
        return
    row.like = tuple(similar)
    if choice in SAME:
        row.device = similar[0]
    elif choice != Choice.OTHER:
        first = [f"{device.words} at {device.meter_number}" for device in similar[:NAMED_MAX]]
        named = ", ".join(first) + (" and more" if len(similar) > NAMED_MAX else "")
        row.decide(
            "serial_number",
            f"It looks like {named}.",
            "Decide whether it is that device or another one.",
        )


def _look_at_open_units(row: Judged, similar: Sequence[OpenUnit], choice: Choice) -> None:
    """What somebody applies for comes into service by its commissioning."""
    for unit in similar:
        if (maker_key(unit.manufacturer), serial_key(unit.serial_number)) == row.key:
            row.refuse(
                "serial_number",
                f"It belongs to application {unit.reference}, which is open.",
                "It comes into service when it is commissioned; leave the row out.",
            )
        elif choice != Choice.OTHER:
            row.decide(
                "serial_number",
                f"It looks like {unit.manufacturer} {unit.serial_number} of the open application "
                f"{unit.reference}.",
                "Decide that it is another device, or leave the row out.",
            )


def _look_at_file(row: Judged, similar: Sequence[Judged], choice: Choice) -> None:
    others = _others(row, (other for other in similar if other.key != row.key))
    if others and choice != Choice.OTHER:
        row.decide(
            "serial_number",
            f"It looks like line {others} of this file.",
            "Decide that it is another device, or correct the serial number.",
        )


def _one_row_for_each_device(rows: Iterable[Judged]) -> None:
    by_device: dict[int, list[Judged]] = defaultdict(list)
    for row in rows:
        if row.device is not None and not row.is_refused:
            by_device[row.device.id].append(row)
    for same in by_device.values():
        for row in same if len(same) > 1 else ():
            row.refuse(
                "serial_number",
                f"Line {_others(row, same)} is about the same registered device.",
                "Keep one of them.",
            )


def _one_device_for_each_der(rows: Iterable[Judged], image: RegisterImage) -> None:
    held = image.device_of_der
    claimed: dict[int, list[Judged]] = defaultdict(list)
    for row in rows:
        der_id = row.resolved.der_id if row.resolved else None
        if row.device is None and der_id is not None and not row.is_refused:
            claimed[der_id].append(row)
    for der_id, claiming in claimed.items():
        if der_id in held:
            for row in claiming:
                row.refuse(
                    "der",
                    f"This DER has a device already: {held[der_id].words}.",
                    "If the unit was replaced, take the old one out of service first.",
                )
        elif len(claiming) > 1:
            for row in claiming:
                row.refuse(
                    "der",
                    f"Line {_others(row, claiming)} is for the same DER.",
                    "Write in each line which DER it is.",
                )


def _one_device_at_each_place(rows: Sequence[Judged], image: RegisterImage) -> None:
    """Refuse rows that meet at an address. The device of a refused row stays where it was, where
    another row may have wanted to go.
    """
    moving = {row.device.id for row in rows if row.device and not row.is_refused}
    standing = {device.place: device for device in image.devices if device.id not in moving}
    coming: dict[Place, list[Judged]] = defaultdict(list)
    for row in rows:
        if row.place is not None and not row.is_refused:
            coming[row.place].append(row)
    places = list(coming)
    while places:
        place = places.pop()
        meeting = [row for row in coming.get(place, ()) if not row.is_refused]
        there = standing.get(place)
        if there is None and len(meeting) < 2:
            continue
        for row in meeting:
            _refuse_place(row, there, meeting)
            if row.device is not None:
                standing[row.device.place] = row.device
                places.append(row.device.place)


def _refuse_place(row: Judged, there: RegisteredDevice | None, meeting: Sequence[Judged]) -> None:
    host, port, unit = row.place or ("", 0, 0)
    where = f"{host}:{port}, unit {unit}"
    if there is not None:
        what = f"{there.words} already answers at {where}."
    else:
        what = f"Line {_others(row, meeting)} has the same address {where}."
    row.refuse("host", what, "Give each device its own address or unit id.")


def _one_meter_at_each_point(
    rows: Sequence[Judged], image: RegisterImage, choices: Mapping[int, Choice]
) -> None:
    """A second meter at a service point is possible, and rarely meant."""
    there: dict[int, list[str]] = defaultdict(list)
    for device in image.devices:
        if device.kind == "meter":
            there[device.usage_point_id].append(device.words)
    for row in rows:
        is_new_meter = row.device is None and row.entry.kind == "meter" and not row.is_refused
        if not is_new_meter or row.resolved is None or row.resolved.usage_point_id is None:
            continue
        named = there[row.resolved.usage_point_id]
        if named and choices.get(row.entry.line) != Choice.OTHER:
            row.decide(
                "meter_number",
                f"This service point has a meter already: {', '.join(named[:NAMED_MAX])}.",
                "Decide that it is another one, or leave the row out.",
            )
        named.append(f"line {row.entry.line}")


def _changes(row: Judged, choice: Choice) -> tuple[Change, ...]:
    """Field by field what differs; spelling counts only where a person chose the file's."""
    device = row.device
    if device is None or row.is_refused:
        return ()
    told = {
        "model": (device.model, row.entry.model),
        "host": (device.host, row.entry.host),
        "port": (str(device.port), "" if row.entry.port is None else str(row.entry.port)),
        "unit": (str(device.unit), "" if row.entry.unit is None else str(row.entry.unit)),
        "zone": (device.zone, row.entry.zone),
        "poll_period_s": (
            f"{device.poll_period_s:g}",
            "" if row.entry.poll_period_s is None else f"{row.entry.poll_period_s:g}",
        ),
    }
    if choice == Choice.SAME_TAKE:
        told |= {
            "manufacturer": (device.manufacturer, row.entry.manufacturer),
            "serial_number": (device.serial_number, row.entry.serial_number),
        }
    return tuple(
        Change(column, old, new)
        for column in BY_KEY
        if column in told
        for old, new in [told[column]]
        if new and _differs(column, old, new)
    )


def _warn_of_command(row: Judged, image: RegisterImage) -> None:
    moves = any(change.column in PLACE for change in row.changes)
    if moves and row.device is not None and row.device.id in image.commanded:
        row.findings.append(
            Finding(
                Level.WARNING,
                "host",
                "A command is in force at this device.",
                "It is read back at the new address; better wait until the dispatch is over.",
            )
        )


def _differs(column: str, old: str, new: str) -> bool:
    if column == "model":
        return words_key(old) != words_key(new)
    return old.casefold() != new.casefold() if column == "host" else old != new


def _verdict(row: Judged) -> Verdict:
    if row.is_refused:
        return Verdict.REFUSED
    if any(finding.level == Level.DECIDE for finding in row.findings):
        return Verdict.UNDECIDED
    if row.device is None:
        return Verdict.NEW
    return Verdict.CHANGED if row.changes else Verdict.UNCHANGED
