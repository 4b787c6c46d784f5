"""Which places each role finds in the header."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse

from derms.accounts.roles import Role
from derms.lib.words import mark, say

_PORTAL = (
    (mark("Overview"), "portal_home"),
    (mark("Apply"), "portal_apply"),
    (mark("Requests"), "portal_requests"),
    (mark("Production"), "portal_production"),
    (mark("Events"), "portal_events"),
    (mark("Statements"), "portal_statements"),
    (mark("Tariffs"), "portal_tariffs"),
    (mark("Programmes"), "portal_programmes"),
    (mark("Messages"), "portal_messages"),
)
PLACES: dict[Role, tuple[tuple[str, str], ...]] = {
    Role.CUSTOMER: _PORTAL,
    Role.THIRD_PARTY: (
        ("Customers", "portal_customers"),
        *_PORTAL,
        ("Groups", "operations_groups"),
        ("Company", "portal_company"),
    ),
    Role.CUSTOMER_SERVICE: (
        ("Queue", "service_queue"),
        ("Requests", "service_requests"),
        ("Field orders", "service_orders"),
        ("Customers", "service_customers"),
        ("Tariffs", "service_tariffs"),
        ("Equipment", "service_equipment"),
        ("Group requests", "service_group_requests"),
        ("Care", "service_maintenance"),
        ("Devices", "operations_devices"),
    ),
    Role.ENGINEER: (
        ("Review queue", "engineering_queue"),
        ("Planning", "engineering_planning"),
        ("Networks", "engineering_networks"),
        ("Requests", "service_requests"),
        ("Works", "engineering_works"),
        ("Devices", "operations_devices"),
        ("Gateways", "operations_gateways"),
        ("Alarms", "operations_alarms"),
        ("Alarm limits", "alarm_limits"),
    ),
    Role.OPERATOR: (
        ("Console", "operations_console"),
        ("Groups", "operations_groups"),
        ("Dispatches", "operations_dispatches"),
        ("Confirmations", "operations_confirmations"),
        ("Forecast", "operations_forecast"),
        ("Alarms", "operations_alarms"),
        ("Devices", "operations_devices"),
        ("Gateways", "operations_gateways"),
    ),
    Role.TECHNICIAN: (("Work orders", "field_orders"),),
    Role.ADMINISTRATOR: (("Administration", "admin:index"),),
    Role.AUDITOR: (
        ("Audit", "audit_log"),
        ("Devices", "operations_devices"),
        ("Gateways", "operations_gateways"),
    ),
}


@dataclass(frozen=True, kw_only=True)
class Place:
    """One entry of the header; `key` is the letter that follows G."""

    label: str
    url: str
    key: str
    current: bool


def address_of(url_name: str) -> str:
    """The address of a page, or nothing while that page does not exist."""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""


def places_for(*, roles: Iterable[str], path: str) -> list[Place]:
    """The entries of all roles held, each once, in the order of the roles."""
    held = set(roles)
    named = [place for role, places in PLACES.items() if role in held for place in places]
    found = {address_of(name): label for label, name in named}
    found.pop("", None)
    here = max((url for url in found if path.startswith(url)), key=len, default="")
    letters: set[str] = set()
    return [
        Place(label=say(label), url=url, key=_free_letter(label, letters), current=url == here)
        for url, label in found.items()
    ]


def _free_letter(label: str, taken: set[str]) -> str:
    for letter in label.lower():
        if letter.isalpha() and letter not in taken:
            taken.add(letter)
            return letter
    return ""
