"""What an engineer does with screens: run them, answer one that no figure decides (IC-3)."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from derms.accounts.access import roles_required
from derms.accounts.roles import Role
from derms.lib.errors import DermsError, InvalidInput
from interconnection.forms.network_facts import FindingForm
from interconnection.models import ScreeningResult, ScreenOverride
from interconnection.services.findings import record_finding
from interconnection.services.overrides import ask_override, confirm_override, decline_override
from interconnection.services.screening import run_screens
from interconnection.views.engineering import application_page, found_application, user_of

LONGEST = 2000


@roles_required(Role.ENGINEER)
@require_POST
def screen(request: HttpRequest, reference: str) -> HttpResponse:
    """Run the screens again on the network and the queue as they are now."""
    row = found_application(reference)
    try:
        run_screens(application=row, at=timezone.now(), by=user_of(request).username)
    except DermsError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "Screens run again on today's network and queue.")
    return redirect("engineering_application", reference=reference)


@roles_required(Role.ENGINEER)
@require_POST
def finding(request: HttpRequest, reference: str) -> HttpResponse:
    """Answer a screen; all of them run again with it."""
    row = found_application(reference)
    form = FindingForm(request.POST)
    if not form.is_valid():
        return application_page(request, row, finding_form=form, status=422)
    try:
        record_finding(
            application=row,
            screen=form.cleaned_data["screen"],
            is_fine=form.cleaned_data["is_fine"] == "yes",
            reason=form.cleaned_data["reason"],
            at=timezone.now(),
            by=user_of(request),
        )
    except DermsError as error:
        return application_page(request, row, finding_form=form, refusal=error.message, status=409)
    messages.success(request, "Recorded. The screens have run again with it.")
    return redirect("engineering_application", reference=reference)


@roles_required(Role.ENGINEER)
@require_POST
def override(request: HttpRequest, reference: str, result_id: int) -> HttpResponse:
    """Ask that a result does not stand; another engineer answers."""
    row = found_application(reference)
    result = ScreeningResult.objects.filter(pk=result_id, run__application=row).first()
    if result is None:
        raise Http404(f"{reference} has no screen result {result_id}.")
    reason = request.POST.get("reason", "")[:LONGEST]
    try:
        ask_override(result=result, reason=reason, at=timezone.now(), by=user_of(request))
    except DermsError as error:
        return application_page(request, row, refusal=words_of(error), status=status_of(error))
    messages.success(request, f"{result.title}: another engineer confirms or declines it now.")
    return redirect("engineering_application", reference=reference)


@roles_required(Role.ENGINEER)
@require_POST
def answer_override(request: HttpRequest, reference: str, override_id: int) -> HttpResponse:
    """Confirm or decline what another engineer asked."""
    row = found_application(reference)
    asked = ScreenOverride.objects.filter(pk=override_id, result__run__application=row).first()
    if asked is None:
        raise Http404(f"{reference} has no override {override_id}.")
    answer = confirm_override if request.POST.get("answer") == "confirm" else decline_override
    note = request.POST.get("note", "")[:LONGEST]
    try:
        answered = answer(override=asked, note=note, at=timezone.now(), by=user_of(request))
    except DermsError as error:
        return application_page(request, row, refusal=words_of(error), status=status_of(error))
    word = answered.get_status_display().lower()
    messages.success(request, f"Override of {answered.result.title}: {word}.")
    return redirect("engineering_application", reference=reference)


def words_of(error: DermsError) -> str:
    """What is wrong, field by field where the fields say it."""
    if isinstance(error, InvalidInput):
        return " ".join(line for lines in error.fields.values() for line in lines)
    return error.message


def status_of(error: DermsError) -> int:
    return 422 if isinstance(error, InvalidInput) else 409
