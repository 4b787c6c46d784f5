"""Pages of marks, settings, equipment and the plan in a real browser: accessible, reflowing."""

from datetime import datetime

import pytest
from pytest_django.live_server_helper import LiveServer

from customers.models import Customer, TariffVersion, UsagePoint
from derms.accounts.models import User
from interconnection.models import InterconnectionApplication
from interconnection.services.applications import withdraw_application
from interconnection.services.commissioning import record_commissioning_test
from interconnection.services.equipment_list import check_list, put_list_in_force
from interconnection.services.judging import Seen
from interconnection.services.settings_overrides import ask_to_accept_settings
from interconnection.services.studying_again import study_those_marked
from tests.devices.walking import walking
from tests.factories import make_application, make_unit, make_usage_point
from tests.interconnection.commissioning import as_registered, ordered, started
from tests.interconnection.services import test_studying_again
from tests.interconnection.test_equipment_list import CALIFORNIA, FAULTY

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
queue = test_studying_again.queue
VOLT_VAR = {
    "function": "volt_var", "is_enabled": True, "value_w": None,
    "parameters": {"points": [[92, 44], [98, 0], [102, 0], [108, -44]], "response_s": 5},
    "words": "volt-var curve: 92/44, 98/0, 102/0, 108/-44 in 5 s",
}  # fmt: skip


def look_at(address: str, person: User, pages: dict[str, str]) -> dict[str, list[str]]:
    with walking(address, person) as walker:
        found: dict[str, list[str]] = {}
        for name, path in pages.items():
            found |= walker.look(path)
            walker.picture(name)
        assert walker.complaints == []
    return found


def test_marks_with_their_studies(
    live_server: LiveServer, queue: list[InterconnectionApplication], enzo: User, at: datetime
) -> None:
    first, second, _ = queue
    withdraw_application(application=first, reason="Moved away.", at=at, by="cleo")
    study_those_marked(at=at)
    pages = {"queue": "/engineering/", "marked": f"/engineering/applications/{second.reference}"}

    assert look_at(live_server.url, enzo, pages) == {}


def test_settings_that_differ(
    live_server: LiveServer,
    ada: User,
    ada_point: UsagePoint,
    tariff_version: TariffVersion,
    enzo: User,
    olga: User,
    tess: User,
    at: datetime,
) -> None:
    order = ordered(ada, ada_point, tariff_version, engineer=enzo, operator=olga)
    started(order, tess)
    unit = order.application.units.get()
    seen = Seen("127.0.0.1", 502, 1, as_registered(unit), discovery={"settings": [VOLT_VAR]})
    test = record_commissioning_test(order=order, unit=unit, seen=seen, at=at, by=tess)
    number = order.service_order.number
    asked = {"asked": f"/engineering/applications/{order.application.reference}"}

    found = look_at(live_server.url, tess, {"live_test": f"/field/orders/{number}/test/{unit.pk}"})
    found |= look_at(live_server.url, enzo, {"settings": asked["asked"]})
    ask_to_accept_settings(test=test, reason="Its maker says so.", at=at, by=olga)
    found |= look_at(live_server.url, enzo, asked)

    assert found == {}


def test_equipment_at_the_desk_and_the_plan_in_the_portal(
    live_server: LiveServer, cleo: User, ada: User, ada_customer: Customer, at: datetime
) -> None:
    listed = check_list(content=CALIFORNIA.encode(), file_name="list.csv", at=at, by="cleo")
    put_list_in_force(equipment_list=listed, skips_faults=False, at=at, by="cleo")
    check_list(content=FAULTY.encode(), file_name="next.csv", at=at, by="cleo")
    draft = make_application(make_usage_point(ada_customer, phases="ABC"))
    make_unit(draft)
    root = f"/portal/applications/{draft.reference}"

    found = look_at(live_server.url, cleo, {"equipment": "/service/equipment-lists/"})
    found |= look_at(
        live_server.url,
        ada,
        {"plan": f"{root}/date", "choose": f"{root}/equipment/list?technology=photovoltaic"},
    )

    assert found == {}
