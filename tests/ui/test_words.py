"""Every text a customer reads is marked, and every marked one translated with the same fields."""

import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from django.conf import settings
from django.template.base import Lexer, TokenType

from derms import catalogues
from derms.ui.collecting import collected

ROOT = Path(settings.BASE_DIR)
TEMPLATES = ROOT / "templates"
# Names of formats and units are the same in every language.
NAMES = {"CSV", "PDF", "kWh", "kW", "kVA", "Green Button", "SHA-256", "h", "UTC"}
NAMES |= {"Authorization: Token …"}
# Classes and attributes of the shell, written in blocks.
NAMES |= {"narrow", 'data-density="comfortable"', 'class="portal"'}
ATTRIBUTES = re.compile(r'\s(?:aria-label|title|placeholder|alt|data-label)="([^"]*)"')
IN_TAGS = re.compile(r'\b(?:title|text|label|action|describe|word|note)="[A-Za-z]|status "[A-Za-z]')
INCLUDED = re.compile(r'\{% include "([^"]+)"')
PICTURES = re.compile(r"<svg\b(?:(?!</svg>).)*>|<script\b.*?</script>|<!doctype[^>]*>", re.DOTALL)


def pages_of_customers() -> list[Path]:
    """The portal's templates with everything they include."""
    found: set[Path] = set()
    waiting = [
        page
        for page in TEMPLATES.rglob("*.html")
        if page.parent.name != "groups"
        and re.match(r'\{% extends (?:"portal|"interconnection/portal|is_portal)', page.read_text())
    ]
    waiting += [
        TEMPLATES / "portal.html",
        TEMPLATES / "base.html",
        TEMPLATES / "account/login.html",
    ]
    waiting += (TEMPLATES / "forms").glob("*.html")
    while waiting:
        page = waiting.pop()
        if page not in found:
            found.add(page)
            waiting += [TEMPLATES / name for name in INCLUDED.findall(page.read_text())]
    return sorted(found)


def unmarked(text: str) -> Iterator[str]:
    """Words that a reader would see, outside every mark."""
    shown, is_marked = [], False
    for token in Lexer(
        re.sub(r"\{% comment %\}.*?\{% endcomment %\}", "", text, flags=re.DOTALL)
    ).tokenize():
        if token.token_type == TokenType.BLOCK:
            if token.contents.startswith("blocktranslate"):
                is_marked = True
            elif token.contents.startswith("endblocktranslate"):
                is_marked = False
            elif IN_TAGS.search(token.contents):
                yield token.contents
        elif token.token_type == TokenType.TEXT and not is_marked:
            shown.append(token.contents)
    html = PICTURES.sub("", "".join(shown))
    for said in [*ATTRIBUTES.findall(html), *re.split(r"<[^<>]*>", html)]:
        words = re.sub(r"&\w+;", " ", said).strip(" \n,.:;·–—()|/+-×±%")
        if re.search(r"[A-Za-z]{2,}", words) and words not in NAMES:
            yield words


@pytest.mark.parametrize("page", pages_of_customers(), ids=lambda page: page.name)
def test_every_text_of_a_customer_s_page_is_marked(page: Path) -> None:
    assert list(unmarked(page.read_text())) == []


def test_the_search_for_unmarked_texts_finds_them() -> None:
    page = '<p title="Two words">{% translate "Marked" %} not marked</p>{% status "In" "done" %}'

    assert set(unmarked(page)) == {"Two words", "not marked", 'status "In" "done"'}


@pytest.mark.parametrize("source", catalogues.sources(ROOT), ids=lambda source: source.parts[-3])
def test_every_marked_text_is_translated_and_nothing_else_is_kept(source: Path) -> None:
    kept = list(catalogues.entries(source))
    wanted = {message.words for message in collected(ROOT)}

    assert sorted(wanted - {one.msgid for one in kept}) == [], "run manage.py collect_words"
    assert sorted({one.msgid for one in kept} - wanted) == [], "run manage.py collect_words"
    assert [one.msgid for one in kept if not catalogues.is_translated(one)] == []


@pytest.mark.parametrize("source", catalogues.sources(ROOT), ids=lambda source: source.parts[-3])
def test_translations_have_the_fields_of_their_originals(source: Path) -> None:
    odd = {}
    for one in catalogues.entries(source):
        originals = [one.msgid, one.msgid_plural] if one.msgid_plural else [one.msgid]
        allowed = [fields_of(text) for text in originals]
        for text in one.msgstr_plural.values() if one.msgid_plural else [one.msgstr]:
            if fields_of(text) not in allowed:
                odd[one.msgid] = text

    assert odd == {}


def fields_of(text: str) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    named = frozenset(re.findall(r"%\((\w+)\)s", text))
    braces = frozenset(name for _, name, _, _ in Formatter().parse(text) if name)
    return named, braces, frozenset(re.findall(r"</?\w+", text))
