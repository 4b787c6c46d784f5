"""A statement on paper and for programs: PDF, CSV, Green Button (CS-10)."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone

from customers.models import Statement, UsagePoint
from derms.lib import letters
from derms.lib.csv_export import Column
from derms.lib.units import WH_PER_KWH
from dispatch.services.statements import period_words
from dispatch.statements import Content, Day

MISSING = "no data"


@dataclass(frozen=True, slots=True)
class Issued:
    """What stands on top: which statement of whom; no `statement` for a period so far."""

    usage_point: UsagePoint
    content: Content
    period: str
    statement: Statement | None = None

    @property
    def title(self) -> str:
        return f"Statement of {self.period}"

    @property
    def file_name(self) -> str:
        name = self.statement.number if self.statement else f"{self.content.begins_at:%Y-%m-%d}"
        return f"statement-{name}"


def issued(statement: Statement, content: Content) -> Issued:
    period = period_words(statement.begins_on, statement.ends_on)
    return Issued(statement.usage_point, content, period, statement)


DAYS: tuple[Column[Day], ...] = (
    Column("day", lambda day: day.day.isoformat()),
    Column("produced_kwh", lambda day: _number(day.produced_wh)),
    Column("used_at_home_kwh", lambda day: _number(day.self_used_wh)),
    Column("fed_in_kwh", lambda day: _number(day.exported_wh)),
    Column("taken_from_grid_kwh", lambda day: _number(day.imported_wh)),
    Column("battery_charged_kwh", lambda day: _number(day.charged_wh)),
    Column("battery_discharged_kwh", lambda day: _number(day.discharged_wh)),
    Column("minutes_without_data", lambda day: round(day.missing_s / 60)),
)


def paper(one: Issued) -> bytes:
    """The statement as a letter."""
    customer, row = one.usage_point.customer, one.statement
    return letters.pdf(
        letters.Letter(
            title=one.title,
            sender=settings.SITE_NAME,
            sender_lines=(),
            recipient_lines=(customer.name, *str(one.usage_point.location).split(", ")),
            date=f"{timezone.localtime(row.issued_at):%-d %B %Y}" if row else "so far",
            reference=f"Statement {row.number}" if row else "not issued yet",
            blocks=tuple(_blocks(one)),
        )
    )


def _blocks(one: Issued) -> Iterator[letters.Block]:
    content, unit = one.content, settings.CURRENCY
    if one.statement and one.statement.correction:
        changed = one.statement.correction
        yield letters.Text(f"This corrects version {one.statement.version - 1}: {changed}")
    yield letters.Facts(
        (
            ("Service point", str(one.usage_point)),
            ("Produced", _kwh(content.produced_wh)),
            ("Used at home", _kwh(content.self_used_wh)),
            ("Fed in", _kwh(content.exported_wh)),
            ("Taken from the grid", _kwh(content.imported_wh)),
            ("Held back for the grid", _kwh(content.curtailed_wh)),
            ("Requests joined", f"{len(content.joined)} of {len(content.parts)}"),
            ("Amount", f"{content.amount} {unit}"),
        )
    )
    days = [f"{day.day.day}" for day in content.days]
    made = [None if d.produced_wh is None else d.produced_wh / WH_PER_KWH for d in content.days]
    yield letters.Bars("Production by day", made, days, "kWh")
    yield letters.Heading("What was paid, and how it was counted")
    yield letters.Table(
        ("What", "Counted", "Amount"),
        list(_amounts(content)),
        right=frozenset({2}),
        total=("Together", "", f"{content.amount} {unit}"),
    )
    if content.parts:
        yield letters.Heading("When the utility asked")
        yield letters.Table(
            ("When", "Unit", "Asked", "Minutes", "Taken part"),
            [
                (
                    f"{timezone.localtime(part.begins_at):%-d %b %H:%M}",
                    part.unit,
                    part.order,
                    str(part.minutes),
                    f"yes. {part.reason}".rstrip(". ") if part.took_part else part.reason,
                )
                for part in content.parts
            ],
            right=frozenset({3}),
        )
    yield from _gaps(content)


def _amounts(content: Content) -> Iterator[tuple[str, str, str]]:
    for line in content.lines:
        yield f"{line.what}: {line.price_name}", line.formula, str(line.amount)
    for bonus in content.bonuses:
        yield f"Programme: {bonus.programme}", bonus.formula, str(bonus.amount)
    for part in content.joined:
        amount = "" if part.amount is None else str(part.amount)
        yield f"Held back: {part.unit}", part.formula or "not settled yet", amount


def _gaps(content: Content) -> Iterator[letters.Block]:
    if not content.gaps:
        yield letters.Text("Every quarter of an hour was heard.", is_small=True)
        return
    yield letters.Heading("When we did not hear your equipment")
    yield letters.Table(
        ("What", "From", "To", "Energy"),
        [
            (
                gap.source,
                f"{timezone.localtime(gap.begins_at):%-d %b %H:%M}",
                f"{timezone.localtime(gap.ends_at):%-d %b %H:%M}",
                "told by its counters" if gap.is_counted else "not known, not counted",
            )
            for gap in content.gaps
        ],
    )


def _kwh(energy_wh: float | None) -> str:
    return "not metered" if energy_wh is None else f"{energy_wh / WH_PER_KWH:,.2f} kWh"


def _number(energy_wh: float | None) -> str:
    return MISSING if energy_wh is None else f"{energy_wh / WH_PER_KWH:.3f}"
