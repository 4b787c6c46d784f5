"""What a reader sees of a page, and which of it is the same in two languages."""

import re
from collections.abc import Iterable
from html import unescape

from django.test import Client

# The same in every language: units, kinds of files, signs of products.
UNITS = ["kWh", "kW", "kVA", "kvar", "W", "V", "h", "min", "s", "UTC", "USD"]
SIGNS = ["PDF", "CSV", "JSON", "SHA-256", "DERMS", "DER", "API", "no", "Total", "Firmware"]
EVERYWHERE = frozenset([*UNITS, *SIGNS, "Green Button", "English", "Español"])
_HIDDEN = re.compile(r"<(script|style|svg|code)\b.*?</\1>|<head>.*?</head>|<!--.*?-->", re.DOTALL)
_SAID = re.compile(r'\s(?:aria-label|title|placeholder|alt|data-label)="([^"]*)"')


def visible_texts(page: str) -> set[str]:
    """Every text between tags, and what is said instead of pictures."""
    title = re.findall(r"<title>(.*?)</title>", page, re.DOTALL)
    body = _HIDDEN.sub(" ", page)
    said = [*title, *_SAID.findall(body), *re.split(r"<[^<>]*>", body)]
    return {" ".join(unescape(one).split()) for one in said} - {""}


def left_in_english(english: Client, spanish: Client, path: str, own: Iterable[str]) -> list[str]:
    """The texts that both pages have, without names, numbers and what people wrote themselves."""
    answers = english.get(path), spanish.get(path)
    assert answers[0].status_code == answers[1].status_code
    same = visible_texts(answers[0].content.decode()) & visible_texts(answers[1].content.decode())
    return sorted(text for text in same if _is_said(text, own))


def _is_said(text: str, own: Iterable[str]) -> bool:
    if text.startswith("IEEE 1547-2018:"):
        return False  # the standard is written in English only
    for name in sorted({*own, *EVERYWHERE}, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", " ", text)
    return re.search(r"[^\W\d_]{2,}", text) is not None
