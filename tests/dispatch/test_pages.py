"""The console, dispatches and what customers see: allowed, forbidden, malformed (DI-3, CS-10)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from derms.accounts.models import User
from devices.models import HistoryProgress, Reading
from devices.services import ReadingRow, import_readings
from devices.services.rolling import roll_up_until
from dispatch.models import Delivery, DERGroupDispatch
from dispatch.selectors.customers import day_of
from dispatch.services import run_cycle
from dispatch.statuses import DispatchStatus
from groups.models import DERGroup
from interconnection.models import DER
from tests.dispatch.gateway import commands_of, confirm
from tests.groups.scenes import device_of, heard

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
ORDER = {
    "function": "limit_active_power",
    "target": "10",
    "duration": "30",
    "reason": "Voltage on F12",
}


@pytest.fixture
def at() -> datetime:
    """Pages read the clock, so their scene happens now."""
    return timezone.now()


def as_(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def check(client: Client, group: DERGroup, **typed: str) -> DERGroupDispatch:
    client.post(f"/operations/groups/{group.pk}/command", {**ORDER, **typed}, headers=HTMX)
    return DERGroupDispatch.objects.latest("pk")


def test_console_shows_groups_tiles_and_no_dispatch(group: DERGroup, olga: User) -> None:
    page = as_(olga).get("/operations/").content.decode()

    assert "Rooftops of F12" in page
    assert "6 of 6" in page
    assert "21.0" in page
    assert "Nothing is dispatched." in page


def test_console_without_anything_says_what_to_do(olga: User) -> None:
    page = as_(olga).get("/operations/").content.decode()

    assert "No group is live yet." in page


@pytest.mark.parametrize("query", ["?group=999", "?group=x", "?dispatch=999", "?feeder=nowhere"])
def test_console_ignores_what_does_not_exist(group: DERGroup, olga: User, query: str) -> None:
    assert as_(olga).get(f"/operations/{query}").status_code == 200


def test_command_goes_from_select_over_check_to_sent_by_htmx(group: DERGroup, olga: User) -> None:
    client = as_(olga)
    form = client.get(f"/operations/groups/{group.pk}/command", headers=HTMX).content.decode()
    assert "It can be limited between" in form

    checked = client.post(f"/operations/groups/{group.pk}/command", ORDER, headers=HTMX)
    dispatch = DERGroupDispatch.objects.get()
    assert "6 of 6 members get a set-point" in checked.content.decode()
    assert "10.0\xa0kW" in checked.content.decode()

    sent = client.post(
        f"/operations/dispatches/{dispatch.pk}/execute",
        {"token": dispatch.plan_sha256},
        headers=HTMX,
    )
    page = sent.content.decode()
    assert 'class="cells"' in page
    assert "Waits for its gateway" in page
    dispatch.refresh_from_db()
    assert dispatch.status == DispatchStatus.EXECUTING


def test_command_works_without_javascript(group: DERGroup, olga: User) -> None:
    client = as_(olga)
    assert "Check effect" in client.get(f"/operations/?group={group.pk}").content.decode()

    checked = client.post(f"/operations/groups/{group.pk}/command", ORDER, follow=True)
    dispatch = DERGroupDispatch.objects.get()
    assert dispatch.plan_sha256 in checked.content.decode()

    sent = client.post(
        f"/operations/dispatches/{dispatch.pk}/execute",
        {"token": dispatch.plan_sha256},
        follow=True,
    )
    assert sent.status_code == 200
    assert "Release now" in sent.content.decode()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"target": ""}, "This field is required."),
        ({"target": "abc"}, "Enter a number."),
        ({"target": "NaN"}, "Enter a number."),
        ({"target": "-5"}, "below 0"),
        ({"target": "900"}, "out of range"),
        ({"target": "1e400"}, "Ensure that"),
        ({"duration": "0"}, "greater than or equal to 1"),
        ({"duration": "9999"}, "less than or equal to 240"),
        ({"reason": ""}, "This field is required."),
        ({"function": "explode"}, "Select a valid choice"),
    ],
)
def test_wrong_orders_are_refused_and_what_was_typed_stays(
    group: DERGroup, olga: User, typed: dict[str, str], words: str
) -> None:
    answer = as_(olga).post(f"/operations/groups/{group.pk}/command", {**ORDER, **typed})

    assert answer.status_code == 422
    page = answer.content.decode()
    assert words in page
    for name, value in typed.items():
        if value and name != "function":
            assert f'value="{value}"' in page
    assert not DERGroupDispatch.objects.exists()


def test_second_operator_sees_who_holds_the_group(group: DERGroup, olga: User, otto: User) -> None:
    check(as_(olga), group)
    other = as_(otto)

    answer = other.post(f"/operations/groups/{group.pk}/command", ORDER, headers=HTMX)

    assert "is selected by olga until" in answer.content.decode()
    assert "Held by olga" in other.get("/operations/").content.decode()
    plain = other.post(f"/operations/groups/{group.pk}/command", ORDER)
    assert plain.status_code == 409


def test_expired_selection_is_refused_and_can_be_armed_again(group: DERGroup, olga: User) -> None:
    client = as_(olga)
    dispatch = check(client, group)
    DERGroupDispatch.objects.filter(pk=dispatch.pk).update(
        selection_expires_at=timezone.now() - timedelta(seconds=1)
    )

    answer = client.post(
        f"/operations/dispatches/{dispatch.pk}/execute",
        {"token": dispatch.plan_sha256},
        headers=HTMX,
    )
    assert "Selection expired" in answer.content.decode()

    client.post(f"/operations/dispatches/{dispatch.pk}/rearm", headers=HTMX)
    again = DERGroupDispatch.objects.latest("pk")
    assert again.pk != dispatch.pk
    assert (again.status, again.target_w) == (DispatchStatus.CHECKED, 10_000)


def test_cancel_frees_the_group(group: DERGroup, olga: User) -> None:
    client = as_(olga)
    dispatch = check(client, group)

    client.post(f"/operations/dispatches/{dispatch.pk}/cancel", headers=HTMX)

    dispatch.refresh_from_db()
    assert dispatch.status == DispatchStatus.CANCELLED


def test_dispatch_page_follows_commands_and_releases(
    executing: DERGroupDispatch, at: datetime, otto: User
) -> None:
    confirm(commands_of(executing), at)
    run_cycle(at=timezone.now())
    client = as_(otto)
    page = client.get(f"/operations/dispatches/{executing.pk}").content.decode()
    assert "6 confirmed" in page
    assert "6 of 6 members confirmed." in page

    client.post(f"/operations/dispatches/{executing.pk}")

    executing.refresh_from_db()
    assert executing.status == DispatchStatus.RELEASING
    part = client.get(f"/operations/dispatches/{executing.pk}?part=1").content.decode()
    assert part.strip().startswith('<div id="dispatch"')
    assert "otto" in part


def test_auditor_reads_a_dispatch_and_cannot_release_it(
    executing: DERGroupDispatch, audrey: User
) -> None:
    client = as_(audrey)

    assert (
        "Release now" not in client.get(f"/operations/dispatches/{executing.pk}").content.decode()
    )
    assert client.post(f"/operations/dispatches/{executing.pk}").status_code == 409
    executing.refresh_from_db()
    assert executing.status == DispatchStatus.EXECUTING


@pytest.mark.parametrize("show", ["", "in_force", "over", "not_executed", "nonsense"])
def test_list_of_dispatches_opens_with_any_filter(
    executing: DERGroupDispatch, olga: User, show: str
) -> None:
    assert as_(olga).get(f"/operations/dispatches/?show={show}").status_code == 200


def test_trend_gives_columns_of_equal_length(
    group: DERGroup, rooftops: list[DER], olga: User, at: datetime
) -> None:
    rows = [
        ReadingRow(
            device_id=device_of(der).pk,
            measured_at=at - timedelta(seconds=seconds),
            received_at=at - timedelta(seconds=seconds),
            active_power_w=1_000.0,
        )
        for der in rooftops
        for seconds in range(10, 600, 5)
    ]
    import_readings(rows)
    client = as_(olga)

    for url in ("/operations/trend?minutes=15", f"/operations/trend?minutes=15&group={group.pk}"):
        columns = client.get(url).json()
        assert columns["unit"] == "kW"
        assert {len(one["values"]) for one in columns["series"]} == {len(columns["x"])}
        assert max(value or 0 for value in columns["series"][0]["values"]) == pytest.approx(5.0)
    assert client.get("/operations/trend?minutes=15&group=999").status_code == 404
    assert client.get("/operations/trend?minutes=soon").status_code == 200


@pytest.fixture
def settled(executing: DERGroupDispatch, rooftops: list[DER], at: datetime) -> Delivery:
    """Ada's part of the dispatch, which is over."""
    executing.move(DispatchStatus.RELEASING, at=at, by="olga")
    executing.move(DispatchStatus.RELEASED, at=at, by="clock", ended_at=at + timedelta(minutes=10))
    return Delivery.objects.create(
        dispatch=executing,
        der=rooftops[0],
        measured_from=at,
        measured_to=at + timedelta(minutes=10),
        requested_wh=500,
        delivered_wh=498.2,
        available_wh=1_000,
        curtailed_wh=501.8,
        uncertainty_wh=12,
        method="pre-event level carried on",
        payment="0.06",
        computed_at=at,
    )


