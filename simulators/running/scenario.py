"""Scenarios: what happens to a fleet and when, read from a TOML or JSON file."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulators.errors import FleetError
from simulators.fleet import Fleet
from simulators.physics.disturbances import make_disturbance
from simulators.regimes import REGIMES
from simulators.running.deeds import Deeds
from simulators.running.selecting import select
from simulators.wire.faults import NONE, make_fault, split_fault

FOLDER = Path(__file__).parents[1] / "scenarios"
HEAD = {"name", "description", "weather", "repeat_every", "timeline"}
DEEDS = ("weather", "fault", "event", "set")
# What an entry may say beside `at`, by its deed; what stands first must be there.
WORDS: dict[str, tuple[set[str], set[str]]] = {
    "weather": (set(), {"over"}),
    "fault": ({"who"}, {"lasts"}),
    "event": ({"lasts"}, {"size", "ramp", "feeder"}),
    "set": ({"who"}, set()),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the timeline; times in seconds after the start."""

    number: int
    at_s: float
    deed: str
    what: str
    who: str = ""
    size: float = 0.0
    lasts_s: float = 0.0
    ramp_s: float = 0.0
    over_s: float = 0.0
    feeder: str | None = None
    points: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """A whole file."""

    name: str
    description: str
    weather: str | None
    repeat_every_s: float
    entries: tuple[Entry, ...]


def shipped() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load_scenario(named: str) -> Scenario:
    """Read a file, or one of the shipped scenarios by its name; FleetError in words."""
    path = Path(named)
    if not path.suffix and not path.exists():
        path = FOLDER / f"{named}.toml"
    try:
        text = path.read_text(encoding="utf-8")
        document = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        names = ", ".join(shipped())
        raise FleetError(f"{named}: there is no such scenario; shipped are: {names}") from error
    except ValueError as error:
        kind = "JSON" if path.suffix == ".json" else "TOML"
        raise FleetError(f"{path} is not well-formed {kind}: {error}") from error
    return _Reader(path).read(document)


