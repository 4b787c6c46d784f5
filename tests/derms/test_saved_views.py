"""Saved views: one's own and shared ones, for any list, and nobody changes another's."""

import pytest
from django.test import Client
from django.urls import reverse

from derms.accounts.models import SavedView, User
from derms.accounts.saved_views import (
    VIEWS_MAX,
    ViewInvalid,
    keep_view,
    lasting,
    remove_view,
    views_of,
)
from derms.lib.errors import NotFound
from tests.factories import AT

LIST = "operations_devices"


def keep(
    person: User, name: str = "Silent", query: str = "state=silent", **more: bool
) -> SavedView:
    shared = more.get("is_shared", False)
    return keep_view(person=person, list_name=LIST, name=name, query=query, is_shared=shared, at=AT)


def offered(person: User, query: dict[str, str] | None = None) -> list[str]:
    views = views_of(person, list_name=LIST, parameters=(query or {}).items()).views
    return [view.name for view in views]


def test_one_sees_ones_own_views_first_and_then_the_shared(olga: User, otto: User) -> None:
    keep(otto, "A shared one", is_shared=True)
    keep(otto, "Otto's own")
    keep(olga, "Batteries", "kind=battery")
    keep(olga, "Alarms", "alarm=any")

    assert offered(olga) == ["Alarms", "Batteries", "A shared one"]


def test_the_same_name_again_replaces_the_view(olga: User) -> None:
    keep(olga)
    keep(olga, "  Silent ", "state=silent&zone=f12&page=4&format=csv&kind=", is_shared=True)

    view = SavedView.objects.get()
    assert (view.query, view.is_shared) == ("state=silent&zone=f12", True)


def test_the_view_one_stands_in_is_marked_whatever_the_order(olga: User) -> None:
    keep(olga, query="zone=f12&state=silent")

    views = views_of(olga, list_name=LIST, parameters=[("state", "silent"), ("zone", "f12"),
                                                       ("page", "2")])  # fmt: skip

    assert views.current is not None
    assert views.current.key == "1"


def test_the_tenth_view_has_no_key(olga: User) -> None:
    for number in range(10):
        keep(olga, f"View {number}")

    keys = [view.key for view in views_of(olga, list_name=LIST, parameters=[]).views]

    assert keys == [*"123456789", ""]


@pytest.mark.parametrize(
    ("name", "query"),
    [(" ", "a=b"), ("x" * 61, "a=b"), ("a\0b", "a=b"), ("long", f"text={'x' * 1001}")],
)
def test_what_cannot_be_kept_is_refused_in_words(olga: User, name: str, query: str) -> None:
    with pytest.raises(ViewInvalid) as refusal:
        keep(olga, name, query)

    assert refusal.value.fields["name"]
    assert not SavedView.objects.exists()


def test_nobody_keeps_more_than_can_be_offered(olga: User) -> None:
    for number in range(VIEWS_MAX):
        keep(olga, f"View {number}")

    keep(olga, "View 3", "kind=meter")
    with pytest.raises(ViewInvalid):
        keep(olga, "One more")


def test_a_list_that_is_not_there_or_not_mine_has_no_views(olga: User, tess: User) -> None:
    for person, name in ((olga, "nowhere"), (olga, "operations_device"), (tess, LIST)):
        with pytest.raises(NotFound):
            keep_view(person=person, list_name=name, name="x", query="", is_shared=False, at=AT)


def test_only_the_owner_removes_a_view(olga: User, otto: User) -> None:
    view = keep(olga, is_shared=True)

    with pytest.raises(NotFound):
        remove_view(person=otto, view_id=view.pk)
    remove_view(person=olga, view_id=view.pk)

    assert not SavedView.objects.exists()


def test_empty_and_passing_parts_are_no_part_of_a_view() -> None:
    assert lasting([("page", "2"), ("kind", ""), ("b", "1"), ("a", "2"), ("format", "csv")]) == (
        "a=2&b=1"
    )


def test_the_pages_keep_and_remove_and_refuse(olga: User, otto: User) -> None:
    client, other = Client(), Client()
    client.force_login(olga)
    other.force_login(otto)
    kept = client.post(
        reverse("keep_view"), {"list": LIST, "name": "Mine", "query": "kind=meter&x=\r\ny"}
    )
    view = SavedView.objects.get()

    refused = client.post(reverse("keep_view"), {"list": LIST, "name": "", "query": "kind=meter"})
    missing = client.post(reverse("keep_view"), {"list": "admin:index", "name": "x"})
    not_mine = other.post(reverse("remove_view", args=[view.pk]))
    removed = client.post(reverse("remove_view", args=[view.pk]))

    assert kept["Location"].startswith(reverse(LIST) + "?kind=meter")
    assert refused["Location"] == f"{reverse(LIST)}?kind=meter"
    assert (missing.status_code, not_mine.status_code) == (404, 404)
    assert removed.status_code == 302
    assert not SavedView.objects.exists()
