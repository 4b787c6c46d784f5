"""`manage.py issue_statements`: a month's statements now, or corrections of those there are."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from derms.lib.days import day_from, midnight, month_of
from derms.lib.errors import Conflict, Refused
from dispatch.selectors.statements import points_with_der
from dispatch.services.statements import CHUNK, Period, issue_statements


class Command(BaseCommand):
    """Statements of one month for every service point with DER; those that say the same stay."""

    help = "Issue a month's statements, or corrections where more is known by now."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("month", help="such as 2026-10")
        parser.add_argument("--point", type=int, help="only this service point")

    def handle(self, *_: Any, month: str, point: int | None, **__: Any) -> None:
        day = day_from(f"{month}-01")
        if day is None:
            raise CommandError(f"{month} is no month. Write it like 2026-10.")
        begins_on, ends_on = month_of(day)
        at, new, same = timezone.now(), 0, 0
        period = Period(begins_on=begins_on, ends_on=ends_on)
        found = points_with_der(midnight(ends_on))
        points = list(found.filter(pk=point) if point else found)
        for first in range(0, len(points), CHUNK):
            chunk = points[first : first + CHUNK]
            try:
                rows = issue_statements(points=chunk, period=period, at=at, by="command")
            except (Refused, Conflict) as refusal:
                raise CommandError(refusal.message) from refusal
            made = sum(row.issued_at == at for row in rows)
            new, same = new + made, same + len(rows) - made
        self.stdout.write(f"{new} issued, {same} unchanged.")
