"""The next version of a tariff: written, looked at, published by a second person (CS-2)."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers.forms.tariffs import (
    DraftForm,
    LineForms,
    NewTariffForm,
    draft_initial,
    line_initial,
    values_of,
)
from customers.models import Tariff
from customers.selectors import tariffs as selectors
from customers.services import tariffs as services
from customers.tariffs.picture import draw_prices
from derms.accounts.access import roles_required, signed_in
from derms.accounts.roles import Role
from derms.lib.days import midnight, month_of
from derms.lib.errors import Conflict, DermsError, InvalidInput


@require_http_methods(["GET", "POST"])
@roles_required(Role.CUSTOMER_SERVICE)
def new(request: HttpRequest) -> HttpResponse:
    form = NewTariffForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        at = timezone.now()
        try:
            draft = services.create_tariff(
                **form.cleaned_data, active_from=_next_month(at), at=at, by=signed_in(request)
            )
        except InvalidInput as refusal:
            for name, words in refusal.fields.items():
                form.add_error(name, words)
        else:
            return redirect("service_tariff_draft", draft.pk)
    status = 422 if form.errors else 200
    return render(request, "customers/tariff_new.html", {"form": form}, status=status)


@require_POST
@roles_required(Role.CUSTOMER_SERVICE)
def begin(request: HttpRequest, tariff_id: int) -> HttpResponse:
    at = timezone.now()
    draft = services.begin_draft(
        tariff=get_object_or_404(Tariff, pk=tariff_id),
        active_from=_next_month(at),
        at=at,
        by=signed_in(request),
    )
    return redirect("service_tariff_draft", draft.pk)


@require_http_methods(["GET", "POST"])
@roles_required(Role.CUSTOMER_SERVICE)
def edit(request: HttpRequest, draft_id: int) -> HttpResponse:
    draft = get_object_or_404(selectors.open_drafts(), pk=draft_id)
    is_post = request.method == "POST"
    form = DraftForm(request.POST if is_post else None, initial=draft_initial(draft))
    lines = LineForms(
        request.POST if is_post else None, initial=line_initial(draft), prefix="lines"
    )
    price_errors: list[str] = []
    if is_post and form.is_valid() and lines.is_valid():
        try:
            services.save_draft(
                draft=draft,
                revision=form.cleaned_data["revision"],
                values=values_of(form, lines.cleaned_data),
                at=timezone.now(),
                by=signed_in(request),
            )
        except InvalidInput as refusal:
            price_errors = refusal.fields["prices"]
        except Conflict as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, "Saved.")
            if "more" in request.POST:
                return redirect("service_tariff_draft", draft.pk)
            return redirect("service_tariff_draft_preview", draft.pk)
    context = {"draft": draft, "form": form, "lines": lines, "price_errors": price_errors}
    is_wrong = form.errors or price_errors or (is_post and not lines.is_valid())
    return render(request, "customers/tariff_draft.html", context, status=422 if is_wrong else 200)


@require_safe
@roles_required(Role.CUSTOMER_SERVICE)
def preview(request: HttpRequest, draft_id: int) -> HttpResponse:
    """What customers would read, and what differs from the newest version."""
    draft = get_object_or_404(selectors.open_drafts(), pk=draft_id)
    newest = selectors.versions().filter(tariff=draft.tariff).first()
    context = {
        "draft": draft,
        "newest": newest,
        "rows": [row for row in selectors.differences(newest, draft) if row.differs]
        if newest
        else [],
        "said": selectors.said_by(draft),
        "days": draw_prices(draft.schedule),
        "text": selectors.text_of(draft),
        "is_own": draft.edited_by_id == signed_in(request).pk,
    }
    return render(request, "customers/tariff_preview.html", context)


@require_POST
@roles_required(Role.CUSTOMER_SERVICE)
def publish(request: HttpRequest, draft_id: int) -> HttpResponse:
    draft = get_object_or_404(selectors.open_drafts(), pk=draft_id)
    try:
        version = services.publish_draft(
            draft=draft, revision=_revision(request), at=timezone.now(), by=signed_in(request)
        )
    except DermsError as refusal:
        messages.error(request, refusal.message)
        return redirect("service_tariff_draft_preview", draft.pk)
    messages.success(request, f"Version {version.number} is published.")
    return redirect("service_tariff", draft.tariff_id)


@require_POST
@roles_required(Role.CUSTOMER_SERVICE)
def discard(request: HttpRequest, draft_id: int) -> HttpResponse:
    draft = get_object_or_404(selectors.open_drafts(), pk=draft_id)
    try:
        services.discard_draft(draft=draft, revision=_revision(request))
    except DermsError as refusal:
        messages.error(request, refusal.message)
        return redirect("service_tariff_draft_preview", draft.pk)
    messages.success(request, "The draft is discarded.")
    return redirect("service_tariffs")


def _revision(request: HttpRequest) -> int:
    text = request.POST.get("revision", "")
    return int(text) if text.isdecimal() and len(text) < 9 else -1


def _next_month(at: datetime) -> datetime:
    return midnight(month_of(timezone.localdate(at))[1])
