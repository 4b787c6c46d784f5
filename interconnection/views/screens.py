"""What an engineer does with screens: run them, answer one that no figure decides (IC-3)."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from derms.accounts.access import roles_required
from derms.accounts.roles import Role
from derms.lib.errors import DermsError
from interconnection.forms.network_facts import FindingForm
from interconnection.services.findings import record_finding
from interconnection.services.screening import run_screens
from interconnection.views.engineering import application_page, found_application, user_of


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
