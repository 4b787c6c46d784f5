"""One rule for addresses: a list ends with a slash, a single thing or a deed does not."""

from rest_framework.generics import ListAPIView

from tests.architecture.test_access import Route, all_routes

# Not ours to name, or the root of a role's pages.
OTHERS = ("/account/", "/admin/", "/api/schema/")


def ours() -> list[Route]:
    return [
        route
        for route in all_routes()
        if not route.pattern.startswith(OTHERS) and route.pattern.count("/") > 2
    ]


def test_only_lists_end_with_a_slash() -> None:
    odd = [
        route.pattern
        for route in ours()
        if route.pattern.endswith("/") and not route.pattern.rstrip("/").endswith("s")
    ]

    assert odd == []


def test_every_list_of_the_interface_ends_with_a_slash() -> None:
    odd = []
    for route in ours():
        view = getattr(route.view, "cls", None)
        is_list = isinstance(view, type) and issubclass(view, ListAPIView)
        if is_list and not route.pattern.endswith("/"):
            odd.append(route.pattern)

    assert odd == []
