"""Papers of an application: sent from the portal or the desk, accepted or returned there (CS-2)."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from customers.flows.uploads import SIZE_MAX
from customers.forms.requests import FileForm
from customers.models import Right
from customers.selectors import require_right
from derms.accounts.access import roles_required, signed_in
from derms.accounts.roles import Role
from derms.lib.errors import DermsError, NotFound
from derms.lib.words import say
from interconnection.forms.service import PaperAnswerForm
from interconnection.models import InterconnectionApplication
from interconnection.selectors.applications import application_by_reference, applications_for
from interconnection.services import papers as services
from interconnection.views.portal import PORTAL


@require_POST
@roles_required(*PORTAL)
def send(request: HttpRequest, reference: str) -> HttpResponse:
    """From the customer or who acts for her; to others the application does not exist."""
    user, at = signed_in(request), timezone.now()
    found = applications_for(user, at).filter(reference=reference).first()
    if found is None:
        raise Http404(say("You have no application {reference}.", reference=reference))
    require_right(user, found.customer, Right.FILE, at)
    _keep(request, found)
    return redirect("portal_application", reference)


@require_POST
@roles_required(Role.CUSTOMER_SERVICE)
def receive(request: HttpRequest, reference: str) -> HttpResponse:
    """What came by post or mail."""
    _keep(request, _at_desk(reference))
    return redirect("service_application", reference)


@require_POST
@roles_required(Role.CUSTOMER_SERVICE)
def answer(request: HttpRequest, reference: str, paper_id: int) -> HttpResponse:
    """Accept a paper, or return it with what is wrong."""
    found, form = _at_desk(reference), PaperAnswerForm(request.POST)
    at, by = timezone.now(), signed_in(request).get_username()
    try:
        paper = services.paper_by_id(found, paper_id)
        if not form.is_valid():
            messages.error(request, "Accept the paper, or say what is wrong with it.")
        elif form.cleaned_data["verdict"] == "accept":
            services.accept_paper(paper=paper, at=at, by=by)
            messages.success(request, f"“{paper.name}” is accepted.")
        else:
            reason = form.cleaned_data["reason"]
            services.return_paper(paper=paper, reason=reason, at=at, by=by)
            messages.success(request, f"“{paper.name}” is returned; the customer is told why.")
    except NotFound as missing:
        raise Http404(missing.message) from missing
    except DermsError as refusal:
        messages.error(request, refusal.message)
    return redirect("service_application", reference)


def _keep(request: HttpRequest, found: InterconnectionApplication) -> None:
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        messages.error(request, " ".join(map(str, form.errors["file"])))
        return
    sent, name = form.cleaned_data["file"], request.POST.get("paper", "")
    try:
        services.send_paper(
            application=found,
            name=name,
            file_name=sent.name,
            content=sent.read(SIZE_MAX + 1),
            at=timezone.now(),
            by=signed_in(request).get_username(),
        )
    except DermsError as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, say("We have “{paper}” and look at it.", paper=name))


def _at_desk(reference: str) -> InterconnectionApplication:
    try:
        return application_by_reference(reference)
    except NotFound as missing:
        raise Http404(missing.message) from missing
