"""What the desk searches: one row for each thing a caller may name, kept by the database (CS-1)."""

from collections.abc import Mapping
from dataclasses import dataclass

import pgtrigger
from django.contrib.postgres.indexes import GinIndex
from django.db import models


class SearchEntry(models.Model):
    """One customer, service point, application, unit or DER, by everything it is known by.

    Rows are written by triggers of the tables they stand for (`Filed`), from raw SQL too. `parts`
    are its own words by what they are; `words` are those and the name and account of its customer,
    in small letters between spaces, so that words of both may be combined.
    """

    class Kind(models.TextChoices):
        """What was found, in the order in which it is shown."""

        CUSTOMER = "customer", "Customers"
        POINT = "point", "Meters and addresses"
        APPLICATION = "application", "Applications"
        REQUEST = "request", "Requests"
        DER = "der", "DER in service"
        UNIT = "unit", "Equipment applied for"

    kind = models.CharField(max_length=16, choices=Kind.choices)
    source_id = models.BigIntegerField()
    # By name, as this file comes before the customer's own.
    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+")
    # The service point with which this is handed on to another customer; empty when it is not.
    point_id = models.BigIntegerField(null=True, blank=True, db_index=True)
    key = models.CharField(max_length=64)
    title = models.CharField(max_length=250)
    parts = models.JSONField()
    own = models.TextField()
    words = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "source_id"], name="search_entry_once")
        ]
        indexes = [
            GinIndex(
                name="search_entry_words",
                fields=["words"],
                opclasses=["gin_trgm_ops"],
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


def _update_of(*columns: str) -> pgtrigger.UpdateOf:
    return pgtrigger.UpdateOf(*columns)  # type: ignore[no-untyped-call]  # the library's gap


@dataclass(frozen=True, kw_only=True)
class Filed:
    """How rows of one table are filed for the search: SQL over the row, which is called `new`."""

    kind: SearchEntry.Kind
    customer: str
    point: str = "NULL"
    key: str
    title: str
    parts: Mapping[str, str]
    changes: tuple[str, ...]

    @property
    def call(self) -> str:
        """File one row; the function comes with the table's migration."""
        pairs = ", ".join(f"'{name}', {value}" for name, value in self.parts.items())
        return (
            f"customers_file_entry('{self.kind.value}', new.id, {self.customer}, {self.point}, "
            f"{self.key}, {self.title}, jsonb_build_object({pairs}))"
        )

    def triggers(self) -> list[pgtrigger.Trigger]:
        """File the row again whenever a column it is known by changes."""
        return [
            pgtrigger.Trigger(
                name="file_for_search",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | _update_of(*self.changes),
                func=f"PERFORM {self.call}; RETURN NULL;",
            ),
            pgtrigger.Trigger(
                name="leave_the_search",
                when=pgtrigger.After,
                operation=pgtrigger.Delete,
                func=(
                    f"DELETE FROM customers_searchentry WHERE kind = '{self.kind.value}' "  # noqa: S608  our own words only
                    "AND source_id = OLD.id; RETURN NULL;"
                ),
            ),
        ]

    def all_rows_sql(self, table: str) -> str:
        """File every row of a table, as a migration or a bench needs it."""
        return f"SELECT count({self.call}) FROM {table} AS new"  # noqa: S608  our own words only


CUSTOMER_FILED = Filed(
    kind=SearchEntry.Kind.CUSTOMER,
    customer="new.id",
    key="new.account_number",
    title="new.name",
    parts={
        "name": "new.name",
        "account": "new.account_number",
        "e-mail": "new.email",
        "telephone": "new.phone",
    },
    changes=("name", "account_number", "email", "phone"),
)
# What belongs to a customer is found by a new name too.
CUSTOMER_RENAMED = pgtrigger.Trigger(
    name="rename_for_search",
    when=pgtrigger.After,
    operation=_update_of("name", "account_number"),
    func=(
        "UPDATE customers_searchentry SET words = customers_search_words(own, NEW.name, "
        "NEW.account_number) WHERE customer_id = NEW.id; RETURN NULL;"
    ),
)
_PLACE = "FROM customers_servicelocation place WHERE place.id = new.location_id"
_ADDRESS = f"(SELECT concat(place.street, ', ', place.postcode, ' ', place.locality) {_PLACE})"
POINT_FILED = Filed(
    kind=SearchEntry.Kind.POINT,
    customer="new.customer_id",
    key="new.meter_number",
    title=_ADDRESS,
    parts={"meter": "new.meter_number", "address": _ADDRESS},
    changes=("customer_id", "location_id", "meter_number"),
)
POINT_HANDED_ON = pgtrigger.Trigger(
    name="hand_on_in_search",
    when=pgtrigger.After,
    operation=_update_of("customer_id"),
    condition=pgtrigger.Q(old__customer__df=pgtrigger.F("new__customer")),
    func=(
        "UPDATE customers_searchentry entry SET customer_id = NEW.customer_id, "
        "words = customers_search_words(own, who.name, who.account_number) "
        "FROM customers_customer who WHERE who.id = NEW.customer_id AND point_id = NEW.id; "
        "RETURN NULL;"
    ),
)
LOCATION_CHANGED = pgtrigger.Trigger(
    name="file_points_for_search",
    when=pgtrigger.After,
    operation=_update_of("street", "postcode", "locality"),
    func=(
        f"PERFORM {POINT_FILED.call} FROM customers_usagepoint AS point_ "
        "WHERE point_.location_id = NEW.id; RETURN NULL;"
    ).replace("new.", "point_."),
)