class _Reader:
    """Checks a document and says where it is wrong."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def fail(self, place: str, words: str) -> FleetError:
        return FleetError(f"{self.path}, {place}: {words}")

    def read(self, document: object) -> Scenario:
        if not isinstance(document, dict):
            raise self.fail("top", "a scenario is a table with a name and a timeline")
        if unknown := sorted(set(document) - HEAD):
            raise self.fail(
                "top", f"{', '.join(unknown)} is unknown; use {', '.join(sorted(HEAD))}"
            )
        weather = document.get("weather")
        if weather is not None and weather not in REGIMES:
            raise self.fail("weather", f"{weather!r} is none of {', '.join(REGIMES)}")
        rows = document.get("timeline", [])
        if not isinstance(rows, list):
            raise self.fail("timeline", "it is a list of entries ([[timeline]] in TOML)")
        every_s = 0.0
        if "repeat_every" in document:
            every_s = self.seconds("repeat_every", document["repeat_every"])
        entries = tuple(self.entry(number, row) for number, row in enumerate(rows, start=1))
        if every_s and any(entry.at_s >= every_s for entry in entries):
            raise self.fail("repeat_every", "it ends before the last entry of the timeline")
        return Scenario(
            name=str(document.get("name", self.path.stem)),
            description=str(document.get("description", "")),
            weather=weather,
            repeat_every_s=every_s,
            entries=tuple(sorted(entries, key=lambda entry: entry.at_s)),
        )

    def entry(self, number: int, row: object) -> Entry:
        place = f"timeline entry {number}"
        if not isinstance(row, dict) or "at" not in row:
            raise self.fail(place, "it needs `at`, the time after the start")
        found = [deed for deed in DEEDS if deed in row]
        if len(found) != 1:
            raise self.fail(place, f"it says exactly one of {', '.join(DEEDS)}")
        (deed,) = found
        needed, possible = WORDS[deed]
        said = set(row) - {"at", deed}
        if missing := sorted(needed - said):
            raise self.fail(place, f"{deed} needs {', '.join(missing)} too")
        if unknown := sorted(said - needed - possible):
            raise self.fail(place, f"{deed} does not know {', '.join(unknown)}")
        entry = self._entry(number, place, deed, row)
        self._check(place, entry)
        return entry

    def _entry(self, number: int, place: str, deed: str, row: Mapping[str, Any]) -> Entry:
        def seconds(name: str) -> float:
            return self.seconds(f"{place}, {name}", row[name]) if name in row else 0.0

        points: tuple[tuple[str, str], ...] = ()
        if deed == "set":
            if not isinstance(row["set"], dict):
                raise self.fail(place, 'set is a table, as in { "704.WMaxLimPct" = 40 }')
            points = tuple((name, str(value)) for name, value in row["set"].items())
        size = row.get("size", 0.0)
        if isinstance(size, bool) or not isinstance(size, int | float):
            raise self.fail(f"{place}, size", f"{size!r} is no number")
        return Entry(
            number=number, at_s=seconds("at"), deed=deed,
            what="" if deed == "set" else str(row[deed]), who=str(row.get("who", "")),
            size=float(size), lasts_s=seconds("lasts"), ramp_s=seconds("ramp"),
            over_s=seconds("over"), feeder=row.get("feeder"), points=points,
        )  # fmt: skip

    def _check(self, place: str, entry: Entry) -> None:
        """Try everything that can be tried without a fleet."""
        try:
            if entry.deed == "fault":
                make_fault(*split_fault(entry.what))
            if entry.deed == "event":
                make_disturbance(
                    entry.what, at=0.0, size=entry.size, lasts_s=entry.lasts_s,
                    ramp_s=entry.ramp_s, feeder=entry.feeder,
                )  # fmt: skip
        except FleetError as error:
            raise self.fail(place, str(error)) from error
        if entry.deed == "weather" and entry.what not in REGIMES:
            raise self.fail(place, f"weather {entry.what!r} is none of {', '.join(REGIMES)}")

    def seconds(self, place: str, value: object) -> float:
        """Seconds, or a text like 0:05:00."""
        if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
            return float(value)
        parts = value.split(":") if isinstance(value, str) else []
        if not 2 <= len(parts) <= 3 or not all(part.isdecimal() for part in parts):
            raise self.fail(place, f"{value!r} is no time; write seconds, or H:MM:SS, or M:SS")
        total = 0
        for part in parts:
            total = 60 * total + int(part)
        return float(total)


def check_against(scenario: Scenario, fleet: Fleet) -> None:
    """Every selection must mean somebody, every feeder must be there; FleetError in words."""
    feeders = {site.feeder for site in fleet.sites}
    for entry in scenario.entries:
        place = f"{scenario.name}, timeline entry {entry.number}"
        try:
            if entry.who:
                select(fleet, entry.who)
        except FleetError as error:
            raise FleetError(f"{place}: {error}") from error
        if entry.feeder is not None and entry.feeder not in feeders:
            raise FleetError(
                f"{place}: no feeder {entry.feeder!r}; there are: {', '.join(sorted(feeders))}"
            )


class ScenarioRun:
    """Does what is due as simulated time goes on."""

    def __init__(self, scenario: Scenario, deeds: Deeds, began: float) -> None:
        self.scenario, self.deeds, self.began = scenario, deeds, began
        self._queue = self._round(began)

    def _round(self, began: float) -> list[tuple[float, Entry, bool]]:
        """All of one round by time; True for the end of a fault that lasts only so long."""
        queue = []
        for entry in self.scenario.entries:
            queue.append((began + entry.at_s, entry, False))
            if entry.deed == "fault" and entry.lasts_s:
                queue.append((began + entry.at_s + entry.lasts_s, entry, True))
        return sorted(queue, key=lambda due: due[0])

    def advance(self, t: float) -> None:
        every_s = self.scenario.repeat_every_s
        while True:
            while self._queue and self._queue[0][0] <= t:
                _, entry, is_end = self._queue.pop(0)
                self._do(entry, is_end=is_end)
            if not every_s or t < self.began + every_s:
                return
            self.began += every_s
            self._queue = sorted(self._queue + self._round(self.began), key=lambda due: due[0])

    def _do(self, entry: Entry, *, is_end: bool) -> None:
        deeds = self.deeds
        if is_end:
            deeds.fault(entry.who, NONE, None)
        elif entry.deed == "fault":
            deeds.fault(entry.who, *split_fault(entry.what))
        elif entry.deed == "weather":
            deeds.weather(entry.what, entry.over_s)
        elif entry.deed == "event":
            deeds.event(
                entry.what, size=entry.size, lasts_s=entry.lasts_s, ramp_s=entry.ramp_s,
                feeder=entry.feeder,
            )  # fmt: skip
        else:
            for name, value in entry.points:
                deeds.set(entry.who, name, value)
