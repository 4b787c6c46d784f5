"""What the pages of an application share: the draft they work on and where in the way they are."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from customers.models import Right
from customers.selectors import require_right
from derms.accounts.access import signed_in
from derms.lib.words import mark, say
from interconnection.services.turns import CUSTOMERS_TURN
from interconnection.views.portal import application_of

STEPS = (
    mark("Service point"),
    mark("Tariff"),
    mark("Equipment"),
    mark("Date"),
    mark("Review"),
    mark("Sent"),
)


def on_draft(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Give a page the application it works on; once it is sent, lead to its status instead."""

    @wraps(view)
    def opened(request: HttpRequest, reference: str, **rest: Any) -> HttpResponse:
        user, at = signed_in(request), timezone.now()
        found = application_of(user, reference, at)
        if found.status in CUSTOMERS_TURN:
            require_right(user, found.customer, Right.FILE, at)
            return view(request, found, **rest)
        if request.method == "POST":
            words = say(
                "Application {reference} is being checked: nothing was changed.",
                reference=reference,
            )
            messages.info(request, words)
        return redirect("portal_application", reference)

    return opened


def step_page(
    request: HttpRequest,
    name: str,
    number: int,
    context: dict[str, Any],
    *,
    is_wrong: object = None,
) -> HttpResponse:
    steps = [
        {
            "label": say(label),
            "state": "done" if n < number else "current" if n == number else "todo",
        }
        for n, label in enumerate(STEPS, start=1)
    ]
    context |= {
        "steps": steps,
        "step": number,
        "step_count": len(STEPS),
        "step_name": say(STEPS[number - 1]),
    }
    status = 422 if is_wrong else 200
    return render(request, f"interconnection/portal_apply_{name}.html", context, status=status)
