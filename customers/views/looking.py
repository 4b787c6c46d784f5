"""The portal exactly as a customer sees it, for customer service: read-only and written down.

The database itself refuses every write of such a request, and whatever it did is rolled back.
"""

import copy
from collections.abc import Callable
from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import InternalError, connection, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from customers.models import Customer
from customers.services.looking import record_look
from derms.accounts.access import roles_required, signed_in
from derms.accounts.models import User
from derms.accounts.roles import Role

KEY, PORTAL = "looks_as", "/portal/"
SAFE = frozenset({"GET", "HEAD"})
LASTS = timedelta(minutes=30)
ONLY_LOOKING = (
    "You only look at the portal as the customer sees it: nothing was done. "
    "Stop looking, and do it from the customer's page."
)


@require_POST
@roles_required(Role.CUSTOMER_SERVICE)
def begin(request: HttpRequest, customer_id: int) -> HttpResponse:
    found = get_object_or_404(Customer, pk=customer_id)
    until = timezone.now() + LASTS
    request.session[KEY] = {"customer": found.pk, "until": until.timestamp()}
    return redirect("portal_home")


@require_POST
@roles_required(Role.CUSTOMER_SERVICE)
def end(request: HttpRequest) -> HttpResponse:
    held = request.session.pop(KEY, None)
    return redirect("service_customer", held["customer"]) if held else redirect("service_customers")


class LooksAsCustomer:
    """Middleware: for the portal's pages only, the person becomes one who may only look."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        customer = _looked_at(request) if request.path.startswith(PORTAL) else None
        if customer is None:
            return self._get_response(request)
        if request.method not in SAFE:
            raise PermissionDenied(ONLY_LOOKING)
        person = signed_in(request)
        who, at = person.get_username(), timezone.now()
        record_look(customer=customer, path=request.get_full_path(), at=at, by=who)
        request.user = _as_customer(person, customer)
        request.looks_as = customer  # type: ignore[attr-defined]  # read by the shell's context
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION READ ONLY")
            response = self._get_response(request)
            transaction.set_rollback(True)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A page that would write something while it is only looked at."""
        if isinstance(error, InternalError) and hasattr(request, "looks_as"):
            return HttpResponseForbidden(ONLY_LOOKING)
        return None


def _looked_at(request: HttpRequest) -> Customer | None:
    held = request.session.get(KEY)
    if held is None:
        return None
    person = request.user
    is_allowed = isinstance(person, User) and person.has_role(Role.CUSTOMER_SERVICE)
    if not is_allowed or held["until"] < timezone.now().timestamp():
        del request.session[KEY]
        return None
    return Customer.objects.filter(pk=held["customer"]).first()


def _as_customer(person: User, customer: Customer) -> User:
    viewer = copy.copy(person)
    viewer.__dict__.pop("roles", None)
    viewer.looks_as_customer_id = customer.pk
    return viewer
