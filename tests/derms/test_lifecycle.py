"""One way to move (OP-1): by table, recorded, by compare-and-swap, and kept by the database."""

from datetime import datetime

import pytest
from django.db import DatabaseError, connection, transaction

from customers.models import ServiceOrder, UsagePoint
from customers.statuses import ServiceOrderStatus
from derms.lib.lifecycle import MovedMeanwhile, MoveNotAllowed

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(ada_point: UsagePoint, at: datetime) -> ServiceOrder:
    return ServiceOrder.objects.create(
        number="O-1",
        kind=ServiceOrder.Kind.COMMISSIONING,
        usage_point=ada_point,
        summary="Commission",
        planned_from=at,
        planned_to=at.replace(hour=20),
    )


def test_a_listed_move_is_made_and_recorded(order: ServiceOrder, at: datetime) -> None:
    order.move(ServiceOrderStatus.IN_PROGRESS, at=at, by="tess", reason="on site")

    change = order.status_changes.get()
    assert order.status == ServiceOrderStatus.IN_PROGRESS
    assert (change.old_status, change.new_status) == ("open", "in_progress")
    assert (change.at, change.by, change.reason) == (at, "tess", "on site")


def test_an_unlisted_move_is_refused_and_not_recorded(order: ServiceOrder, at: datetime) -> None:
    with pytest.raises(MoveNotAllowed, match="open and cannot become done"):
        order.move(ServiceOrderStatus.DONE, at=at, by="tess")

    order.refresh_from_db()
    assert order.status == ServiceOrderStatus.OPEN
    assert not order.status_changes.exists()


def test_the_second_of_two_people_is_refused(order: ServiceOrder, at: datetime) -> None:
    stale = ServiceOrder.objects.get(pk=order.pk)
    order.move(ServiceOrderStatus.IN_PROGRESS, at=at, by="tess")

    with pytest.raises(MovedMeanwhile):
        stale.move(ServiceOrderStatus.CANCELLED, at=at, by="cleo")

    assert order.status_changes.count() == 1


def test_raw_sql_cannot_make_an_unlisted_move(order: ServiceOrder) -> None:
    with (
        pytest.raises(DatabaseError, match="Invalid transition"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "update customers_serviceorder set status = 'done' where id = %s", [order.pk]
        )


def test_recorded_moves_cannot_be_rewritten(order: ServiceOrder, at: datetime) -> None:
    order.move(ServiceOrderStatus.IN_PROGRESS, at=at, by="tess")

    with pytest.raises(DatabaseError, match="append_only"), transaction.atomic():
        order.status_changes.update(by="somebody else")
