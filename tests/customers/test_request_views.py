"""Pages of service requests: at the desk and in the portal (CS-4)."""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from customers import services
from customers.flows.kinds import FLOWS
from customers.models import Customer, Holiday, RequestFile, ServiceRequest, UsagePoint
from derms.accounts.models import ExportRecord, User
from tests.customers.asking import ANSWERS, DESK, told

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
OWN_KINDS = [kind for kind, flow in FLOWS.items() if not flow.is_mirrored]


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def now() -> datetime:
    """Pages read the clock, so what they show lies around now."""
    return timezone.now()


@pytest.fixture(autouse=True)
def private_folder(tmp_path: Path) -> Iterator[Path]:
    with override_settings(PRIVATE_DIR=str(tmp_path)):
        yield tmp_path


def answers(kind: str, now: datetime) -> dict[str, str]:
    day = (timezone.localdate(now) + timedelta(days=5)).isoformat()
    return ANSWERS[kind] | ({"day": day} if "day" in ANSWERS[kind] else {})


def page(client: Client, name: str, *args: object) -> str:
    response = client.get(reverse(name, args=args))
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("kind", OWN_KINDS)
def test_a_customer_starts_each_kind_and_follows_it(
    ada: User, ada_point: UsagePoint, cem: User, cem_customer: Customer, now: datetime, kind: str
) -> None:
    client = browser(ada)
    url = reverse("portal_request_new", args=[kind])
    assert FLOWS[kind].plain in client.get(url).content.decode()

    sent = client.post(url, {**answers(kind, now), "usage_point": ada_point.pk}, follow=True)

    request = ServiceRequest.objects.get()
    shown = sent.content.decode()
    assert f"Your request {request.number} has arrived" in shown
    assert "Customer service acts next" in shown
    assert request.number in page(client, "portal_requests")
    other = browser(cem).get(reverse("portal_request", args=[request.number]))
    assert other.status_code == 404
    assert told(request) == ["request_received"]


def test_what_is_missing_is_said_beside_it_and_what_was_typed_stays(
    ada: User, ada_point: UsagePoint
) -> None:
    response = browser(ada).post(
        reverse("portal_request_new", args=["power_quality"]),
        {"what": "flicker", "when": "", "story": "Since the storm."},
    )

    body = response.content.decode()
    assert response.status_code == 422
    assert "Please answer this." in body
    assert "Since the storm." in body
    assert not ServiceRequest.objects.exists()


def test_a_day_that_is_over_is_refused_beside_the_day(ada: User, ada_point: UsagePoint) -> None:
    response = browser(ada).post(
        reverse("portal_request_new", args=["turn_on"]),
        {"usage_point": ada_point.pk, "day": "2020-01-01", "reason": "move_in"},
    )

    assert response.status_code == 422
    assert "This day is over" in response.content.decode()


def test_connecting_der_leads_to_the_application(ada: User, ada_customer: Customer) -> None:
    response = browser(ada).get(reverse("portal_request_new", args=["connect_der"]))

    assert response.url == reverse("portal_apply")  # type: ignore[attr-defined]  # a redirect


def test_the_desk_asks_and_the_customer_answers(
    ada: User, ada_point: UsagePoint, cleo: User, now: datetime
) -> None:
    request = asked_now(ada_point, now)
    desk, customer = browser(cleo), browser(ada)
    before = page(desk, "service_request", request.number)
    assert "Order the connection" in before

    desk.post(way(request, "ask"), {"words": "Which floor?", "seen": ""})
    seen_by_customer = page(customer, "portal_request", request.number)
    answered = customer.post(
        reverse("portal_request_answer", args=[request.number, "answered"]),
        {"words": "The second."},
        follow=True,
    ).content.decode()
    after = page(desk, "service_request", request.number)

    assert "It is your turn." in seen_by_customer
    assert "Which floor?" in seen_by_customer
    assert "Customer service acts next" in answered
    assert "The second." in after
    assert "Stood still" in after


