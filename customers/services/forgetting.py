"""What was typed and sent with a customer's requests, written over when she is forgotten (CS-1)."""

from functools import partial
from typing import Any

import pgtrigger
from django.db import transaction

from customers.models import (
    Customer,
    RequestFile,
    RequestNote,
    RequestPassage,
    ServiceRequest,
    ServiceRequestStatusChange,
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
)


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
        ServiceRequestStatusChange.objects.filter(request__in=mine).exclude(reason="").update(
            reason=ERASED_WORDS
        )
        files = RequestFile.objects.filter(request__in=mine)
        for key in files.values_list("key", flat=True):
            transaction.on_commit(partial(path_of(key).unlink, missing_ok=True))
        files.update(name="erased", size_bytes=0)
