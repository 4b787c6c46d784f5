"""Cards of requests move and are assigned as applications are: never over another's (CS-1)."""

from datetime import date, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers.models import Holiday, ServiceRequest, TariffVersion, UsagePoint
from customers.selectors.requests import working_days
from customers.services.holidays import keep_holiday, remove_holiday
from customers.services.requests import RequestChanged, assign_request, take_way
from derms.accounts.models import User
from interconnection.models import InterconnectionApplication
from interconnection.selectors.queue import QueueFilter, QueueRow
from interconnection.selectors.waiting import keys, lanes
from interconnection.services.assigning import assign_many
from tests.customers.asking import DESK, asked
from tests.interconnection.applying import send

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(cleo: User) -> Client:
    client = Client()
    client.force_login(cleo)
    return client


@pytest.fixture
def request_(ben_point: UsagePoint, at: datetime) -> ServiceRequest:
    return asked(ben_point, at, kind="account")


def card(request: ServiceRequest, user: User, at: datetime) -> QueueRow:
    board = lanes(QueueFilter(), user=user, days=working_days(timezone.localdate(at)))
    return next(row for lane in board for row in lane.rows if row.reference == request.number)


def test_a_card_offers_what_the_desk_may_answer_and_where_it_leads(
    request_: ServiceRequest, cleo: User, at: datetime, browser: Client
) -> None:
    ways = {way.key: way for way in card(request_, cleo, at).ways}

    page = browser.get(reverse("service_queue"), {"as": "board"}).content.decode()
    assert (ways["ask"].lane, ways["ask"].asks) == ("incomplete", True)
    assert ways["answered"].lane == "permitted"
    assert f"{reverse('service_request', args=[request_.number])}#way-ask" in page
    assert "Move to…" in page


def test_a_card_with_an_engineer_is_moved_by_nobody_at_the_desk(
    ben_point: UsagePoint, cleo: User, at: datetime
) -> None:
    request = asked(ben_point, at, kind="new_service")
    take_way(request=request, way="design", actors=DESK, at=at, by="cleo")

    assert card(request, cleo, at).ways == ()


def test_who_moves_a_card_second_is_told_who_was_first(
    ben_point: UsagePoint, cleo: User, at: datetime, browser: Client
) -> None:
    request = asked(ben_point, at, kind="new_service")
    shown = card(request, cleo, at)
    way = next(one for one in shown.ways if not one.asks)
    take_way(request=request, way="ask", actors=DESK, at=at, by="otto", words="When?")

    url = reverse("service_request_way", args=[request.number, way.key])
    came = browser.post(url, {"seen": shown.seen})

    assert came.status_code == 409
    assert ServiceRequest.objects.get().waiting_on == "customer"


def test_a_plain_answer_moves_the_card_at_once(
    ben_point: UsagePoint, cleo: User, at: datetime, browser: Client
) -> None:
    request = asked(ben_point, at, kind="new_service")
    shown = card(request, cleo, at)
    way = next(one for one in shown.ways if not one.asks and one.lane)

    browser.post(
        reverse("service_request_way", args=[request.number, way.key]), {"seen": shown.seen}
    )

    assert card(request, cleo, at).status == way.lane


def test_assigning_over_another_shows_what_the_other_changed(
    request_: ServiceRequest, cleo: User, olga: User, at: datetime, browser: Client
) -> None:
    read = card(request_, cleo, at).version
    assign_request(request=request_, to=olga, version=read)

    with pytest.raises(RequestChanged, match="changed assigned to"):
        assign_request(request=request_, to=cleo, version=read)
    url = reverse("service_request_assign", args=[request_.number])
    told = browser.post(url, {"version": read}, follow=True).content.decode()

    assert "was not assigned" in told
    assert ServiceRequest.objects.get().assigned_to == olga


def test_many_are_assigned_and_what_changed_meanwhile_is_left_alone(
    request_: ServiceRequest, ada_point: UsagePoint, cleo: User, olga: User, at: datetime
) -> None:
    other = asked(ada_point, at)
    read = {row.number: row.version for row in ServiceRequest.objects.all()}
    assign_request(request=request_, to=olga)

    came = assign_many(
        chosen=[(one, read[one]) for one in (request_.number, other.number)], to=cleo
    )

    assert came.count == 1
    assert request_.number in came.refusals[0]
    assert set(ServiceRequest.objects.values_list("number", "assigned_to__username")) == {
        (request_.number, "olga"),
        (other.number, "cleo"),
    }


