"""The same paragraph for the customer in the portal, for the desk, and at the dispatch."""

from datetime import datetime

import pytest
from django.test import Client

from derms.accounts.models import User
from dispatch.models import DERGroupDispatch, OptOut, Setpoint
from interconnection.models import DER

pytestmark = pytest.mark.django_db


def test_one_paragraph_stands_wherever_the_event_stands(
    executing: DERGroupDispatch, rooftops: list[DER], ada: User, cleo: User, at: datetime,
    client: Client,
) -> None:  # fmt: skip
    point = Setpoint.objects.select_related("der").get(dispatch=executing, der=rooftops[0])
    OptOut.objects.create(setpoint=point, at=at, by=ada)
    words = f"the utility asked the group {executing.group.name} for help: {executing.reason}."
    customer_id = point.der.usage_point.customer_id

    client.force_login(ada)
    hers = client.get("/portal/events/").content.decode()
    client.force_login(cleo)
    desk = client.get(f"/service/customers/{customer_id}/participation").content.decode()
    at_dispatch = client.get(f"/operations/dispatches/{executing.pk}/words").content.decode()

    for page in (hers, desk, at_dispatch):
        assert words in page
        assert "You left this event out at" in page


def test_a_long_list_of_members_takes_few_questions(
    executing: DERGroupDispatch,
    olga: User,
    client: Client,
    django_assert_max_num_queries: object,
) -> None:
    client.force_login(olga)

    with django_assert_max_num_queries(12):  # type: ignore[operator]  # a fixture without a type
        page = client.get(f"/operations/dispatches/{executing.pk}/words")

    assert page.content.decode().count("Your part:") == Setpoint.objects.count()


def test_a_dispatch_that_is_not_there_is_404(olga: User, client: Client) -> None:
    client.force_login(olga)

    assert client.get("/operations/dispatches/99999/words").status_code == 404
