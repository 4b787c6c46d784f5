"""Sentences for customers, made from recorded facts: words and facts apart, so that both the words
and the way numbers and times are written can be those of the reader's language (pure).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo


def gettext_noop(words: str) -> str:
    """Mark words for the translators; they are translated where they are shown."""
    return words


@dataclass(frozen=True, slots=True)
class Energy:
    """Wh."""

    wh: float


@dataclass(frozen=True, slots=True)
class Power:
    """W."""

    w: float


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in the utility's currency."""

    amount: Decimal
    currency: str


# A moment is told as the time on the customer's clock, a day as day and month.
Fact = str | int | datetime | date | Energy | Power | Money


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words with facts in braces."""

    words: str
    facts: Mapping[str, Fact] = field(default_factory=dict)


def say(words: str, **facts: Fact) -> Sentence:
    return Sentence(words, facts)


def filled(
    sentences: Sequence[Sentence],
    translate: Callable[[str], str],
    written: Callable[[Fact], str],
) -> str:
    """One paragraph. Facts are put in as they are, whatever braces they hold."""
    return " ".join(
        translate(one.words).format(**{name: written(fact) for name, fact in one.facts.items()})
        for one in sentences
    )


def in_english(sentences: Sequence[Sentence], zone: ZoneInfo) -> str:
    """The paragraph as written, for mails and for reading aloud."""
    return filled(sentences, lambda words: words, lambda fact: _english(fact, zone))


def _english(fact: Fact, zone: ZoneInfo) -> str:
    if isinstance(fact, datetime):
        return f"{fact.astimezone(zone):%H:%M}"
    if isinstance(fact, date):
        return f"{fact.day} {fact:%B}"
    if isinstance(fact, Energy):
        return f"{fact.wh / 1000:,.2f} kWh"
    if isinstance(fact, Power):
        return f"{fact.w / 1000:,.2f} kW"
    if isinstance(fact, Money):
        return f"{fact.amount} {fact.currency}"
    return str(fact)
