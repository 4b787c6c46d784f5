"""Field orders from a phone: checklist, result, photos, lost connections (CS-6)."""

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from django.urls import reverse

from customers import services
from customers.flows.checklists import CHECKLISTS, Line, check_line, checklist_of
from customers.models import ServiceOrder, ServiceRequest, UsagePoint, VisitPhoto, VisitReport
from customers.services.sending import Visit
from customers.services.visits import cancel_visit
from derms.accounts.models import User
from tests.customers.asking import DESK, asked, told

JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 40
FULL: dict[str, Any] = {
    "safe": "on",
    "installation": "on",
    "voltage": "121,5",
    "reading": "1042",
    "seal": "S-77",
    "on": "on",
    "result": "Service is on.",
}


@pytest.fixture(autouse=True)
def private_folder(tmp_path: Path) -> Iterator[Path]:
    with override_settings(PRIVATE_DIR=str(tmp_path)):
        yield tmp_path


@pytest.fixture
def order(ada_point: UsagePoint, at: datetime) -> ServiceOrder:
    request = asked(ada_point, at)
    visit = Visit(planned_from=at + timedelta(days=1), planned_to=at + timedelta(days=1, hours=2))
    services.take_way(request=request, way="order", actors=DESK, visit=visit, at=at, by="cleo")
    return request.orders.get()


@pytest.fixture
def phone(tess: User) -> Client:
    client = Client()
    client.force_login(tess)
    return client


def send(phone: Client, order: ServiceOrder, *, key: uuid.UUID | None = None, **values: Any) -> Any:
    url = reverse("field_visit_report", args=[order.number])
    return phone.post(url, {"key": key or uuid.uuid4(), **values})


def test_a_technician_turns_service_on_and_the_request_is_done(
    phone: Client, order: ServiceOrder
) -> None:
    listed = phone.get(reverse("field_orders")).content.decode()
    phone.post(reverse("field_visit_start", args=[order.number]))
    during = phone.get(reverse("field_visit", args=[order.number])).content.decode()
    photo = SimpleUploadedFile("IMG_1.jpg", JPEG)

    done = send(phone, order, finish="1", photos=photo, **FULL)

    order.refresh_from_db()
    request = ServiceRequest.objects.get()
    assert order.number in listed
    assert "Voltage at the meter, V" in during
    assert done.url == reverse("field_orders")
    assert (order.status, order.answers["voltage"], request.status) == ("done", "121,5", "done")
    assert told(request) == ["request_received", "request_visit", "request_done"]
    kept = VisitPhoto.objects.get()
    shown = phone.get(reverse("field_photo", args=[kept.key]))
    assert shown.content == JPEG
    assert shown["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_what_is_left_is_named_and_nothing_of_the_sending_is_lost_or_half_kept(
    phone: Client, order: ServiceOrder, private_folder: Path
) -> None:
    phone.post(reverse("field_visit_start", args=[order.number]))

    refused = send(phone, order, finish="1", safe="on", photos=SimpleUploadedFile("a.jpg", JPEG))

    body = refused.content.decode()
    assert refused.status_code == 409
    assert "Missing: Installation looked at" in body
    assert 'id="id_safe" checked' in body
    assert not VisitReport.objects.exists()
    assert [path for path in private_folder.rglob("*") if path.is_file()] == []


def test_a_sending_that_is_repeated_after_a_lost_answer_counts_once(
    phone: Client, order: ServiceOrder
) -> None:
    phone.post(reverse("field_visit_start", args=[order.number]))
    key = uuid.uuid4()
    one, same = SimpleUploadedFile("a.jpg", JPEG), SimpleUploadedFile("a.jpg", JPEG)

    first = send(phone, order, key=key, finish="1", photos=one, **FULL)
    again = send(phone, order, key=key, finish="1", photos=same, **FULL)

    assert first.status_code == again.status_code == 302
    assert VisitReport.objects.count() == VisitPhoto.objects.count() == 1


def test_the_phones_script_hears_json(phone: Client, order: ServiceOrder) -> None:
    phone.post(reverse("field_visit_start", args=[order.number]))
    url = reverse("field_visit_report", args=[order.number])

    def say(**values: str) -> Any:
        return phone.post(
            url, {"key": str(uuid.uuid4()), **values}, headers={"accept": "application/json"}
        )

    wrong = say(voltage="a lot")
    kept = say(voltage="121", safe="on")

    assert wrong.status_code == 422
    assert wrong.json()["fields"] == {"voltage": ["Type voltage at the meter as a number."]}
    assert kept.json() == {"url": reverse("field_visit", args=[order.number])}
    order.refresh_from_db()
    assert order.answers["voltage"] == "121"


def test_a_report_before_the_start_and_with_a_strange_file_is_refused(
    phone: Client, order: ServiceOrder
) -> None:
    early = send(phone, order, safe="on")
    phone.post(reverse("field_visit_start", args=[order.number]))
    strange = send(phone, order, photos=SimpleUploadedFile("a.jpg", b"<html>"))

    assert early.status_code == 409
    assert "Start the work first" in early.content.decode()
    assert strange.status_code == 422
    assert "a.jpg is no PDF" in strange.content.decode()


def test_blocking_shows_why(phone: Client, order: ServiceOrder) -> None:
    phone.post(reverse("field_visit_start", args=[order.number]))
    url = reverse("field_visit_block", args=[order.number])

    empty = phone.post(url, {"reason": ""})
    phone.post(url, {"reason": "Nobody at home."})

    assert empty.status_code == 422
    assert (
        "Nobody at home." in phone.get(reverse("field_visit", args=[order.number])).content.decode()
    )


def test_calling_an_order_off_brings_the_request_back_to_the_desk(
    order: ServiceOrder, at: datetime
) -> None:
    cancel_visit(order=order, reason="The crew is needed elsewhere.", at=at, by="cleo")

    request = ServiceRequest.objects.get()
    assert (request.step, request.waiting_on) == ("check", "customer_service")


def test_every_kind_of_order_has_its_checklist() -> None:
    own = set(ServiceOrder.Kind.values) - {"commissioning"}

    assert set(CHECKLISTS) == own
    assert all(checklist_of(kind)[0].key == "safe" for kind in own)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("12", ""),
        ("12,5", ""),
        ("", ""),
        ("x", "as a number"),
        ("-1", "cannot be -1"),
        ("nan", "cannot be nan"),
    ],
)
def test_a_measured_number_is_a_number(answer: str, words: str) -> None:
    assert words in check_line(Line(key="v", label="Voltage", kind="number"), answer)
