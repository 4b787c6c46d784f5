"""A third party's own company: its people and the tokens of its programs (TP-1)."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from customers.models import ThirdParty
from customers.selectors import third_party_of
from customers.selectors.access import representations_for
from derms.accounts.access import roles_required, signed_in
from derms.accounts.models import User
from derms.accounts.roles import Role
from derms.accounts.tokens import revoke_token, tokens_of
from derms.lib.errors import Conflict, Refused

ROWS = 200


@require_safe
@roles_required(Role.THIRD_PARTY)
def company(request: HttpRequest) -> HttpResponse:
    user, at = signed_in(request), timezone.now()
    found = third_party_of(user)
    people = _people(found)
    context = {
        "company": found,
        "people": people,
        "rows": tokens_of(people)[:ROWS],
        "customers": representations_for(user, at).count(),
        "at": at,
    }
    return render(request, "customers/company.html", context)


@require_POST
@roles_required(Role.THIRD_PARTY)
def revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    """Everybody of a company may stop a token of its people."""
    user = signed_in(request)
    found = third_party_of(user)
    if found is None:
        raise Http404("No company belongs to this sign-in.")
    token = get_object_or_404(tokens_of(_people(found)), pk=token_id)
    try:
        revoke_token(token=token, at=timezone.now(), by=user.get_username())
    except (Refused, Conflict) as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, f"{token.name} opens nothing any more.")
    return redirect("portal_company")


def _people(company: ThirdParty | None) -> list[User]:
    if company is None:
        return []
    return list(User.objects.filter(third_party_member__third_party=company).order_by("username"))