def test_customer_sees_her_events_with_energy_and_money(settled: Delivery, ada: User) -> None:
    page = as_(ada).get("/portal/events/").content.decode()

    assert "0.50\xa0kWh ± 0.01\xa0kWh" in page
    assert "0.06 USD" in page


def test_outsider_sees_nothing_of_it(settled: Delivery, cem: User) -> None:
    client = as_(cem)

    assert "has not used your equipment yet" in client.get("/portal/events/").content.decode()
    assert "no equipment connected yet" in client.get("/portal/production").content.decode()
    assert client.get("/portal/production/data").json()["x"] == []
    assert client.get("/api/v1/deliveries/").json()["results"] == []


def test_customer_sees_the_day_with_gaps_named(
    settled: Delivery, rooftops: list[DER], ada: User, at: datetime
) -> None:
    heard(device_of(rooftops[0]), at=at, power_w=6_000)
    page = as_(ada).get("/portal/production").content.decode()

    assert "6.00" in page
    assert "Held back by the utility" in page
    assert "No readings on this day" in page


def test_customer_sees_a_day_whose_readings_are_no_longer_kept(
    rooftops: list[DER], ada: User, at: datetime
) -> None:
    then = day_of(timezone.localdate(at) - timedelta(days=40), at)
    begins, ends = then.begins_at.astimezone(UTC), then.ends_at.astimezone(UTC)
    import_readings(
        ReadingRow(
            device_id=device_of(rooftops[0]).pk,
            measured_at=begins + timedelta(minutes=15 * number),
            received_at=at,
            active_power_w=2_000,
            energy_injected_wh=500 * number,
            interval_s=900,
        )
        for number in range(2 * 96)
    )
    roll_up_until(ends + timedelta(hours=1))
    Reading.objects.all().delete()
    HistoryProgress.objects.filter(part="raw_dropped").update(done_until=ends)

    page = as_(ada).get("/portal/production", {"day": then.day.isoformat()}).content.decode()
    curve = as_(ada).get("/portal/production/data", {"day": then.day.isoformat()}).json()

    # On two days of the year it is not 24.
    hours = (ends - begins) // timedelta(hours=1)
    assert f"{2 * hours:.2f}\xa0kWh" in page
    assert page.count("2.00\xa0kWh") == hours
    assert curve["series"][0]["values"] == [2.0] * (4 * hours)
    assert len(set(curve["x"])) == 4 * hours


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("tomorrow", "This is no date."),
        ("2026-02-30", "This is no date."),
        ("9999-01-01", "has not come yet"),
        ("1999-01-01", "kept for so long"),
    ],
)
def test_wrong_days_are_refused_beside_the_field(ada: User, day: str, words: str) -> None:
    client = as_(ada)
    answer = client.get("/portal/production", {"day": day})

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert f'value="{day}"' in answer.content.decode()
    assert client.get("/portal/production/data", {"day": day}).status_code == 422


def test_customer_service_sees_a_customers_participation(
    settled: Delivery, rooftops: list[DER], cleo: User
) -> None:
    customer = rooftops[0].usage_point.customer
    client = as_(cleo)

    page = client.get(f"/service/customers/{customer.pk}/participation").content.decode()

    assert "0.498\xa0kWh" in page
    assert "Rooftops of F12" in page
    assert client.get("/service/customers/0/participation").status_code == 404
