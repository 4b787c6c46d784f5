"""For whom a person may do what: herself, who let her in, and whom her company acts for (TP-1)."""

from collections.abc import Mapping
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404

from customers.models import (
    AccountAccess,
    Customer,
    Representation,
    Right,
    ThirdParty,
    UsagePoint,
)
from derms.accounts.models import User
from derms.accounts.roles import Role

# What a consent must allow for a right; other rights no consent gives.
_CONSENTS: Mapping[Right, Mapping[str, bool]] = {
    Right.KNOW: {},
    Right.READINGS: {"may_see_readings": True},
    Right.CASES: {"may_file": True},
    Right.FILE: {"may_file": True},
    Right.PROGRAMMES: {"may_enrol": True},
    Right.ENROL: {"may_enrol": True},
}
# What a person whom a customer let in may do only when she may act.
_DEEDS = frozenset({Right.FILE, Right.ENROL})
_ONLY_LOOKING = (
    "You may look at this account, but not act for it. The customer can change that under "
    "“Who has access”."
)
_NOT_CONSENTED = "The customer's consent does not cover this. Ask for a wider consent."


def customer_of(user: User) -> Customer | None:
    """The customer that this person is, if any."""
    if user.looks_as_customer_id is not None:
        return Customer.objects.filter(pk=user.looks_as_customer_id).first()
    return Customer.objects.filter(user=user).first()


def third_party_of(user: User) -> ThirdParty | None:
    """The company that a person works for, if any."""
    return ThirdParty.objects.filter(members__user=user).first()


def acting_third_party(user: User, customer: Customer) -> ThirdParty | None:
    """The company through which a person acts for a customer; None when she needs none."""
    if customer.user_id == user.pk:
        return None
    is_let_in = AccountAccess.objects.filter(user=user, customer=customer, ended_at=None).exists()
    return None if is_let_in else third_party_of(user)


def customers_for(user: User, at: datetime, right: Right = Right.KNOW) -> QuerySet[Customer]:
    """For whom this person has a right at this moment."""
    if user.looks_as_customer_id is not None:
        return Customer.objects.filter(pk=user.looks_as_customer_id)
    mine = Q(pk__in=())
    if user.has_role(Role.CUSTOMER):
        mine |= Q(user=user)
        if right != Right.OWN:
            mine |= Q(pk__in=_let_in(user, at, right).values("customer"))
    if user.has_role(Role.THIRD_PARTY) and right in _CONSENTS:
        consents = representations_at(at).filter(
            third_party__members__user=user, **_CONSENTS[right]
        )
        mine |= Q(pk__in=consents.values("customer"))
    return Customer.objects.filter(mine)


def readable_customers(user: User, at: datetime, *, only: str = "") -> QuerySet[Customer]:
    """Whose readings this person may see; `only` is the number of one of them, as typed."""
    found = customers_for(user, at, Right.READINGS)
    if not only:
        return found
    chosen = found.filter(pk=int(only)) if only.isdecimal() and len(only) < 18 else found.none()
    if not chosen.exists():
        raise Http404("There is no such customer.")
    return chosen


def require_right(user: User, customer: Customer, right: Right, at: datetime) -> None:
    """Raise PermissionDenied, in words, for a customer whom this person may only look at."""
    if customers_for(user, at, right).filter(pk=customer.pk).exists():
        return
    is_company = acting_third_party(user, customer) is not None
    raise PermissionDenied(_NOT_CONSENTED if is_company else _ONLY_LOOKING)


def usage_points() -> QuerySet[UsagePoint]:
    return UsagePoint.objects.select_related("customer", "location").order_by("meter_number")


def usage_points_for(user: User, at: datetime, right: Right = Right.KNOW) -> QuerySet[UsagePoint]:
    return usage_points().filter(customer__in=customers_for(user, at, right))


def representations_at(at: datetime) -> QuerySet[Representation]:
    return Representation.objects.filter(active(at))


def representation_of(customer: Customer, at: datetime) -> Representation | None:
    """Who acts for a customer at this moment."""
    found = representations_at(at).filter(customer=customer)
    return found.select_related("third_party", "customer").first()


def representations_of(customer: Customer) -> QuerySet[Representation]:
    """Who has acted for a customer, acts or will, the latest first."""
    found = Representation.objects.filter(customer=customer).select_related("third_party")
    return found.order_by("-active_from", "-pk")


def representations_for(user: User, at: datetime) -> QuerySet[Representation]:
    """The consents under which this person's company acts at this moment."""
    found = representations_at(at).filter(third_party__members__user=user)
    return found.select_related("customer", "third_party").order_by("customer__name", "pk")


def accesses_of(customer: Customer) -> QuerySet[AccountAccess]:
    """Whom a customer has let in or invited, the latest first."""
    found = AccountAccess.objects.filter(customer=customer).select_related("user")
    return found.order_by("-invited_at", "-pk")


def active(at: datetime, prefix: str = "") -> Q:
    """Periods end exclusive; an end that is null is open."""
    return Q(**{f"{prefix}active_from__lte": at}) & (
        Q(**{f"{prefix}active_to": None}) | Q(**{f"{prefix}active_to__gt": at})
    )


def _let_in(user: User, at: datetime, right: Right) -> QuerySet[AccountAccess]:
    found = AccountAccess.objects.filter(
        Q(active_to=None) | Q(active_to__gt=at), user=user, accepted_at__lte=at, ended_at=None
    )
    return found.filter(may_act=True) if right in _DEEDS else found
