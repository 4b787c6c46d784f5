"""Sentences in the reader's language."""

from collections.abc import Sequence
from datetime import date, datetime

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext

from derms.lib.telling import Energy, Fact, Money, Power, Sentence, filled


def told(sentences: Sequence[Sentence]) -> str:
    return filled(sentences, gettext, _written)


def _written(fact: Fact) -> str:
    if isinstance(fact, datetime):
        return timezone.localtime(fact).strftime("%H:%M")
    if isinstance(fact, date):
        return date_format(fact, "MONTH_DAY_FORMAT")
    if isinstance(fact, Energy):
        return f"{number_format(fact.wh / 1000, 2)} kWh"
    if isinstance(fact, Power):
        return f"{number_format(fact.w / 1000, 2)} kW"
    if isinstance(fact, Money):
        return f"{number_format(fact.amount, 2)} {fact.currency}"
    return gettext(fact) if isinstance(fact, str) and fact else str(fact)
