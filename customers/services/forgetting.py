"""What was typed and sent with requests, visits and works of a customer who is forgotten (CS-1)."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import pgtrigger
from django.db import transaction
from django.db.models import Q, QuerySet

from customers.flows.checklists import NUMBER, TICK, checklist_of
from customers.models import (
    Customer,
    RequestFile,
    RequestNote,
    RequestPassage,
    ServiceOrder,
    ServiceOrderStatusChange,
    ServiceRequest,
    ServiceRequestStatusChange,
    VisitPhoto,
    VisitReport,
    WorkRequest,
    WorkRequestStatusChange,
)
from customers.services.files import path_of

ERASED_WORDS = "Erased."
# Evidence is append-only; the law that asks to forget stands above our own rule.
PROTECTED = (
    "customers.ServiceRequestEvent:append_only",
    "customers.RequestNote:append_only",
    "customers.RequestPassage:append_only",
    "customers.RequestFile:append_only",
    "customers.ServiceRequestStatusChange:append_only",
    "customers.ServiceOrderStatusChange:append_only",
    "customers.VisitReport:append_only",
    "customers.VisitPhoto:append_only",
    "customers.WorkRequestEvent:append_only",
    "customers.WorkRequestStatusChange:append_only",
)
# Of a visit's checklist these stay: what was measured and that it was safe are records of the grid.
KEPT_LINES = frozenset({TICK, NUMBER})


def forget_requests(customer: Customer) -> None:
    """Answers, notes, reasons and files go; that a request was made, and when, stays.

    Runs in the caller's transaction; files leave the disk when it is durable.
    """
    mine = ServiceRequest.objects.filter(customer=customer)
    events: Any = ServiceRequest
    with pgtrigger.ignore(*PROTECTED):
        mine.update(answers={}, ask="")
        history = events.pgh_event_model.objects.filter(customer=customer)
        history.update(answers={}, ask="")
        RequestNote.objects.filter(request__in=mine).update(text=ERASED_WORDS)
        RequestPassage.objects.filter(request__in=mine).exclude(words="").update(words=ERASED_WORDS)
        _forget_reasons(ServiceRequestStatusChange.objects.filter(request__in=mine))
        files = RequestFile.objects.filter(request__in=mine)
        for key in files.values_list("key", flat=True):
            transaction.on_commit(partial(path_of(key).unlink, missing_ok=True))
        files.update(name="erased", size_bytes=0)


def forget_visits(customer: Customer) -> None:
    """Photos and words of visits to her go; that, when and by whom stays, with what was measured.

    Runs in the caller's transaction; photos leave the disk when it is durable.
    """
    orders = ServiceOrder.objects.filter(
        Q(request__customer=customer) | Q(usage_point__customer=customer)
    )
    with pgtrigger.ignore(*PROTECTED):
        for order in orders:
            kept = {"answers": _measured(order.kind, order.answers), "result": ""}
            ServiceOrder.objects.filter(pk=order.pk).update(**kept)
        reports = VisitReport.objects.filter(order__in=orders).select_related("order")
        for report in reports:
            kept = {"answers": _measured(report.order.kind, report.answers), "result": ""}
            VisitReport.objects.filter(pk=report.pk).update(**kept)
        photos = VisitPhoto.objects.filter(order__in=orders)
        for key in photos.values_list("key", flat=True):
            transaction.on_commit(partial(path_of(key).unlink, missing_ok=True))
        photos.update(name="erased", size_bytes=0)
        _forget_reasons(ServiceOrderStatusChange.objects.filter(order__in=orders))


def forget_works(customer: Customer) -> None:
    """What she wished for in words goes; what the utility planned and built stays."""
    mine = WorkRequest.objects.filter(customer=customer)
    tracked: Any = WorkRequest
    with pgtrigger.ignore(*PROTECTED):
        for rows in (mine, tracked.pgh_event_model.objects.filter(customer=customer)):
            rows.update(description=ERASED_WORDS)
        _forget_reasons(WorkRequestStatusChange.objects.filter(work__in=mine))


def _measured(kind: str, answers: Mapping[str, str]) -> dict[str, str]:
    kept = {line.key for line in checklist_of(kind) if line.kind in KEPT_LINES}
    return {key: value for key, value in answers.items() if key in kept}


def _forget_reasons(changes: QuerySet[Any]) -> None:
    changes.exclude(reason="").update(reason=ERASED_WORDS)
