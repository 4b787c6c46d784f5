"""Who works on an application; never over somebody else's change (CS-1)."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from customers.models import ServiceRequest
from customers.services import assign_request
from derms.accounts.changes import changes_since
from derms.accounts.models import User
from derms.lib.errors import Conflict
from interconnection.models import InterconnectionApplication
from interconnection.services.turns import ChangedMeanwhile


@dataclass(frozen=True, kw_only=True)
class Assigned:
    """What came of assigning many: how many, and in words what somebody else had changed."""

    count: int
    refusals: tuple[str, ...]


def assign_application(
    *, application: InterconnectionApplication, to: User | None, version: int | None = None
) -> InterconnectionApplication:
    """Raises ChangedMeanwhile, with what changed, when `version` is not the present one."""
    with transaction.atomic():
        row = InterconnectionApplication.objects.select_for_update().get(pk=application.pk)
        if version is not None and row.version != version:
            told = [change.words for change in changes_since(row, version=version)]
            words = " ".join(told) or "It was changed meanwhile."
            raise ChangedMeanwhile(
                f"{row.reference} was not assigned. {words} Look again and decide anew."
            )
        InterconnectionApplication.objects.filter(pk=row.pk).update(assigned_to=to)
    application.assigned_to = to
    return application


def assign_many(*, chosen: Sequence[tuple[str, int]], to: User | None) -> Assigned:
    """Numbers with the version each was read in; what changed since is left alone."""
    requests = {
        row.number: row
        for row in ServiceRequest.objects.filter(
            number__in=[number for number, _ in chosen], mirrors=""
        )
    }
    rows = {
        row.reference: row
        for row in InterconnectionApplication.objects.filter(
            reference__in=[reference for reference, _ in chosen]
        )
    }
    count, refusals = 0, []
    for reference, version in chosen:
        try:
            if reference in requests:
                assign_request(request=requests[reference], to=to, version=version)
            elif reference in rows:
                assign_application(application=rows[reference], to=to, version=version)
            else:
                refusals.append(f"There is nothing with the number {reference}.")
                continue
        except Conflict as conflict:
            refusals.append(conflict.message)
        else:
            count += 1
    return Assigned(count=count, refusals=tuple(refusals))
