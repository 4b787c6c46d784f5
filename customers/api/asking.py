"""Who asks, and as whom she may act, for every operation of this floor."""

from django.utils import timezone
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request

from customers.flows.flow import Actor
from customers.models import Customer, Right
from customers.selectors import require_right
from derms.accounts.models import User
from derms.accounts.roles import Role

STAFF = (Role.CUSTOMER_SERVICE, Role.ENGINEER)
OUTSIDE = frozenset({Role.CUSTOMER, Role.THIRD_PARTY})
EVERYBODY = OUTSIDE | frozenset(STAFF)


def person(request: Request) -> User:
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user


def is_staff(user: User) -> bool:
    return user.has_role(*STAFF)


def actors_of(user: User) -> frozenset[str]:
    """As whom a person answers a request: the desk speaks for the customer too."""
    if user.has_role(Role.CUSTOMER_SERVICE):
        return frozenset({Actor.CUSTOMER_SERVICE.value, Actor.CUSTOMER.value})
    if user.has_role(Role.ENGINEER):
        return frozenset({Actor.ENGINEERING.value})
    return frozenset({Actor.CUSTOMER.value})


def require_filing(user: User, customer: Customer) -> None:
    """Staff acts for everybody; others for whom they may."""
    if not user.has_role(Role.CUSTOMER_SERVICE):
        require_right(user, customer, Right.FILE, timezone.now())
