"""The one search of the desk: what a caller may name, grouped, with why it matched (CS-1)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Value, When, Window
from django.db.models.functions import RowNumber

from customers.models import Customer, SearchEntry

SHOWN, SHOWN_OF_ONE_KIND = 8, 50
# Of words that half the town has, these many are looked at: another word helps, not another page.
LOOKED_AT = 2000
# A trigram needs three letters; shorter words are looked for where a word begins.
LETTERS_MIN = 3


@dataclass(frozen=True, kw_only=True)
class Reason:
    """A part that holds one of the words asked for, cut into what matched and what did not."""

    label: str
    pieces: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, kw_only=True)
class Hit:
    """One thing found, whose it is, and why."""

    kind: str
    title: str
    key: str
    source_id: int
    customer_id: int
    customer_name: str
    account_number: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, kw_only=True)
class HitGroup:
    """What was found of one kind; `count` may be more than is shown."""

    kind: str
    label: str
    count: int
    hits: tuple[Hit, ...]


@dataclass(frozen=True, kw_only=True)
class Found:
    """The answer to one search; `is_cut` when only a part of what matches was looked at."""

    text: str
    groups: tuple[HitGroup, ...]
    count: int
    is_cut: bool


def search(text: str, *, kind: str = "") -> Found:
    """Every word must be found, and at least one in the thing's own name or number.

    Whole words come first. One question to the database.
    """
    words = words_of(text)
    if not words:
        return Found(text=text, groups=(), count=0, is_cut=False)
    shown = SHOWN_OF_ONE_KIND if kind else SHOWN
    matching = entries(words).filter(_any_of(words, "own"))
    if kind:
        matching = matching.filter(kind=kind)
    looked_at = matching.values("pk")[:LOOKED_AT]
    rows = (
        SearchEntry.objects.filter(pk__in=looked_at)
        .annotate(
            is_whole=Case(
                When(_all_of([f" {word} " for word in words], "words"), then=Value(1)),
                default=Value(0),
                output_field=IntegerField(),
            )
        )
        .annotate(
            place=Window(
                RowNumber(),
                partition_by=[F("kind")],
                order_by=[F("is_whole").desc(), F("title").asc(), F("pk").asc()],
            ),
            of_kind=Window(Count("*"), partition_by=[F("kind")]),
        )
        .filter(place__lte=shown)
        .select_related("customer")
        .order_by("place")
    )
    groups = _grouped(list(rows), words)
    count = sum(group.count for group in groups)
    return Found(text=text, groups=groups, count=count, is_cut=count >= LOOKED_AT)


def entries(words: Sequence[str]) -> QuerySet[SearchEntry]:
    return SearchEntry.objects.filter(_all_of(map(_wanted, words), "words"))


def search_customers(text: str) -> QuerySet[Customer]:
    """Customers of whom, or of whose things, all words are true; everybody when there is none."""
    found = Customer.objects.filter(merged_into=None)
    if words := words_of(text):
        found = found.filter(pk__in=entries(words).values("customer_id"))
    return found.order_by("name", "account_number")


def words_of(text: str) -> list[str]:
    return text.replace("\0", "").lower().split()


def _wanted(word: str) -> str:
    return word if len(word) >= LETTERS_MIN else f" {word}"


def _all_of(words: Iterable[str], field: str) -> Q:
    wanted = Q()
    for word in words:
        wanted &= Q(**{f"{field}__contains": word})
    return wanted


def _any_of(words: Iterable[str], field: str) -> Q:
    wanted = Q(pk__in=())
    for word in words:
        wanted |= Q(**{f"{field}__contains": word})
    return wanted


def _grouped(rows: Sequence["SearchEntry"], words: Sequence[str]) -> tuple[HitGroup, ...]:
    groups = []
    for kind in SearchEntry.Kind:
        of_kind = [row for row in rows if row.kind == kind]
        if of_kind:
            first: object = of_kind[0]
            groups.append(
                HitGroup(
                    kind=kind.value,
                    label=str(kind.label),
                    count=getattr(first, "of_kind", len(of_kind)),
                    hits=tuple(_hit(row, words) for row in of_kind),
                )
            )
    return tuple(groups)


def _hit(row: "SearchEntry", words: Sequence[str]) -> Hit:
    parts = [(label, str(text)) for label, text in row.parts.items()]
    if row.kind != SearchEntry.Kind.CUSTOMER:
        parts += [("customer", row.customer.name), ("account", row.customer.account_number)]
    return Hit(
        kind=row.kind,
        title=row.title,
        key=row.key,
        source_id=row.source_id,
        customer_id=row.customer_id,
        customer_name=row.customer.name,
        account_number=row.customer.account_number,
        reasons=tuple(
            Reason(label=label, pieces=pieces_of(text, words))
            for label, text in parts
            if any(word in text.lower() for word in words)
        ),
    )


def pieces_of(text: str, words: Sequence[str]) -> tuple[tuple[str, bool], ...]:
    """The text in pieces, each with whether it is one of the words asked for."""
    small = text.lower()
    if len(small) != len(text):
        return ((text, False),)
    is_hit = [False] * len(text)
    for word in words:
        at = small.find(word)
        while at >= 0:
            is_hit[at : at + len(word)] = [True] * len(word)
            at = small.find(word, at + 1)
    pieces: list[tuple[str, bool]] = []
    for letter, hit in zip(text, is_hit, strict=True):
        if pieces and pieces[-1][1] == hit:
            pieces[-1] = (pieces[-1][0] + letter, hit)
        else:
            pieces.append((letter, hit))
    return tuple(pieces)
