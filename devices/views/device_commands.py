"""One device's commands: choose, review, execute, follow; and the log of all of them."""

import time
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from derms.accounts.access import roles_required, signed_in
from derms.accounts.roles import FLEET_READERS, Role
from derms.lib.csv_export import csv_response
from derms.lib.errors import DermsError
from devices import selectors
from devices.forms.asking import FunctionForm, ReleaseForm
from devices.forms.commands import FORMS
from devices.selectors.command_rows import command_row
from devices.selectors.rehearsals import Rehearsed, find_rehearsal, rehearsed
from devices.selectors.review import refusal_of
from devices.selectors.sheet import Sheet
from devices.selectors.wording import label_of
from devices.services.by_hand import Review, execute_review, review_command
from devices.services.rehearsals import rehearse
from devices.views.command_columns import COLUMNS
from devices.views.command_panel import (
    Panel,
    command_url,
    idle_panel,
    refused_panel,
    release_url,
    select_panel,
    sent_panel,
)
from devices.views.devices import may_be_commanded, sheet_or_404

ROWS = 50
# Long enough for the bell, one round trip and the plan; the page asks on by itself after that.
REHEARSAL_WAIT_S, REHEARSAL_LOOK_S = 1.0, 0.04


@require_http_methods(["GET", "POST"])
@roles_required(Role.OPERATOR)
def command(request: HttpRequest, device_id: int) -> HttpResponse:
    """GET shows what can be asked of the device; POST reviews what was typed."""
    sheet = sheet_or_404(device_id)
    function = request.GET.get("function", "")
    is_release = request.GET.get("release") == "1"
    if function and function not in FORMS:
        raise Http404(f"There is no function {function}.")
    if not function:
        return _answer(request, sheet, idle_panel(sheet))
    refusal = refusal_of(sheet, function, is_release=is_release, value_w=0)
    if refusal:
        return _answer(request, sheet, refused_panel(sheet, function, refusal), status=409)
    form = _form(request, sheet, function, is_release=is_release)
    if form.is_bound and form.is_valid():
        return _reviewed(request, sheet, function, form)
    panel = select_panel(sheet, function, form, is_release=is_release)
    return _answer(request, sheet, panel, status=422 if form.is_bound else 200)


@require_POST
@roles_required(Role.OPERATOR)
def execute(request: HttpRequest, device_id: int) -> HttpResponse:
    """Do what was reviewed; the token is all it takes, and the same press twice is one press."""
    try:
        asked = execute_review(
            device_id=device_id,
            token=request.POST.get("token", ""),
            at=timezone.now(),
            by=signed_in(request).get_username(),
        )
    except DermsError as refusal:
        sheet = sheet_or_404(device_id)
        panel = refused_panel(sheet, request.POST.get("function", ""), refusal.message)
        return _answer(request, sheet, panel, status=409)
    if _is_htmx(request):
        sheet = sheet_or_404(asked.device_id)
        return _answer(request, sheet, sent_panel(asked))
    return redirect("operations_device_command_log", asked.device_id, asked.pk)


@require_safe
@roles_required(Role.OPERATOR)
def rehearsal(request: HttpRequest, device_id: int, rehearsal_id: int) -> HttpResponse:
    """The part of the review that waits for the gateway's answer."""
    found = find_rehearsal(rehearsal_id, device_id)
    if found is None:
        raise Http404(f"Device {device_id} has no rehearsal {rehearsal_id}.")
    context = {"rehearsed": found, "device_id": device_id}
    return render(request, "devices/_command_rehearsed.html", context)


@require_safe
@roles_required(*FLEET_READERS)
def command_log(request: HttpRequest, device_id: int, command_id: int) -> HttpResponse:
    """One command with its way, its proof and every move it made."""
    sheet = sheet_or_404(device_id)
    found = selectors.command_log(device_id).filter(pk=command_id).first()
    if found is None:
        raise Http404(f"Device {device_id} has no command {command_id}.")
    row = command_row(found)
    may_command = signed_in(request).has_role(Role.OPERATOR) and may_be_commanded(sheet.device)
    context = {
        "sheet": sheet,
        "row": row,
        "tab": "commands",
        # The panel of the device's page follows its command by this page, with its own buttons.
        "panel": request.GET.get("panel") == "1",
        "release_url": release_url(row, device_id) if may_command and row.is_held else "",
    }
    return render(request, "devices/command_log.html", context)


@require_safe
@roles_required(*FLEET_READERS)
def commands(request: HttpRequest, device_id: int) -> HttpResponseBase:
    """Everything ever asked of the device, newest first, with its proof; `format=csv` as a file."""
    log = selectors.command_log(device_id)
    if request.GET.get("format") == "csv":
        rows = (command_row(found) for found in log.iterator(chunk_size=500))
        name = f"device-{device_id}-commands"
        return csv_response(request, name=name, columns=COLUMNS, rows=rows)
    page = Paginator(log, ROWS).get_page(request.GET.get("page"))
    context = {
        "sheet": sheet_or_404(device_id),
        "page": page,
        "rows": [command_row(found) for found in page],
        "tab": "commands",
        "query": "",
    }
    return render(request, "devices/commands.html", context)


def _reviewed(
    request: HttpRequest, sheet: Sheet, function: str, form: FunctionForm | ReleaseForm
) -> HttpResponse:
    device_id = sheet.device.pk
    is_release = isinstance(form, ReleaseForm)
    try:
        review = review_command(
            wish=form.wish(device_id), at=timezone.now(), by=signed_in(request).get_username()
        )
    except DermsError as refusal:
        return _answer(request, sheet, refused_panel(sheet, function, refusal.message), status=409)
    panel = Panel(
        step="check",
        rehearsed=_rehearsed(request, sheet, review),
        label=label_of(function),
        url=command_url(sheet, function, is_release=is_release),
        review=review,
        typed={name: request.POST.getlist(name) for name in form.fields},
    )
    return _answer(request, sheet, panel)


def _rehearsed(request: HttpRequest, sheet: Sheet, review: Review) -> Rehearsed | None:
    """What the gateway would write; it nearly always answers while the page is made."""
    if not sheet.communication.is_served:
        return None
    by = signed_in(request).get_username()
    asked = rehearse(order=review.order, at=timezone.now(), by=by)
    deadline = time.monotonic() + REHEARSAL_WAIT_S
    while time.monotonic() < deadline:
        time.sleep(REHEARSAL_LOOK_S)
        answer = find_rehearsal(asked.pk, sheet.device.pk)
        if answer is not None and answer.is_over:
            return answer
    return rehearsed(asked)


def _form(
    request: HttpRequest, sheet: Sheet, function: str, *, is_release: bool
) -> FunctionForm | ReleaseForm:
    typed = request.POST if request.method == "POST" else None
    if is_release:
        return ReleaseForm(typed, function=function)
    row = next((row for row in sheet.rows if row.function == function), None)
    known = (row.found or row.asked) if row else None
    standing = known.setting.parameters if known else None
    return FORMS[function](typed, ratings=sheet.ratings, standing=standing)


def _answer(request: HttpRequest, sheet: Sheet, panel: Panel, *, status: int = 200) -> HttpResponse:
    """htmx swaps only answers it takes for good ones, so a refusal is one there."""
    context: dict[str, Any] = {"sheet": sheet, "panel": panel, "tab": "command"}
    if _is_htmx(request):
        return render(request, "devices/_command.html", context)
    return render(request, "devices/command.html", context, status=status)


def _is_htmx(request: HttpRequest) -> bool:
    return bool(getattr(request, "htmx", False))
