"""Filters for quantities and tags for the parts that docs/ui.md lists."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.forms import BaseForm, BoundField
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from derms.lib import words
from derms.lib.telling import Sentence
from derms.ui import formats, telling

register = template.Library()

_STYLES = {"full": "full", "minute": "minute", "day": "short"}

Quantity = float | int | Decimal | None


def _float(value: Quantity) -> float | None:
    return None if value is None or value == "" else float(value)


@register.filter
def number(value: Quantity, digits: int = 0) -> str:
    return formats.number(_float(value), digits)


@register.filter
def signed(value: Quantity, digits: int = 0) -> str:
    return formats.number(_float(value), digits, signed=True)


@register.filter
def kilo(value: Quantity, digits: int = 2) -> str:
    """Base units in thousands, without the unit: 4500 is "4.50"."""
    amount = _float(value)
    return formats.number(None if amount is None else amount / 1_000, digits)


@register.filter
def mega(value: Quantity, digits: int = 2) -> str:
    """Base units in millions, without the unit."""
    amount = _float(value)
    return formats.number(None if amount is None else amount / 1_000_000, digits)


@register.filter
def kw(value: Quantity, digits: int = 2) -> str:
    """Watts as "4.50 kW"."""
    return _with_unit(value, "kW", digits)


@register.filter
def kwh(value: Quantity, digits: int = 2) -> str:
    """Watt-hours as "4.50 kWh"."""
    return _with_unit(value, "kWh", digits)


def _with_unit(value: Quantity, unit: str, digits: int) -> str:
    if _float(value) is None:
        return formats.ABSENT
    return f"{kilo(value, digits)}{formats.NARROW}{unit}"


@register.filter
def power(value: Quantity, unit: str = "W") -> str:
    """Watts (or var, VA) with the prefix that fits: "7.86 MW", "450 W"."""
    return formats.scaled(_float(value), unit=unit)


@register.filter
def energy(value: Quantity) -> str:
    return formats.scaled(_float(value), unit="Wh")


@register.filter
def pct(value: Quantity, digits: int = 1) -> str:
    if _float(value) is None:
        return formats.ABSENT
    return f"{number(value, digits)}{formats.NARROW}%"


@register.filter
def duration(seconds: Quantity) -> str:
    return formats.age(_float(seconds))


@register.filter
def told(sentences: Sequence[Sentence]) -> str:
    """One paragraph in the reader's language."""
    return telling.told(sentences)


@register.filter
def money(value: Quantity) -> str:
    """An amount with all its digits and the reader's separators; the currency stands beside it."""
    return formats.ABSENT if value is None or value == "" else words.number(Decimal(value))


@register.filter
def day(value: date | None, style: str = "day") -> str:
    """A date in the reader's order: day, short, month, month_day, or of a time full, minute."""
    return formats.ABSENT if value is None else words.day(value, style)


@register.filter
def said(value: object) -> str:
    """Words that are marked where they are kept, in the reader's language."""
    return words.say(str(value)) if value else ""


@register.filter
def position(value: Quantity) -> str:
    """A place in percent for `left:` and `width:`, with a point whatever the language."""
    return f"{min(100.0, max(0.0, _float(value) or 0.0)):.2f}"


@register.simple_tag
def when(moment: datetime | None, style: str = "full") -> SafeString | str:
    """A `<time>`: "full" with the date, "clock" to the second, "day" without the time."""
    if moment is None:
        return formats.ABSENT
    local = timezone.localtime(moment)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(),
        f"{words.day(local, 'short')} {local:%H:%M:%S %Z}",
        f"{local:%H:%M:%S}" if style == "clock" else words.day(local, _STYLES[style]),
    )


@register.inclusion_tag("forms/field.html")
def field(bound: BoundField, unit: str = "") -> dict[str, Any]:
    return {"field": bound, "unit": unit}


@register.inclusion_tag("forms/errors.html")
def form_errors(form: BaseForm) -> dict[str, Any]:
    return {"form": form, "errors": form.errors}


@register.inclusion_tag("fragments/_status.html")
def status(word: str, kind: str = "idle") -> dict[str, str]:
    """kind: idle, wait, active, done, off, warn, bad."""
    return {"word": word, "kind": kind}


@register.inclusion_tag("fragments/_priority.html")
def priority(level: int, label: str = "", size: int = 18) -> dict[str, Any]:
    return {"level": int(level), "label": label, "size": size}


@register.inclusion_tag("fragments/_age.html")
def aged(
    text: str,
    measured_at: datetime | None,
    at: datetime,
    limit_s: int = 30,
    unit: str = "",
    key: str = "",
) -> dict[str, Any]:
    """A value with its unit and its age; struck through when older than `limit_s`."""
    seconds = None if measured_at is None else (at - measured_at).total_seconds()
    return {
        "text": text,
        "unit": unit,
        "key": key,
        "limit_s": limit_s,
        "epoch": None if measured_at is None else round(measured_at.timestamp(), 3),
        "age": formats.age(seconds),
        "is_stale": seconds is None or seconds > limit_s,
    }
