"""The same paragraph for the customer in the portal, for the desk, and at the dispatch."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from derms.accounts.models import User
from dispatch.models import DERGroupDispatch, OptOut, Setpoint
from dispatch.selectors.why import parts_told
from dispatch.services.statements import draw_up
from interconnection.models import DER
from tests.devices.walking import walking

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


def test_a_statement_tells_why_beside_each_entry(
    executing: DERGroupDispatch, rooftops: list[DER], ada: User, at: datetime, client: Client
) -> None:
    point = rooftops[0].usage_point
    day = at.date().isoformat()
    client.force_login(ada)

    page = client.get(f"/portal/statements/so-far/{point.pk}?from={day}&to={day}")

    told = parts_told(point.pk, draw_up(point, at, at + timedelta(days=1)).parts)
    assert [why for _, why in told if not why] == []
    assert len(told) == 2, "her roof and her battery"
    assert page.status_code == 200


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_paragraph_is_accessible_and_fits_a_phone(
    executing: DERGroupDispatch, rooftops: list[DER], ada: User, cleo: User, at: datetime,
    live_server: Any,
) -> None:  # fmt: skip
    point, day = rooftops[0].usage_point, at.date().isoformat()
    statement = f"/portal/statements/so-far/{point.pk}?from={day}&to={day}"

    with walking(live_server.url, ada) as walker:
        for path in ("/portal/events/", statement):
            assert walker.look(path) == {}
            walker.page.locator("details.why summary").first.click()
            assert "Your part:" in walker.page.locator("details.why p").first.inner_text()
            walker.picture(f"why-{path.split('/')[2]}")
    with walking(live_server.url, cleo) as walker:
        assert walker.look(f"/operations/dispatches/{executing.pk}/words") == {}
        walker.picture("why-words")
