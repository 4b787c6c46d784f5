"""A statement on paper and for programs: PDF, CSV, Green Button (CS-10)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from customers.models import Statement, UsagePoint
from derms.lib import letters
from derms.lib.units import WH_PER_KWH
from derms.lib.words import day, number, say
from dispatch.selectors.statements import period_words
from dispatch.statements import Content
from dispatch.statements.content import Part
from dispatch.statements.saying import (
    bonus_said,
    correction_said,
    formula_said,
    order_said,
    reason_said,
)


@dataclass(frozen=True, slots=True)
class Issued:
    """What stands on top: which statement of whom; no `statement` for a period so far."""

    usage_point: UsagePoint
    content: Content
    period: str
    statement: Statement | None = None

    @property
    def title(self) -> str:
        return say("Statement of {period}", period=self.period)

    @property
    def file_name(self) -> str:
        name = self.statement.number if self.statement else f"{self.content.begins_at:%Y-%m-%d}"
        return f"statement-{name}"


def issued(statement: Statement, content: Content) -> Issued:
    period = period_words(statement.begins_on, statement.ends_on)
    return Issued(statement.usage_point, content, period, statement)


def paper(one: Issued) -> bytes:
    """The statement as a letter."""
    customer, row = one.usage_point.customer, one.statement
    return letters.pdf(
        letters.Letter(
            title=one.title,
            sender=settings.SITE_NAME,
            sender_lines=(),
            recipient_lines=(customer.name, *str(one.usage_point.location).split(", ")),
            date=day(timezone.localtime(row.issued_at)) if row else say("so far"),
            reference=say("Statement {number}", number=row.number)
            if row
            else say("not issued yet"),
            blocks=tuple(_blocks(one)),
        )
    )


def _blocks(one: Issued) -> Iterator[letters.Block]:
    content, unit = one.content, settings.CURRENCY
    if one.statement and one.statement.correction:
        changed = correction_said(one.statement.correction)
        yield letters.Text(
            say(
                "This corrects version {version}: {changed}",
                version=one.statement.version - 1,
                changed=changed,
            )
        )
    yield letters.Facts(
        (
            (say("Service point"), str(one.usage_point)),
            (say("Produced"), _kwh(content.produced_wh)),
            (say("Used at home"), _kwh(content.self_used_wh)),
            (say("Fed in"), _kwh(content.exported_wh)),
            (say("Taken from the grid"), _kwh(content.imported_wh)),
            (say("Held back for the grid"), _kwh(content.curtailed_wh)),
            (
                say("Requests joined"),
                say("{joined} of {parts}", joined=len(content.joined), parts=len(content.parts)),
            ),
            (say("Amount"), f"{number(content.amount)} {unit}"),
        )
    )
    days = [f"{day.day.day}" for day in content.days]
    made = [None if d.produced_wh is None else d.produced_wh / WH_PER_KWH for d in content.days]
    yield letters.Bars(say("Production by day"), made, days, "kWh")
    yield letters.Heading(say("What was paid, and how it was counted"))
    yield letters.Table(
        (say("What"), say("Counted"), say("Amount")),
        list(_amounts(content)),
        right=frozenset({2}),
        total=(say("Together"), "", f"{number(content.amount)} {unit}"),
    )
    yield from _requests(content)
    yield from _gaps(content)


def _requests(content: Content) -> Iterator[letters.Block]:
    if not content.parts:
        return
    yield letters.Heading(say("When the utility asked"))
    yield letters.Table(
        (say("When"), say("Unit"), say("Asked"), say("Minutes"), say("Taken part")),
        [
            (
                _moment(part.begins_at),
                part.unit,
                order_said(part.order),
                str(part.minutes),
                _took_part(part),
            )
            for part in content.parts
        ],
        right=frozenset({3}),
    )


def _amounts(content: Content) -> Iterator[tuple[str, str, str]]:
    for line in content.lines:
        what = f"{say(line.what)}: {line.price_name}"
        yield what, formula_said(line.formula), number(line.amount)
    for bonus in content.bonuses:
        said = bonus_said(bonus.programme)
        is_programme = said == bonus.programme
        what = say("Programme: {programme}", programme=said) if is_programme else said
        yield what, formula_said(bonus.formula), number(bonus.amount)
    for part in content.joined:
        amount = "" if part.amount is None else number(part.amount)
        yield say("Held back: {unit}", unit=part.unit), _counted(part.formula), amount


def _gaps(content: Content) -> Iterator[letters.Block]:
    if not content.gaps:
        yield letters.Text(say("Every quarter of an hour was heard."), is_small=True)
        return
    yield letters.Heading(say("When we did not hear your equipment"))
    yield letters.Table(
        (say("What"), say("From"), say("To"), say("Energy")),
        [
            (
                say(gap.source),
                _moment(gap.begins_at),
                _moment(gap.ends_at),
                say("told by its counters") if gap.is_counted else say("not known, not counted"),
            )
            for gap in content.gaps
        ],
    )


def _took_part(part: Part) -> str:
    if not part.took_part:
        return reason_said(part.reason)
    return ". ".join(filter(None, (say("yes"), reason_said(part.reason) if part.reason else "")))


def _counted(formula: str) -> str:
    return formula_said(formula) if formula else say("not settled yet")


def _moment(moment: datetime) -> str:
    local = timezone.localtime(moment)
    return day(local, "full")


def _kwh(energy_wh: float | None) -> str:
    return say("not metered") if energy_wh is None else f"{number(energy_wh / WH_PER_KWH, 2)} kWh"
