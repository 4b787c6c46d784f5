"""How a page does one deed: a refused one shows its words beside what was typed."""

from collections.abc import Callable

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from derms.lib.errors import Conflict, InvalidInput, Refused

Show = Callable[[int, str], HttpResponse]


def do(
    request: HttpRequest, form: Form, deed: Callable[[], object], *, show: Show, done: str, to: str
) -> HttpResponse:
    """`show(status, refusal)` draws the page again; `to` is where a deed that was done leads."""
    if not form.is_valid():
        return show(422, "")
    try:
        deed()
    except InvalidInput as refusal:
        show_beside(form, refusal)
        return show(422, "")
    except Conflict as conflict:
        return show(409, conflict.message)
    except Refused as refusal:
        return show(422, refusal.message)
    messages.success(request, done)
    return redirect(to)


def show_beside(form: Form, refusal: Refused) -> None:
    """The words of a service beside the fields they belong to, or above all of them."""
    if not isinstance(refusal, InvalidInput):
        form.add_error(None, refusal.message)
        return
    for name, words in refusal.fields.items():
        form.add_error(name if name in form.fields else None, words[0])
