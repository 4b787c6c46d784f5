"""Words, numbers and dates for people, in the language of whoever reads them.

Engines use this without knowing Django: `derms.ui` tells at the start who translates. Without it
everything is English. Texts are looked up by their English words, with facts in braces:

    say("We have {count} of {total}.", count=3, total=5)

`mark` names a text for the translators that is said later, by `say(constant)` or in a template.
"""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

MINUS = "\N{MINUS SIGN}"
ABSENT = "\N{EN DASH}"


class Speaker(Protocol):
    """Who knows the reader's language."""

    def text(self, words: str) -> str: ...
    def counted(self, one: str, many: str, count: int) -> str: ...
    def moment(self, value: date | datetime, style: str) -> str: ...
    def separators(self) -> tuple[str, str]: ...


class English:
    """What is said while nobody else was named."""

    STYLES = {
        "day": "%-d %B %Y",
        "short": "%-d %b %Y",
        "full": "%-d %b %Y %H:%M",
        "short_day": "%-d %b",
        "month": "%B %Y",
        "month_day": "%-d %B",
        "minute": "%H:%M",
    }

    def text(self, words: str) -> str:
        return words

    def counted(self, one: str, many: str, count: int) -> str:
        return one if count == 1 else many

    def moment(self, value: date | datetime, style: str) -> str:
        return value.strftime(self.STYLES[style])

    def separators(self) -> tuple[str, str]:
        """Between thousands, and before the fraction."""
        return ",", "."


_speaker: list[Speaker] = [English()]


def use(speaker: Speaker) -> None:
    """Let this one speak from now on, in every engine."""
    _speaker[0] = speaker


def say(words: str, /, **facts: object) -> str:
    """These words in the reader's language, with the facts in their places."""
    text = _speaker[0].text(words)
    return text.format(**facts) if facts else text


def say_count(one: str, many: str, count: int, /, **facts: object) -> str:
    """One or many, as the language counts; `count` is a fact too."""
    return _speaker[0].counted(one, many, count).format(count=count, **facts)


def mark(words: str) -> str:
    """The same words, named for the translators."""
    return words


def day(value: date | datetime, style: str = "day") -> str:
    """Styles: day (15 June 2026), short (15 Jun 2026), full, month, those without year, minute."""
    return _speaker[0].moment(value, style)


def number(value: float | Decimal, digits: int | None = None, *, signed: bool = False) -> str:
    """With the reader's separators and a true minus; `digits` None keeps those of a Decimal."""
    form = f"{'+' if signed else ''},{'' if digits is None else f'.{digits}f'}"
    text = f"{value:{form}}"
    if float(text.replace(",", "")) == 0:
        text = text.lstrip("+-")
    thousands, fraction = _speaker[0].separators()
    swapped = {ord(","): thousands, ord("."): fraction, ord("-"): MINUS}
    return text.translate(swapped)


class Later:
    """Words that are said in the language of whoever is told them: `str()` says them."""

    def __init__(self, saying: Callable[[], str]) -> None:
        self._saying = saying

    def __str__(self) -> str:
        return self._saying()
