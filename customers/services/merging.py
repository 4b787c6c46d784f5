"""Two accounts of one customer become one; evidence stays where it was signed (CS-1)."""

from collections.abc import Mapping
from datetime import datetime

from django.db import (
    IntegrityError,
    InternalError,
    ProgrammingError,
    connection,
    models,
    transaction,
)
from psycopg.errors import RaiseException

from customers.models import Customer, CustomerMerge, Representation, UsagePoint
from customers.selectors.holdings import relations_to
from derms.lib.errors import Conflict, Refused


class CannotMerge(Refused):
    """The two cannot become one as they stand."""

    code = "cannot_merge"


class ChangedBeforeMerge(Conflict):
    """One of the two is not as the preview showed it."""

    code = "changed_before_merge"


def merge_customers(
    *, kept: Customer, other: Customer, versions: tuple[int, int], at: datetime, by: str
) -> CustomerMerge:
    """Everything of `other` goes on under `kept`; its old number still finds it.

    `versions` are those that the preview showed. What cannot be moved because it is evidence, as
    an acceptance, stays with the old account and is shown with the new one.
    """
    with transaction.atomic():
        rows = {row.pk: row for row in _locked(kept, other)}
        first, second = rows[kept.pk], rows[other.pk]
        _check(first, second)
        if (first.version, second.version) != versions:
            raise ChangedBeforeMerge(
                "One of the accounts was changed since the preview. Look at it again."
            )
        if first.user_id is None and second.user_id is not None:
            user, second.user_id = second.user_id, None
            second.save(update_fields=["user"])
            Customer.objects.filter(pk=first.pk).update(user_id=user)
        Customer.objects.filter(pk=second.pk).update(merged_into=first, user=None)
        moved = _move_rows(Customer, old=second.pk, new=first.pk)
        _follow_in_search(old=second.pk, new=first.pk)
        return CustomerMerge.objects.create(kept=first, merged=second, at=at, by=by, moved=moved)


def merge_points(*, kept: UsagePoint, other: UsagePoint) -> Mapping[str, int]:
    """One meter was entered twice: what hangs on the second goes to the first, the second goes."""
    if kept.pk == other.pk or kept.customer_id != other.customer_id:
        raise CannotMerge(
            "The two meters belong to different accounts. Merge the accounts first, or correct one."
        )
    with transaction.atomic():
        list(UsagePoint.objects.select_for_update().filter(pk__in=[kept.pk, other.pk]))
        moved = _move_rows(UsagePoint, old=other.pk, new=kept.pk, is_doubled=True)
        try:
            with transaction.atomic():
                other.delete()
        except models.ProtectedError as error:
            left = ", ".join(
                sorted({str(one._meta.verbose_name) for one in error.protected_objects})
            )
            raise CannotMerge(
                f"Meter {other.meter_number} cannot go: evidence hangs on it ({left})."
            ) from error
    return moved


def _locked(kept: Customer, other: Customer) -> list[Customer]:
    found = Customer.objects.select_for_update().filter(pk__in=[kept.pk, other.pk])
    return list(found.order_by("pk"))


def _check(kept: Customer, other: Customer) -> None:
    if kept.pk == other.pk:
        raise CannotMerge("These are not two accounts.")
    if kept.merged_into_id or other.merged_into_id:
        raise CannotMerge("One of the two is merged already.")
    both = Representation.objects.filter(customer__in=[kept, other], active_to=None)
    if both.count() > 1:
        raise CannotMerge("A third party acts for each of the two. End one of them first.")
    if kept.user_id and other.user_id:
        raise CannotMerge("Both accounts have a sign-in. Close one of them first.")


def _move_rows(
    model: type[models.Model], *, old: int, new: int, is_doubled: bool = False
) -> dict[str, int]:
    moved: dict[str, int] = {}
    for other, key in relations_to(model):
        if other is CustomerMerge:
            continue
        rows = other._default_manager.filter(**{f"{key}_id": old})
        is_single = other._meta.get_field(key).one_to_one
        if (
            is_single
            and is_doubled
            and other._default_manager.filter(**{f"{key}_id": new}).exists()
        ):
            rows.delete()
            continue
        try:
            with transaction.atomic():
                count = rows.update(**{f"{key}_id": new})
        except (InternalError, ProgrammingError) as refusal:
            if not isinstance(refusal.__cause__, RaiseException):
                raise
            continue  # evidence: a trigger keeps it as it was written
        except IntegrityError as error:
            label = str(other._meta.verbose_name)
            raise CannotMerge(
                f"Both have a {label} of which there may be only one. End one of them first."
            ) from error
        if count:
            moved[str(other._meta.verbose_name_plural)] = count
    return moved


def _follow_in_search(*, old: int, new: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE customers_searchentry SET customer_id = who.id, "
            "words = customers_search_words(own, who.name, who.account_number) "
            "FROM customers_customer who WHERE who.id = %s AND customer_id = %s",
            [new, old],
        )
