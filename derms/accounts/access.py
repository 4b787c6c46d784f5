"""Who may open a page, an API operation or a socket. What says nothing is closed.

Every view carries `allowed_roles`: set by `roles_required` on functions, as a class attribute on
API views. `RoleGate` refuses a view without it, so a forgotten rule shuts a page instead of
leaking one. Rows of other customers are a second question, answered by selectors with 404.
"""

import ipaddress
from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from derms.accounts.models import User
from derms.accounts.roles import Role

BACK_OFFICE_MODULES = ("django.contrib.admin.sites", "django.contrib.auth.admin")

View = TypeVar("View", bound=Callable[..., Any])
Rule = frozenset[Role] | None

# Everybody, signed in or not. Each use is listed in the URL x role test.
ANYONE: frozenset[Role] = frozenset()


def roles_required(*roles: Role) -> Callable[[View], View]:
    """Open a view to these roles only."""

    def mark(view: View) -> View:
        view.allowed_roles = frozenset(roles)  # type: ignore[attr-defined]  # read by RoleGate
        return view

    return mark


def open_to_anyone(view: View) -> View:
    view.allowed_roles = ANYONE  # type: ignore[attr-defined]  # read by RoleGate
    return view


def signed_in(request: HttpRequest) -> User:
    """The person behind a request that RoleGate has let through."""
    if not isinstance(request.user, User):
        raise PermissionDenied("Sign in first.")
    return request.user


def address_of(remote: str) -> str | None:
    """The network address a request came from; None over a socket that has none."""
    try:
        return str(ipaddress.ip_address(remote))
    except ValueError:
        return None


def may_open(user: object, allowed_roles: Rule) -> bool:
    if allowed_roles is None:
        return False
    if allowed_roles is ANYONE or not allowed_roles:
        return True
    return isinstance(user, User) and user.is_active and user.has_role(*allowed_roles)


def rule_of(view: Callable[..., Any]) -> Rule:
    """The rule a resolved view carries; None when it carries none.

    The back office is the administrators', whatever its own permissions add.
    """
    is_wrapped_by_admin = hasattr(view, "admin_site") or hasattr(view, "model_admin")
    if is_wrapped_by_admin or view.__module__ in BACK_OFFICE_MODULES:
        return frozenset({Role.ADMINISTRATOR})
    for holder in (view, getattr(view, "view_class", None), getattr(view, "cls", None)):
        rule: Rule = getattr(holder, "allowed_roles", None)
        if rule is not None:
            return rule
    return None


def checks_itself(view: Callable[..., Any]) -> bool:
    """The sign-in library's views bring their own checks."""
    module = getattr(view, "__module__", "")
    return module.startswith(settings.SELF_CHECKING_VIEWS)


class RoleGate:
    """Middleware that opens a page only to the roles its view names."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., Any],
        _args: tuple[Any, ...],
        _kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        # API views authenticate by token inside DRF and apply the same rule there.
        if checks_itself(view) or hasattr(view, "cls"):
            return None
        rule = rule_of(view)
        if may_open(request.user, rule):
            return None
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        needed = ", ".join(sorted(str(role.label) for role in rule or ()))
        raise PermissionDenied(f"This page needs the role: {needed or 'none may open it'}.")
