"""Orders to the field and the numbers people read aloud (CS-6)."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections, transaction

from customers import services
from customers.models import NumberSeries, ServiceOrder, UsagePoint
from derms.lib.errors import InvalidInput
from derms.lib.lifecycle import MoveNotAllowed


def open_order(point: UsagePoint, at: datetime) -> ServiceOrder:
    return services.open_service_order(
        kind=ServiceOrder.Kind.COMMISSIONING,
        usage_point=point,
        summary="Check the installation",
        planned_from=at + timedelta(days=1),
        planned_to=at + timedelta(days=1, hours=2),
        at=at,
        by="cleo",
    )


def test_an_order_goes_from_open_to_done_with_every_step_recorded(
    ada_point: UsagePoint, at: datetime
) -> None:
    order = open_order(ada_point, at)

    services.start_service_order(order=order, at=at, by="tess")
    services.block_service_order(order=order, reason="Nobody at home", at=at, by="tess")
    services.start_service_order(order=order, at=at, by="tess")
    services.finish_service_order(order=order, at=at, by="tess")

    moves = list(order.status_changes.order_by("pk").values_list("new_status", "by", "reason"))
    assert order.number == "S-2026-0001"
    assert moves == [
        ("open", "cleo", ""),
        ("in_progress", "tess", ""),
        ("blocked", "tess", "Nobody at home"),
        ("in_progress", "tess", ""),
        ("done", "tess", ""),
    ]


def test_what_must_be_explained_is_not_done_without_a_reason(
    ada_point: UsagePoint, at: datetime
) -> None:
    order = services.start_service_order(order=open_order(ada_point, at), at=at, by="tess")

    with pytest.raises(services.ReasonMissing, match="say why"):
        services.block_service_order(order=order, reason=" ", at=at, by="tess")
    with pytest.raises(services.ReasonMissing, match="say why"):
        services.cancel_service_order(order=order, reason="", at=at, by="tess")
    with pytest.raises(MoveNotAllowed):
        services.start_service_order(order=order, at=at, by="tess")

    order.refresh_from_db()
    assert order.status == "in_progress"


def test_a_visit_that_ends_before_it_begins_is_refused(ada_point: UsagePoint, at: datetime) -> None:
    with pytest.raises(InvalidInput, match="must end after it begins"):
        services.open_service_order(
            kind=ServiceOrder.Kind.DER_TROUBLE,
            usage_point=ada_point,
            summary="x",
            planned_from=at,
            planned_to=at,
            at=at,
            by="cleo",
        )


@pytest.mark.django_db
def test_each_year_and_letter_has_its_own_series(at: datetime) -> None:
    numbers = [
        services.next_number(letter="A", at=at),
        services.next_number(letter="A", at=at),
        services.next_number(letter="S", at=at),
        services.next_number(letter="A", at=datetime(2027, 1, 1, tzinfo=UTC)),
    ]

    assert numbers == ["A-2026-0001", "A-2026-0002", "S-2026-0001", "A-2027-0001"]


@pytest.mark.django_db(transaction=True)
def test_numbers_asked_for_at_once_are_all_different_and_none_is_lost(at: datetime) -> None:
    given: list[str] = []

    def ask() -> None:
        for attempt in range(5):
            with transaction.atomic():
                number = services.next_number(letter="A", at=at)
                transaction.set_rollback(attempt % 2 == 1)
            if attempt % 2 == 0:
                given.append(number)
        connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(given) == [f"A-2026-{n:04d}" for n in range(1, 13)]
    assert NumberSeries.objects.get().last == 12
