"""Everything the product holds of a customer or a service point, on every floor.

The tables are found by their keys, so that a new one is never forgotten here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import models

from customers.models import Customer, SearchEntry, UsagePoint
from derms.lib.words import mark

ROWS_MAX = 10_000
# Why records stay although the person asks to be forgotten; the rest has the last one.
REASONS = {
    "customeragreement": mark("Proof of a contract, kept until claims under it have lapsed."),
    "notice": mark("That and when somebody was told stays; the words go."),
    "der": mark("What is connected to the grid must be known for everybody's safety."),
    "interconnectionapplication": mark(
        "The grid's approval of what was connected, with its checks."
    ),
    "servicerequest": mark("That something was asked for, and answered in time; the words go."),
    "statement": mark("What was paid and charged, with its formulas: accounts are kept by law."),
    "serviceorder": mark(
        "Work on the grid: when and by whom, what was measured, and the safety checks. Words and "
        "photos of the visit go."
    ),
    "workrequest": mark("What was planned and built on the grid; the words of the wish go."),
    "usagepoint": mark("The service point belongs to the premise, not to the person."),
    "customerlook": mark("Who looked at this customer's pages: proof of data protection itself."),
    "representation": mark("Who was allowed to act for whom, and when."),
}
OTHERWISE = mark("Records of the utility's work, kept as long as the law of records asks.")

# What the tables are called, for the translators; another one comes with its own name.
LABELS = frozenset(
    {
        mark("Customer agreements"),
        mark("Customer erasures"),
        mark("Customer looks"),
        mark("Customer merges"),
        mark("Ders"),
        mark("Devices"),
        mark("Enrolments"),
        mark("Interconnection applications"),
        mark("Notices"),
        mark("Order proposals"),
        mark("Representations"),
        mark("Service connections"),
        mark("Service orders"),
        mark("Service requests"),
        mark("Statements"),
        mark("Usage points"),
        mark("Work requests"),
    }
)


@dataclass(frozen=True, kw_only=True)
class Holding:
    """The rows of one kind; `why` says why they stay after an erasure."""

    label: str
    name: str
    count: int
    why: str


def relations_to(model: type[models.Model]) -> Iterator[tuple[type[models.Model], str]]:
    """Tables with a key to this one, and the key's name; history and search are no tables here."""
    for relation in model._meta.get_fields(include_hidden=True):
        if not (relation.auto_created and (relation.one_to_many or relation.one_to_one)):
            continue
        other: Any = relation.related_model
        if hasattr(other, "pgh_tracked_model") or other in {Customer, SearchEntry}:
            continue
        field: Any = relation
        yield other, str(field.field.name)


def rows_about(customer: Customer) -> list[tuple[type[models.Model], models.QuerySet[Any]]]:
    """The rows of every table that belong to a customer, or to a service point of hers."""
    points = UsagePoint.objects.filter(customer=customer)
    wanted: dict[type[models.Model], models.Q] = {}
    for owner, owned_by in ((Customer, {"": customer}), (UsagePoint, {"__in": points})):
        for model, key in relations_to(owner):
            (suffix, value), *_ = owned_by.items()
            mine = models.Q(**{f"{key}{suffix}": value})
            wanted[model] = wanted.get(model, models.Q(pk__in=())) | mine
    return [
        (model, model._default_manager.filter(condition).order_by("pk"))
        for model, condition in sorted(wanted.items(), key=lambda item: str(item[0]._meta.label))
    ]


def holdings(customer: Customer) -> list[Holding]:
    return [
        Holding(
            label=str(model._meta.verbose_name_plural).capitalize(),
            name=str(model._meta.model_name),
            count=count,
            why=REASONS.get(str(model._meta.model_name), OTHERWISE),
        )
        for model, rows in rows_about(customer)
        if (count := rows.count())
    ]


def plain_rows(rows: models.QuerySet[Any]) -> list[dict[str, object]]:
    """As they stand in the table, without what a person cannot read."""
    names = [
        field.name
        for field in rows.model._meta.concrete_fields
        if not isinstance(field, models.BinaryField)
    ]
    return list(rows.values(*names)[:ROWS_MAX])