def test_an_order_is_made_with_a_window(ada_point: UsagePoint, cleo: User, now: datetime) -> None:
    request = asked_now(ada_point, now)
    client = browser(cleo)
    day = timezone.localdate(now) + timedelta(days=2)

    empty = client.post(way(request, "order"), {})
    client.post(way(request, "order"), {"day": day.isoformat(), "begins": "09:00", "ends": "11:00"})

    assert empty.status_code == 422
    assert "Choose the day of the visit." in empty.content.decode()
    assert request.orders.get().kind == "connection"
    assert "Waits on" not in page(client, "service_request", request.number)


def test_who_was_slower_sees_what_the_other_did(
    ada_point: UsagePoint, cleo: User, now: datetime
) -> None:
    request = asked_now(ada_point, now)
    seen = request.passages.get().pk
    services.take_way(request=request, way="ask", actors=DESK, words="?", at=now, by="carl")

    gone = browser(cleo).post(way(request, "decline"), {"words": "No.", "seen": seen})
    late = browser(cleo).post(way(request, "answered"), {"words": "Yes.", "seen": seen})

    assert gone.status_code == late.status_code == 409
    assert "carl brought it to" in gone.content.decode()
    assert "You had written: No." in gone.content.decode()
    assert "carl brought it to" in late.content.decode()
    assert "Yes." in late.content.decode()


def test_the_engineer_reads_but_does_not_take_the_desks_turn(
    ada_point: UsagePoint, enzo: User, now: datetime
) -> None:
    request = asked_now(ada_point, now)
    client = browser(enzo)

    assert "Order the connection" not in page(client, "service_request", request.number)
    refused = client.post(way(request, "decline"), {"words": "No."})
    assert refused.status_code == 422
    assert "waits for Customer service" in refused.content.decode()


def test_the_list_filters_and_is_taken_out_with_a_record(
    ada_point: UsagePoint, ben_point: UsagePoint, cleo: User, now: datetime
) -> None:
    first, second = asked_now(ada_point, now), asked_now(ben_point, now)
    client, url = browser(cleo), reverse("service_requests")
    services.take_way(request=second, way="ask", actors=DESK, words="?", at=now, by="cleo")

    found = client.get(url, {"q": "ada"}).content.decode()
    waiting = client.get(url, {"show": "on_customer"}).content.decode()
    nonsense = client.get(url, {"show": "x", "page": "y"})
    export = b"".join(client.get(url, {"format": "csv"}).streaming_content).decode()  # type: ignore[attr-defined]  # it streams

    assert first.number in found
    assert second.number not in found
    assert second.number in waiting
    assert first.number not in waiting
    assert nonsense.status_code == 200
    assert export.count("\r\n") == 3
    assert ExportRecord.objects.get().list_name == "service_requests"


def test_the_list_asks_the_same_number_of_questions_for_any_number_of_rows(
    ada_point: UsagePoint, cleo: User, now: datetime
) -> None:
    client, url = browser(cleo), reverse("service_requests")
    asked_now(ada_point, now)
    client.get(url)
    with CaptureQueriesContext(connection) as one:
        client.get(url)
    for _ in range(4):
        asked_now(ada_point, now)

    with CaptureQueriesContext(connection) as five:
        client.get(url)

    assert len(five) == len(one)


