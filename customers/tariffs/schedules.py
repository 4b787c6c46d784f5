"""Price schedules as they are kept: read, checked, refused in words (pure)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time
from decimal import Decimal, InvalidOperation
from typing import Any

from customers.tariffs.calendar import DAYS, SUNDAY, Line, Price, PriceSchedule

PRICE_LIMIT = Decimal(1000)
LEAP_YEAR = 2024


class ScheduleError(ValueError):
    """What is wrong with a schedule, each in words for the person who wrote it."""

    def __init__(self, words: Sequence[str]) -> None:
        super().__init__(" ".join(words))
        self.words = tuple(words)


def schedule_of(kept: Mapping[str, Any]) -> PriceSchedule:
    """The schedule from how it is kept; ScheduleError names everything that is wrong with it."""
    wrong: list[str] = []
    lines = [
        line
        for number, row in enumerate(kept.get("lines", ()), start=1)
        if (line := _line(row, number, wrong)) is not None
    ]
    holidays = {day for text in kept.get("holidays", ()) if (day := _holiday(text, wrong))}
    if not wrong:
        wrong += _what_is_missing(lines)
    if wrong:
        raise ScheduleError(wrong)
    return PriceSchedule(lines=tuple(lines), holidays=frozenset(holidays))


def flat(export_per_kwh: Decimal, import_per_kwh: Decimal | None = None) -> dict[str, Any]:
    """One price for every hour of the year, as it is kept."""
    line = {
        "season": "All year",
        "season_begins": "01-01",
        "days": "every_day",
        "begins": "00:00",
        "name": "Any time",
        "import": None if import_per_kwh is None else str(import_per_kwh),
        "export": str(export_per_kwh),
    }
    return {"lines": [line], "holidays": []}


def _line(row: Mapping[str, Any], number: int, wrong: list[str]) -> Line | None:
    before = len(wrong)

    def read(name: str, of: Any, words: str) -> Any:  # noqa: ANN401  text into what it means
        try:
            return of(row.get(name))
        except (ValueError, TypeError, InvalidOperation):
            wrong.append(f"Line {number}: {words}.")
            return None

    season_begins = read("season_begins", _month_day, "the season begins on a day such as 06-01")
    begins = read("begins", _clock, "the time is written such as 16:00")
    days = read("days", _days, "choose the days")
    export = read("export", _money, "the export price is an amount such as 0.08000")
    cost = read("import", _money_or_none, "the import price is an amount such as 0.21000, or empty")
    season, name = (str(row.get(key) or "").strip()[:40] for key in ("season", "name"))
    if not (season and name):
        wrong.append(f"Line {number}: name the season and the time of day.")
    if len(wrong) > before:
        return None
    price = Price(season=season, name=name, import_per_kwh=cost, export_per_kwh=export)
    return Line(season_begins=season_begins, days=days, begins=begins, price=price)


def _month_day(text: object) -> tuple[int, int]:
    day = date.fromisoformat(f"{LEAP_YEAR}-{text}")
    if (day.month, day.day) == (2, 29):
        raise ValueError(text)
    return day.month, day.day


def _clock(text: object) -> time:
    clock = time.fromisoformat(str(text))
    if clock.second or clock.microsecond or clock.tzinfo:
        raise ValueError(text)
    return clock


def _days(text: object) -> str:
    if text not in DAYS:
        raise ValueError(text)
    return str(text)


def _money(text: object) -> Decimal:
    amount = Decimal(str(text))
    if not amount.is_finite() or abs(amount) >= PRICE_LIMIT:
        raise ValueError(text)
    return amount


def _money_or_none(text: object) -> Decimal | None:
    return None if text is None or not str(text).strip() else _money(text)


def _holiday(text: object, wrong: list[str]) -> date | None:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        wrong.append(f"A holiday is a date such as 2027-07-04, not {text}.")
        return None


def _what_is_missing(lines: Sequence[Line]) -> Iterable[str]:
    """Whether each day of each season has a price for each minute, and only one."""
    if not lines:
        return ["Give at least one price."]
    seasons = {(line.price.season, line.season_begins) for line in lines}
    wrong = []
    for names, at in (
        ([name for name, _ in seasons], "{} begins on two different days."),
        ([f"{month:02}-{day:02}" for _, (month, day) in seasons], "Two seasons begin on {}."),
    ):
        wrong += [at.format(name) for name in sorted(set(names)) if names.count(name) > 1]
    if any(
        (line.price.import_per_kwh is None) != (lines[0].price.import_per_kwh is None)
        for line in lines
    ):
        wrong.append("Give an import price on every line, or on none.")
    schedule = PriceSchedule(lines=tuple(lines))
    for season in sorted({name for name, _ in seasons}):
        for label, weekday in (("a Monday", 0), ("a Saturday", 5), ("a Sunday", SUNDAY)):
            try:
                of_day = schedule.day_lines(season, weekday)
            except KeyError:
                wrong.append(f"{season} has no price for {label}.")
                continue
            starts = [line.begins for line in of_day]
            if starts[0] != time():
                wrong.append(f"{season} has no price for {label} from 00:00.")
            if len(set(starts)) < len(starts):
                wrong.append(f"{season} has two prices for {label} at the same time.")
    return wrong
