"""Pages where an engineer sees and changes what the screens need to know of a feeder (IC-2)."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from derms.accounts.access import roles_required
from derms.accounts.roles import Role
from derms.lib.errors import NotFound
from interconnection.forms.network_facts import facts_form
from interconnection.selectors.network_facts import element_of
from interconnection.selectors.network_facts import feeder_facts as facts_of
from interconnection.services.network_facts import change_facts

ROWS_PER_PAGE = 100


@roles_required(Role.ENGINEER)
@require_GET
def feeder_facts(request: HttpRequest, name: str) -> HttpResponse:
    """Every element of a feeder with the facts that are missing."""
    try:
        feeder, rows = facts_of(name)
    except NotFound as error:
        raise Http404(error.message) from error
    only_missing = request.GET.get("show") == "missing"
    shown = [row for row in rows if row.missing] if only_missing else rows
    page = Paginator(shown, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "feeder": feeder,
        "page": page,
        "only_missing": only_missing,
        "missing": sum(1 for row in rows if row.missing),
        "count": len(rows),
    }
    return render(request, "interconnection/network_facts.html", context)


@roles_required(Role.ENGINEER)
@require_http_methods(["GET", "POST"])
def element_facts(request: HttpRequest, name: str, kind: str, pk: int) -> HttpResponse:
    """The facts of one element; what is left empty is not known."""
    try:
        feeder, _ = facts_of(name)
        row = element_of(feeder, kind, pk)
    except NotFound as error:
        raise Http404(error.message) from error
    title = f"{kind.capitalize()} {getattr(row, 'name', row)}"
    form = facts_form(kind, row, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        by = request.user.get_username()
        change_facts(
            feeder=feeder, kind=kind, row=row, values=form.cleaned_data, at=timezone.now(), by=by
        )
        messages.success(request, f"{title}: recorded. What waited for it is screened again.")
        return redirect("engineering_feeder_facts", name=feeder.name)
    context = {"feeder": feeder, "form": form, "title": title}
    status = 422 if form.errors else 200
    return render(request, "interconnection/network_fact.html", context, status=status)