def test_files_are_kept_once_shown_to_whom_they_belong_and_run_nothing(
    ada: User, ada_point: UsagePoint, cem: User, cem_customer: Customer, cleo: User, now: datetime,
    private_folder: Path,
) -> None:  # fmt: skip
    request = asked_now(ada_point, now)
    url = reverse("portal_request_add_file", args=[request.number])
    for _ in range(2):
        browser(ada).post(url, {"file": SimpleUploadedFile("../meter.png", PNG)})

    kept = RequestFile.objects.get()
    mine = browser(ada).get(reverse("portal_request_file", args=[kept.key]))
    desk = browser(cleo).get(reverse("service_request_file", args=[kept.key]))
    others = browser(cem).get(reverse("portal_request_file", args=[kept.key]))

    assert kept.sha256 == hashlib.sha256(PNG).hexdigest()
    assert [path.name for path in private_folder.rglob("*") if path.is_file()] == [kept.key.hex]
    assert mine.content == desk.content == PNG
    assert others.status_code == 404
    assert mine["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert mine["X-Content-Type-Options"] == "nosniff"
    assert mine["Content-Disposition"] == 'inline; filename="meter.png"'


def test_a_file_that_is_not_what_its_name_says_is_refused(
    ada: User, ada_point: UsagePoint, now: datetime, private_folder: Path
) -> None:
    request = asked_now(ada_point, now)
    page_in_disguise = SimpleUploadedFile("meter.png", b"<script>alert(1)</script>")

    response = browser(ada).post(
        reverse("portal_request_add_file", args=[request.number]), {"file": page_in_disguise}
    )

    assert response.status_code == 422
    assert "meter.png is no PDF, JPEG" in response.content.decode()
    assert not RequestFile.objects.exists()
    assert list(private_folder.rglob("*")) == []


def test_internal_notes_stay_inside(
    ada: User, ada_point: UsagePoint, cleo: User, now: datetime
) -> None:
    request = asked_now(ada_point, now)
    url = reverse("service_request_note", args=[request.number])
    browser(cleo).post(url, {"text": "Owes two months."})
    browser(cleo).post(url, {"text": "We called you back.", "for_customer": "on"})

    shown = page(browser(ada), "portal_request", request.number)

    assert "Owes two months." not in shown
    assert "We called you back." in shown
    assert "Cleo" not in shown
    assert "Owes two months." in page(browser(cleo), "service_request", request.number)


def test_the_desk_takes_a_request_on_the_telephone(
    ada_point: UsagePoint, cleo: User, now: datetime
) -> None:
    client, customer = browser(cleo), ada_point.customer
    kinds = page(client, "service_request_kinds", customer.pk)
    assert "Power-quality investigation" in kinds

    made = client.post(
        reverse("service_request_new", args=[customer.pk, "account"]),
        {"what": "other", "story": "A new name."},
        follow=True,
    )

    request = ServiceRequest.objects.get()
    assert f"{request.number} is open" in made.content.decode()
    assert (request.opened_by, request.usage_point) == ("cleo", None)
    assert client.get(
        reverse("service_request_new", args=[customer.pk, "connect_der"])
    ).status_code == 404  # fmt: skip


def test_a_customer_withdraws_and_is_told(ada: User, ada_point: UsagePoint, now: datetime) -> None:
    request = asked_now(ada_point, now)
    url = reverse("portal_request_withdraw", args=[request.number])

    empty = browser(ada).post(url, {"reason": ""})
    browser(ada).post(url, {"reason": "I stay."})
    again = browser(ada).post(url, {"reason": "Again."})

    assert empty.status_code == 422
    assert again.status_code == 409
    assert ServiceRequest.objects.get().status == "withdrawn"


def test_holidays_are_kept_by_the_desk(cleo: User) -> None:
    client, url = browser(cleo), reverse("service_holidays")
    day = f"{timezone.now().year}-12-25"

    client.post(url, {"date": day, "name": "Christmas"})
    twice = client.post(url, {"date": day, "name": "Christmas"})
    shown = page(client, "service_holidays")
    client.post(reverse("service_holiday_remove", args=[Holiday.objects.get().pk]))

    assert "Christmas" in shown
    assert twice.status_code == 422
    assert "holiday already" in twice.content.decode()
    assert not Holiday.objects.exists()


def test_assigning_takes_and_gives_back(ada_point: UsagePoint, cleo: User, now: datetime) -> None:
    request = asked_now(ada_point, now)
    url = reverse("service_request_assign", args=[request.number])

    browser(cleo).post(url)
    mine = ServiceRequest.objects.get().assigned_to
    browser(cleo).post(url)

    assert mine == cleo
    assert ServiceRequest.objects.get().assigned_to is None


def way(request: ServiceRequest, key: str) -> str:
    return reverse("service_request_way", args=[request.number, key])


def asked_now(point: UsagePoint, now: datetime) -> ServiceRequest:
    return services.open_request(
        kind="turn_on",
        customer=point.customer,
        usage_point=point,
        answers=answers("turn_on", now),
        at=now,
        by="ada",
    )
