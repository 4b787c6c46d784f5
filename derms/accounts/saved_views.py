"""Saved views of lists: one's own and those that others share."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.db.models import Q
from django.urls import NoReverseMatch, resolve, reverse

from derms.accounts.access import may_open, rule_of
from derms.accounts.models import SavedView, User
from derms.lib.errors import InvalidInput, NotFound

# Where one stands in a list, or how one takes it, is no part of a view.
PASSING = frozenset({"page", "format"})
NAME_LENGTH_MAX, QUERY_LENGTH_MAX = 60, 1000
VIEWS_MAX = 50
KEYS = "123456789"


class ViewInvalid(InvalidInput):
    """The view cannot be kept like this."""

    code = "saved_view_invalid"


@dataclass(frozen=True, slots=True)
class OfferedView:
    """One view as the list offers it; `key` is the digit after G, empty from the tenth on."""

    id: int
    name: str
    query: str
    owner: str
    key: str
    is_mine: bool
    is_shared: bool
    is_current: bool


@dataclass(frozen=True, slots=True)
class ViewsOfList:
    """What a list's page shows of saved views; `query` is how the list stands now."""

    list_name: str
    query: str
    views: tuple[OfferedView, ...]

    @property
    def current(self) -> OfferedView | None:
        return next((view for view in self.views if view.is_current), None)


def lasting(parameters: Iterable[tuple[str, str]]) -> str:
    """The part of a query that makes the view, in one order, without what was left empty."""
    kept = [(name, value) for name, value in parameters if value and name not in PASSING]
    return urlencode(sorted(kept))


def views_of(person: User, *, list_name: str, parameters: Iterable[tuple[str, str]]) -> ViewsOfList:
    """One's own views of a list first, then the shared ones, each by name."""
    query = lasting(parameters)
    found = (
        SavedView.objects.filter(list_name=list_name)
        .filter(Q(owner=person) | Q(is_shared=True))
        .select_related("owner")
    )
    ordered = sorted(found, key=lambda view: (view.owner_id != person.pk, view.name.casefold()))
    return ViewsOfList(
        list_name,
        query,
        tuple(
            OfferedView(
                id=view.pk,
                name=view.name,
                query=view.query,
                owner=view.owner.get_username(),
                key=KEYS[place] if place < len(KEYS) else "",
                is_mine=view.owner_id == person.pk,
                is_shared=view.is_shared,
                is_current=view.query == query,
            )
            for place, view in enumerate(ordered)
        ),
    )


def keep_view(
    *, person: User, list_name: str, name: str, query: str, is_shared: bool, at: datetime
) -> SavedView:
    """Keep how a list stands under a name; the same name again replaces one's own view.

    Raises ViewInvalid in words, and NotFound for a list this person has not.
    """
    list_address(person, list_name)
    name, query = " ".join(name.split()), lasting(parse_qsl(query))
    problem = _problem(person, list_name, name, query)
    if problem:
        raise ViewInvalid(problem, fields={"name": [problem]})
    values: dict[str, Any] = {"query": query, "is_shared": is_shared, "saved_at": at}
    view, _ = SavedView.objects.update_or_create(
        owner=person, list_name=list_name, name=name, defaults=values
    )
    return view


def remove_view(*, person: User, view_id: int) -> SavedView:
    """Remove one's own view; raises NotFound for another's."""
    view = SavedView.objects.filter(pk=view_id, owner=person).first()
    if view is None:
        raise NotFound(f"You have no saved view {view_id}. Only who saved a view removes it.")
    view.delete()
    return view


def list_address(person: User, list_name: str) -> str:
    """Where a list is; raises NotFound when there is none of that name for this person."""
    try:
        address = reverse(list_name)
    except NoReverseMatch:
        address = ""
    if not address or not may_open(person, rule_of(resolve(address).func)):
        raise NotFound(f"There is no list called {list_name} for you.")
    return address


def _problem(person: User, list_name: str, name: str, query: str) -> str:
    if not name:
        return "Give the view a name, then save it again."
    if len(name) > NAME_LENGTH_MAX:
        return f"The name is longer than {NAME_LENGTH_MAX} characters. Shorten it."
    if "\0" in name + query:
        return "The name holds a character that cannot be kept. Type it again."
    if len(query) > QUERY_LENGTH_MAX:
        return "The filters are too long to keep. Shorten the text that is searched for."
    others = SavedView.objects.filter(owner=person, list_name=list_name).exclude(name=name)
    if others.count() >= VIEWS_MAX:
        return f"You have {VIEWS_MAX} views of this list already. Remove one first."
    return ""
