"""Accepting settings that differ from the approved profile: one asks, another answers (IC-6)."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from derms.accounts.access import roles_required
from derms.accounts.roles import Role
from derms.lib.errors import DermsError
from interconnection.models import CommissioningTest, SettingsOverride
from interconnection.services.settings_overrides import (
    answer_settings_override,
    ask_to_accept_settings,
)
from interconnection.views.engineering import application_page, found_application, user_of
from interconnection.views.screens import LONGEST, status_of, words_of


@roles_required(Role.ENGINEER)
@require_POST
def ask(request: HttpRequest, reference: str, test_id: int) -> HttpResponse:
    row = found_application(reference)
    test = CommissioningTest.objects.filter(pk=test_id, order__application=row).first()
    if test is None:
        raise Http404(f"{reference} has no live test {test_id}.")
    reason = request.POST.get("reason", "")[:LONGEST]
    try:
        ask_to_accept_settings(test=test, reason=reason, at=timezone.now(), by=user_of(request))
    except DermsError as error:
        return application_page(request, row, refusal=words_of(error), status=status_of(error))
    messages.success(request, "Another engineer confirms or declines it now.")
    return redirect("engineering_application", reference=reference)


@roles_required(Role.ENGINEER)
@require_POST
def answer(request: HttpRequest, reference: str, override_id: int) -> HttpResponse:
    row = found_application(reference)
    asked = SettingsOverride.objects.filter(
        pk=override_id, test__order__application=row
    ).first()  # fmt: skip
    if asked is None:
        raise Http404(f"{reference} has no such request {override_id}.")
    try:
        answered = answer_settings_override(
            override=asked,
            is_confirmed=request.POST.get("answer") == "confirm",
            note=request.POST.get("note", "")[:LONGEST],
            at=timezone.now(),
            by=user_of(request),
        )
    except DermsError as error:
        return application_page(request, row, refusal=words_of(error), status=status_of(error))
    messages.success(request, f"Settings that differ: {answered.get_status_display().lower()}.")
    return redirect("engineering_application", reference=reference)
