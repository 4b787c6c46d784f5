"""The log answers who moved what, when and why, over every floor (OP-1)."""

from datetime import datetime

import pytest
from django.test import Client

from customers.models import ServiceOrder, UsagePoint
from customers.statuses import ServiceOrderStatus
from derms.accounts.models import User
from interconnection.statuses import ApplicationStatus
from tests.factories import make_application

pytestmark = pytest.mark.django_db


@pytest.fixture
def recorded_moves(ada_point: UsagePoint, at: datetime) -> None:
    order = ServiceOrder.objects.create(
        number="O-1",
        kind=ServiceOrder.Kind.COMMISSIONING,
        usage_point=ada_point,
        summary="Commission",
        planned_from=at,
        planned_to=at.replace(hour=20),
    )
    order.move(ServiceOrderStatus.IN_PROGRESS, at=at, by="tess", reason="on site")
    application = make_application(ada_point)
    application.move(ApplicationStatus.WITHDRAWN, at=at, by="ada", reason="moved house")


@pytest.mark.usefixtures("recorded_moves")
def test_moves_of_all_floors_stand_in_one_log(client: Client, audrey: User) -> None:
    client.force_login(audrey)

    page = client.get("/audit/").content.decode()

    assert "on site" in page
    assert "moved house" in page


@pytest.mark.usefixtures("recorded_moves")
def test_the_log_can_be_narrowed_to_a_person_and_a_kind(client: Client, audrey: User) -> None:
    client.force_login(audrey)

    of_tess = client.get("/audit/?by=tess").content.decode()
    of_orders = client.get("/audit/?kind=service order").content.decode()

    assert "on site" in of_tess
    assert "moved house" not in of_tess
    assert "moved house" not in of_orders


@pytest.mark.usefixtures("recorded_moves")
def test_the_log_is_exported_as_csv(client: Client, audrey: User) -> None:
    client.force_login(audrey)

    answer = client.get("/audit/?format=csv")

    lines = b"".join(answer).decode().splitlines()
    assert lines[0] == "at,by,kind,subject,old_status,new_status,reason"
    assert len(lines) == 3
