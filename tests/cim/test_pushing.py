"""A work-management system is told of every move of an order, once, in order (CS-6, IX-1)."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings
from typing_extensions import override

from cim.messages.envelope import read_message
from cim.messages.reading import read
from cim.messages.work import read_works
from cim.models import OrderPush
from cim.services import push_orders, try_again
from cim.services.pushing import LaterOneTaken
from customers.models import ServiceOrder, UsagePoint
from customers.services import finish_service_order, open_service_order, start_service_order
from customers.services.requests import take_way
from customers.services.works import Plan, plan_work
from derms.accounts.models import User
from tests.customers.asking import DESK, asked
from tests.ports import free_port

pytestmark = pytest.mark.django_db
OK = b"<ResponseMessage><Reply><Result>OK</Result></Reply></ResponseMessage>"
FAILED = OK.replace(b"OK", b"FAILED")


class Partner(HTTPServer):
    """Keeps every message, answers as told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taker)
        self.bodies: list[bytes] = []
        self.logins: list[str] = []
        self.answer = (200, OK)


class Taker(BaseHTTPRequestHandler):
    """One message."""

    server: Partner

    def do_POST(self) -> None:
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.logins.append(self.headers.get("Authorization", ""))
        status, content = self.server.answer
        self.send_response(status)
        if status == 302:
            self.send_header("Location", content.decode())
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    @override
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def partner(settings: Settings) -> Iterator[Partner]:
    running = Partner()
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    settings.WMS_URL = f"http://127.0.0.1:{running.server_port}/orders"
    settings.WMS_AUTHORIZATION = "Bearer s3cret"
    yield running
    running.shutdown()
    thread.join()
    running.server_close()


@pytest.fixture
def order(ada_point: UsagePoint, at: datetime) -> ServiceOrder:
    return open_service_order(
        kind=ServiceOrder.Kind.METER_WORK, usage_point=ada_point, summary="Change the meter",
        planned_from=at + timedelta(days=1), planned_to=at + timedelta(days=1, hours=2), at=at,
        by="cleo",
    )  # fmt: skip


def told(partner: Partner) -> list[tuple[str, str, str]]:
    """Verb, number and status of each message."""
    found = []
    for body in partner.bodies:
        message = read_message(read(body))
        (work,) = read_works(message.payload)
        found.append((message.header.verb, work.names[0], work.status))
    return found


def test_a_new_order_and_its_moves_are_told_in_their_order_and_once(
    partner: Partner, order: ServiceOrder, at: datetime
) -> None:
    assert push_orders(at=at) == 1
    start_service_order(order=order, at=at, by="tess")
    finish_service_order(order=order, at=at, by="tess")
    taken = [push_orders(at=at) for _ in range(3)]

    assert sum(taken) == 2
    assert [(verb, number) for verb, number, _ in told(partner)] == [
        ("create", order.number), ("change", order.number), ("change", order.number),
    ]  # fmt: skip
    assert told(partner)[0][2] == "scheduled"
    assert told(partner)[-1][2] == "completed"
    assert set(partner.logins) == {"Bearer s3cret"}
    assert [push.state for push in OrderPush.objects.all()] == ["taken"] * 3


def test_a_partner_that_is_away_gets_the_same_message_later(
    partner: Partner, order: ServiceOrder, at: datetime
) -> None:
    partner.answer = (503, b"busy")
    push_orders(at=at)
    start_service_order(order=order, at=at, by="tess")
    waited = [push_orders(at=at + timedelta(seconds=30)) for _ in range(2)]
    partner.answer = (200, OK)

    later = [push_orders(at=at + timedelta(seconds=70 + n)) for n in range(2)]

    assert waited == [0, 0]
    assert sum(later) == 2
    assert partner.bodies[0] == partner.bodies[1]
    assert [verb for verb, _, _ in told(partner)] == ["create", "create", "change"]


def test_nobody_there_is_written_down_and_tried_again(
    settings: Settings, order: ServiceOrder, at: datetime
) -> None:
    settings.WMS_URL = f"http://127.0.0.1:{free_port()}/"

    assert push_orders(at=at) == 0

    push = OrderPush.objects.get()
    assert push.state == "waiting, tried 1 times"
    assert push.answer.startswith("No answer")
    assert push.next_attempt_at == at + timedelta(minutes=1)


