"""The log answers who moved what, when and why, over every floor (OP-1)."""

from datetime import datetime

import pytest
from django.test import Client

from customers.models import ServiceOrder, UsagePoint
from customers.statuses import ServiceOrderStatus
from derms.accounts.exports import record_export
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

    lines = b"".join(answer).decode("utf-8-sig").splitlines()
    assert lines[0] == "at,by,kind,subject,old_status,new_status,reason"
    assert len(lines) == 3


@pytest.mark.usefixtures("recorded_moves")
def test_the_export_holds_what_is_filtered_and_runs_nothing(
    client: Client, audrey: User, ada_point: UsagePoint, at: datetime
) -> None:
    make_application(ada_point).move(ApplicationStatus.WITHDRAWN, at=at, by="=eve", reason="=1+1")
    client.force_login(audrey)

    lines = b"".join(client.get("/audit/?format=csv&by=eve")).decode("utf-8-sig").splitlines()

    assert len(lines) == 2
    assert ",'=eve," in lines[1]
    assert lines[1].endswith(",'=1+1")


def test_the_auditor_sees_who_took_which_list(client: Client, audrey: User, at: datetime) -> None:
    record_export(person=audrey, list_name="fleet", query="text=ada", rows=12, at=at)
    client.force_login(audrey)

    page = client.get("/audit/exports/").content.decode()
    file = b"".join(client.get("/audit/exports/?format=csv")).decode("utf-8-sig").splitlines()
    of_nobody = client.get("/audit/exports/?by=nobody").content.decode()

    assert "text=ada" in page
    assert file[1].endswith(",audrey,fleet,text=ada,12")
    assert "text=ada" not in of_nobody


@pytest.mark.usefixtures("recorded_moves")
def test_odd_characters_in_a_filter_find_nothing_and_break_nothing(
    client: Client, audrey: User
) -> None:
    client.force_login(audrey)

    for address in ("/audit/?by=%00x", "/audit/exports/?by=%00x&page=-1"):
        assert client.get(address).status_code == 200