def test_pages_of_both_kinds_are_one_list_by_deadline(
    ada: User, ada_point: UsagePoint, ben_point: UsagePoint, tariff_version: TariffVersion,
    cleo: User, at: datetime,
) -> None:  # fmt: skip
    send(ada_point, tariff_version, ada, at)
    for kind in ("turn_on", "power_quality", "account"):
        asked(ben_point, at, kind=kind)
    found = keys(QueueFilter(), user=cleo, days=working_days(timezone.localdate(at)))

    whole = list(found)

    assert len(found) == len(whole) == 4
    assert [key[0] for key in whole] == sorted(key[0] for key in whole)
    assert [*found[0:2], *found[2:4]] == whole


def test_a_new_holiday_moves_due_dates_of_requests_and_applications(
    ada: User, ada_point: UsagePoint, ben_point: UsagePoint, tariff_version: TariffVersion,
    at: datetime,
) -> None:  # fmt: skip
    application, request = send(ada_point, tariff_version, ada, at), asked(ben_point, at)

    def dues() -> list[date | None]:
        rows = (InterconnectionApplication.objects.get(), ServiceRequest.objects.get(mirrors=""))
        return [row.due_date for row in rows]

    before = dues()
    free = working_days(timezone.localdate(at)).after(2)
    keep_holiday(day=free, name="Founders", at=at)
    later = dues()
    remove_holiday(holiday=Holiday.objects.get(date=free), at=at)

    days = working_days(timezone.localdate(at))
    assert [days.left(due) for due in later if due] == [days.left(due) + 1 for due in before if due]
    assert dues() == before
    application.refresh_from_db()
    assert request.number


def test_a_holiday_entered_for_a_day_that_is_over_moves_only_what_ran_on_it(
    ada: User, ada_point: UsagePoint, ben_point: UsagePoint, cem_point: UsagePoint,
    tariff_version: TariffVersion, at: datetime,
) -> None:  # fmt: skip
    now = at + timedelta(days=7)
    send(ada_point, tariff_version, ada, at)
    before_it, after_it = asked(ben_point, at, kind="account"), asked(cem_point, now, "account")
    mirrored = ServiceRequest.objects.exclude(mirrors="").get()
    dues = {one.number: one.due_date for one in (before_it, after_it, mirrored)}
    days = working_days(timezone.localdate(now))

    done = keep_holiday(day=days.after(-2), name="Founders", at=now)

    for one, moved in ((before_it, 1), (after_it, 0), (mirrored, 1)):
        one.refresh_from_db()
        first = dues[one.number]
        assert first is not None
        assert one.due_date is not None
        assert days.left(one.due_date) - days.left(first) == moved
    assert InterconnectionApplication.objects.get().due_date == mirrored.due_date
    assert (done.requests, done.applications) == (1, 1)
    removed = remove_holiday(holiday=done.holiday, at=now)
    assert (removed.requests, removed.applications) == (1, 1)
    assert {one.number: one.due_date for one in ServiceRequest.objects.all()} == dues


def test_the_page_of_holidays_says_what_it_moved(ben_point: UsagePoint, browser: Client) -> None:
    now = timezone.now()
    asked(ben_point, now - timedelta(days=7), kind="account")
    past = working_days(timezone.localdate(now)).after(-2)
    url = reverse("service_holidays")

    told = browser.post(url, {"date": past.isoformat(), "name": "Founders"}, follow=True)
    again = browser.post(url, {"date": "2020-01-06", "name": "Long ago"}, follow=True)

    assert "1 request is due on another day now." in told.content.decode()
    assert "No due date moved." in again.content.decode()


def test_a_holiday_counts_for_nothing_in_the_queue(
    ada: User, ada_point: UsagePoint, tariff_version: TariffVersion, cleo: User, at: datetime
) -> None:
    sent = send(ada_point, tariff_version, ada, at)
    row = InterconnectionApplication.objects.get(pk=sent.pk)
    assert row.due_date is not None
    late = row.due_date - timedelta(days=7)
    while working_days(late).left(row.due_date) > 3:
        late += timedelta(days=1)
    plain = len(keys(QueueFilter(show="late"), user=cleo, days=working_days(late)))
    for n in range(1, 6):
        day = late + timedelta(days=n)
        if day < row.due_date:
            Holiday.objects.create(date=day, name=f"Day {n}")

    with_holidays = len(keys(QueueFilter(show="late"), user=cleo, days=working_days(late)))

    assert (plain, with_holidays) == (0, 1)