@pytest.mark.parametrize("answer", [(200, FAILED), (400, b"no such crew")])
def test_a_refusal_is_kept_for_a_person_and_not_repeated(
    partner: Partner, order: ServiceOrder, at: datetime, answer: tuple[int, bytes]
) -> None:
    partner.answer = answer

    sent = [push_orders(at=at + timedelta(days=n)) for n in range(3)]

    push = OrderPush.objects.get(change__old_status="")
    assert sent == [0, 0, 0]
    assert len(partner.bodies) == 1
    assert push.state == "refused"
    assert answer[1].decode() in push.answer


def test_what_the_partner_said_itself_and_what_is_long_past_is_not_told(
    partner: Partner, order: ServiceOrder, dms: User, at: datetime
) -> None:
    push_orders(at=at)
    start_service_order(order=order, at=at, by=dms.username)

    push_orders(at=at)
    OrderPush.objects.all().delete()
    push_orders(at=at + timedelta(days=3))

    assert len(partner.bodies) == 1


def test_without_a_partner_nothing_is_queued(order: ServiceOrder, at: datetime) -> None:
    assert push_orders(at=at) == 0
    assert not OrderPush.objects.exists()


def test_a_redirect_is_refused_and_its_target_never_learns_the_header(
    partner: Partner, order: ServiceOrder, at: datetime, settings: Settings
) -> None:
    partner.answer = (302, f"{settings.WMS_URL}/elsewhere".encode())

    assert push_orders(at=at) == 0

    push = OrderPush.objects.get()
    assert push.state == "refused"
    assert "redirects are not followed" in push.answer
    assert len(partner.bodies) == 1


def test_a_work_request_and_its_moves_are_told_as_work_requests(
    partner: Partner, ada_point: UsagePoint, at: datetime
) -> None:
    request = asked(ada_point, at, kind="new_service")
    take_way(request=request, way="design", actors=DESK, at=at, by="cleo")
    work = request.works.get()
    plan = Plan(text="A cable.", cost=Decimal(450), ready_date=at.date() + timedelta(days=30))

    push_orders(at=at)
    plan_work(work=work, plan=plan, at=at, by="enzo")
    push_orders(at=at)

    assert told(partner) == [
        ("create", work.number, "waitingOnApproval"),
        ("change", work.number, "waitingOnApproval"),
    ]
    assert {read_message(read(body)).header.noun for body in partner.bodies} == {"WorkRequests"}
    assert b"A cable." in partner.bodies[1]


def test_the_desk_sees_why_it_was_refused_and_sends_it_again(
    partner: Partner, order: ServiceOrder, cleo: User, cem: User, at: datetime
) -> None:
    partner.answer = (400, b"no such crew")
    push_orders(at=at)
    push = OrderPush.objects.get()
    client, url = Client(), reverse("service_order_told", args=[order.number])
    client.force_login(cleo)

    refused = client.get(url).content.decode()
    page = client.get(reverse("service_order", args=[order.number])).content.decode()
    partner.answer = (200, OK)
    client.post(reverse("service_push_again", args=[push.pk]))
    push_orders(at=timezone.now())
    taken = client.get(url).content.decode()
    again = client.post(reverse("service_push_again", args=[push.pk]), follow=True)

    assert "no such crew" in refused
    assert url in page
    assert "Delivered" in taken
    assert "Sent again by cleo" in taken
    assert "It has been taken meanwhile" in again.content.decode()
    assert partner.bodies[0] == partner.bodies[1]
    client.force_login(cem)
    assert client.get(url).status_code == 403


def test_what_was_refused_is_not_sent_behind_a_later_move(
    partner: Partner, order: ServiceOrder, at: datetime
) -> None:
    partner.answer = (400, b"no")
    push_orders(at=at)
    start_service_order(order=order, at=at, by="tess")
    partner.answer = (200, OK)
    push_orders(at=at)

    with pytest.raises(LaterOneTaken):
        try_again(push=OrderPush.objects.earliest("pk"), at=at, by="cleo")
