"""What every template knows without being told: places, theme, whether this is a demonstration."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from derms.accounts.roles import Role
from derms.ui.navigation import address_of, places_for

THEMES = ("dark", "day", "light")
_DARK_AT_FIRST = frozenset({Role.OPERATOR, Role.ENGINEER})
_PORTAL_ROLES = frozenset({Role.CUSTOMER, Role.THIRD_PARTY})


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context of the header, the footer and the demonstration band."""
    user = getattr(request, "user", None)
    roles: frozenset[Role] = getattr(user, "roles", None) or frozenset()
    is_portal = bool(roles & _PORTAL_ROLES) or not roles
    chosen = request.COOKIES.get("theme", "")
    return {
        "navigation": places_for(roles=roles, path=request.path),
        "is_customer": Role.CUSTOMER in roles,
        "role_labels": sorted(str(role.label) for role in roles),
        "is_demo": bool(getattr(settings, "IS_DEMO", False)),
        "site_name": getattr(settings, "SITE_NAME", "DERMS"),
        "currency": settings.CURRENCY,
        "help_phone": getattr(settings, "HELP_PHONE", ""),
        "help_email": getattr(settings, "HELP_EMAIL", ""),
        "site_zone": settings.TIME_ZONE,
        "is_portal": is_portal,
        "staff_theme": _one_of(chosen, ("dark", "day"), first=_staff_theme(roles)),
        "portal_theme": _one_of(chosen, ("light", "dark"), first="light"),
        "alarm_counts_url": address_of("operations_alarm_counts") if Role.OPERATOR in roles else "",
        "demo_accounts": _demo_accounts(request),
        "messages_url": address_of("portal_messages"),
        "looks_as": getattr(request, "looks_as", None),
    }


def _demo_accounts(request: HttpRequest) -> list[dict[str, str]]:
    """The invented people, shown where one signs in; nothing outside a demonstration."""
    if not getattr(settings, "IS_DEMO", False) or request.path != address_of("account_login"):
        return []
    try:
        text = (Path(settings.VAR_DIR) / "demo-accounts.json").read_text()
    except OSError:
        return []
    accounts: list[dict[str, str]] = json.loads(text)
    return accounts


def _staff_theme(roles: frozenset[Role]) -> str:
    return "dark" if roles & _DARK_AT_FIRST else "day"


def _one_of(chosen: str, allowed: tuple[str, ...], *, first: str) -> str:
    return chosen if chosen in allowed else first
