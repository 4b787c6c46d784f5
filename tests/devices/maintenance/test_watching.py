"""The daily look and the look at what is off, on rows; the pages of the desk and the portal."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from customers.models import Notice, ServiceProvider, TariffVersion
from derms.accounts.models import User
from derms.lib.days import midnight
from devices.maintenance import Policy
from devices.models import DeviceCommand, MaintenanceFinding, MaintenanceRun, SystemDay
from devices.services import (
    declare_uncounted,
    dismiss_finding,
    find_offline,
    watch_output,
)
from devices.statuses import MaintenanceStatus
from interconnection.models import DER
from tests.devices.maintenance.scenes import Street, all_give, fill, make_street
from tests.devices.walking import walking

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_history")]
FIRST = date(2026, 5, 1)
BREAKS = 18
# Days until the rule tells: the median of seven falls after four, five low days in a row follow.
TOLD = BREAKS + 9


@pytest.fixture(autouse=True)
def by_the_sun(settings: Settings) -> None:
    settings.TIME_ZONE = "Etc/GMT+8"


@pytest.fixture
def street(ada: User, tariff_version: TariffVersion) -> Street:
    return make_street(ada, tariff_version, FIRST)


@pytest.fixture
def provider(db: None) -> ServiceProvider:
    return ServiceProvider.objects.create(
        name="Roof and Wire", phone="+1 555 0177", postcodes=["1001"], skills=["solar"],
        checked_on=FIRST, checked_by="cleo",
    )  # fmt: skip


def a_string_is_lost(system: int, at: datetime) -> float:
    return 0.7 if system == 0 and at >= midnight(FIRST + timedelta(days=BREAKS)) else 1.0


def look(street: Street, day: int) -> datetime:
    """The morning after this day."""
    return midnight(street.day(day + 1)) + timedelta(hours=3)


def live(street: Street, first: int, last: int, share: Any = all_give) -> None:
    """Day after day as the clock does it."""
    for day in range(first, last + 1):
        fill(street, range(day, day + 1), share)
        watch_output(at=look(street, day))


def until_told(street: Street, *, more: int = 0) -> MaintenanceFinding:
    fill(street, range(BREAKS))
    for _ in range(3):
        watch_output(at=look(street, BREAKS - 1))
    live(street, BREAKS, TOLD + more, a_string_is_lost)
    return MaintenanceFinding.objects.get()


def test_a_lost_string_becomes_one_finding_and_one_notice(
    street: Street, provider: ServiceProvider
) -> None:
    finding = until_told(street)

    assert finding.der == street.ders[0]
    assert finding.status == MaintenanceStatus.TOLD
    assert finding.ratio == pytest.approx(0.7, abs=0.04)
    moves = finding.status_changes.order_by("pk").values_list("new_status", flat=True)
    assert list(moves) == ["watch", "open", "told"]
    (notice,) = Notice.objects.filter(template="maintenance_needed")
    assert notice.customer == street.ders[0].usage_point.customer
    assert "about 30 % less" in notice.body
    assert provider.phone in notice.body


def test_the_loss_is_what_the_roof_lacked_at_the_price_for_feeding_in(street: Street) -> None:
    finding = until_told(street)
    gave_wh = sum(
        row.energy_wh
        for row in SystemDay.objects.filter(der=street.ders[0], day__gte=finding.began_on)
    )

    assert finding.lost_wh == pytest.approx(gave_wh / 0.7 * 0.3, rel=0.1)
    assert finding.lost_amount == pytest.approx(
        Decimal(finding.lost_wh) / 1000 * Decimal("0.08"), abs=Decimal("0.01")
    )
    assert street.day(BREAKS) <= finding.began_on <= street.day(BREAKS + 1)


def test_a_second_look_at_the_same_days_changes_nothing(street: Street) -> None:
    finding = until_told(street)
    before = MaintenanceFinding.objects.values().get()

    assert watch_output(at=look(street, TOLD)) == 0
    assert MaintenanceFinding.objects.values().get() == before
    assert Notice.objects.filter(about=f"maintenance-{finding.pk}").count() == 1


def test_a_mended_roof_ends_the_finding_and_the_customer_hears_it(street: Street) -> None:
    finding = until_told(street)

    live(street, TOLD + 1, TOLD + 7)

    finding.refresh_from_db()
    assert finding.status == MaintenanceStatus.RESOLVED
    assert Notice.objects.filter(template="maintenance_over").count() == 1


def test_what_our_own_commands_held_is_no_fault(street: Street) -> None:
    noon = [midnight(street.day(n)) + timedelta(hours=12) for n in range(BREAKS, TOLD + 1)]
    for n, at in enumerate(noon):
        DeviceCommand.objects.create(
            device=street.devices[0], idempotency_key=f"noon {at}", sequence=n,
            function="limit_active_power", value_w=0, reversion_s=60, not_before=at,
            expires_at=at + timedelta(hours=2), sent_at=at, requested_at=at, requested_by="olga",
        )  # fmt: skip

    def held(system: int, at: datetime) -> float:
        is_held = any(one <= at < one + timedelta(hours=2) for one in noon)
        return 0.0 if system == 0 and is_held else 1.0

    fill(street, range(BREAKS))
    live(street, BREAKS, TOLD, held)

    assert not MaintenanceFinding.objects.exists()


def test_declared_days_do_not_count_where_they_were_declared(street: Street) -> None:
    for postcode, days in (("1001", 3), ("9999", 30)):
        declare_uncounted(
            begins_on=street.day(BREAKS), ends_on=street.day(BREAKS + days), postcode=postcode,
            reason="snow", at=midnight(FIRST), by="cleo",
        )  # fmt: skip

    finding = until_told(street)

    assert finding.began_on >= street.day(BREAKS + 4)
    assert finding.status != MaintenanceStatus.TOLD


def test_a_dismissed_finding_stays_quiet_for_a_month(street: Street) -> None:
    finding = until_told(street)
    dismiss_finding(
        finding=finding, reason="A new tree. The customer knows.", today=street.day(TOLD),
        at=look(street, TOLD), by="cleo",
    )  # fmt: skip

    live(street, TOLD + 1, TOLD + 5, a_string_is_lost)

    assert MaintenanceFinding.objects.count() == 1


def test_of_a_long_past_nobody_is_told_what_is_over(street: Street) -> None:
    def was_broken(system: int, at: datetime) -> float:
        late = midnight(street.day(30))
        return 0.5 if system == 0 and at < late else 1.0

    fill(street, range(45), was_broken)
    for _ in range(6):
        watch_output(at=look(street, 44))

    assert MaintenanceRun.objects.exclude(judged_at=None).count() == 7
    assert not Notice.objects.exists()


def test_a_system_out_of_service_needs_no_care(street: Street) -> None:
    finding = until_told(street)
    DER.objects.filter(pk=finding.der_id).update(retired_at=look(street, TOLD))

    watch_output(at=look(street, TOLD + 1))

    finding.refresh_from_db()
    assert finding.status == MaintenanceStatus.RESOLVED
    assert not Notice.objects.filter(template="maintenance_over").exists()


# Off while the others produce -------------------------------------------------------------------
def off_from_ten(system: int, at: datetime) -> float:
    return 0.0 if system == 0 and at >= midnight(FIRST) + timedelta(hours=10) else 1.0


def at_clock(street: Street, hour: int) -> datetime:
    return (midnight(street.first) + timedelta(hours=hour)).astimezone(UTC)


def test_a_roof_that_is_off_is_found_the_same_day_and_told_when_it_lasts(street: Street) -> None:
    fill(street, range(1), off_from_ten, until=at_clock(street, 12))
    assert find_offline(at=at_clock(street, 12)) == 1
    finding = MaintenanceFinding.objects.get()
    assert (finding.kind, finding.status) == ("offline", MaintenanceStatus.OPEN)

    refill(street, off_from_ten, 12, 14)
    find_offline(at=at_clock(street, 14))
    find_offline(at=at_clock(street, 14))

    finding.refresh_from_db()
    assert finding.status == MaintenanceStatus.TOLD
    assert Notice.objects.filter(template="maintenance_needed").count() == 1


def test_a_roof_that_is_back_ends_it(street: Street) -> None:
    fill(street, range(1), off_from_ten, until=at_clock(street, 12))
    find_offline(at=at_clock(street, 12))

    refill(street, all_give, 12, 13)
    find_offline(at=at_clock(street, 13))

    assert MaintenanceFinding.objects.get().status == MaintenanceStatus.RESOLVED


def test_old_quarters_of_an_hour_say_nothing_of_now(street: Street) -> None:
    fill(street, range(1), off_from_ten, until=at_clock(street, 12))

    assert find_offline(at=at_clock(street, 16)) == 0
    assert not MaintenanceFinding.objects.exists()


def refill(street: Street, share: Any, begins: int, ends: int) -> None:
    """Go on with the same day."""
    fill(street, range(1), share, until=at_clock(street, ends), since=at_clock(street, begins))


# Pages ------------------------------------------------------------------------------------------
def test_the_desk_sees_tells_and_dismisses(street: Street, cleo: User, client: Client) -> None:
    until_told(street, more=-3)
    pk = MaintenanceFinding.objects.get().pk
    client.force_login(cleo)

    listed = client.get("/service/findings/").content.decode()
    page = client.get(f"/service/findings/{pk}").content.decode()
    told = client.post(f"/service/findings/{pk}/tell")
    again = client.post(f"/service/findings/{pk}/tell")
    silent = client.post(f"/service/findings/{pk}/dismiss", {"reason": ""})
    gone = client.post(f"/service/findings/{pk}/dismiss", {"reason": "A new tree."})

    assert street.ders[0].name in listed
    assert "less than its neighbours" in page
    assert (told.status_code, again.status_code, silent.status_code) == (302, 422, 422)
    assert gone.status_code == 302
    assert MaintenanceFinding.objects.get().status == MaintenanceStatus.DISMISSED


def test_the_customer_sees_it_and_nobody_elses(
    street: Street, provider: ServiceProvider, ada: User, cem: User, client: Client
) -> None:
    finding = until_told(street)

    client.force_login(ada)
    hers = client.get("/portal/care").content.decode()
    part = client.get("/portal/care", headers={"HX-Request": "true"}).content.decode()
    client.force_login(cem)
    his = client.get("/portal/care").content.decode()

    assert finding.der.name in hers
    assert str(finding.lost_amount) in hers
    assert provider.phone in hers
    assert "<html" in hers
    assert "<html" not in part
    assert finding.der.name in part
    assert "gives what weather" in his


def test_days_are_declared_and_withdrawn(cleo: User, client: Client) -> None:
    client.force_login(cleo)
    wrong = {"begins_on": "2026-01-09", "ends_on": "2026-01-07", "reason": "snow"}
    right = {**wrong, "ends_on": "2026-01-12"}

    refused = client.post("/service/findings/days", wrong)
    kept = client.post("/service/findings/days", right)
    listed = client.get("/service/findings/").content.decode()
    gone = client.post("/service/findings/days/1/remove")

    assert refused.status_code == 422
    assert "before the first" in refused.content.decode()
    assert kept.status_code == 302
    assert "everywhere" in listed
    assert gone.status_code == 302


def test_the_list_of_companies_is_kept_by_the_desk(cleo: User, client: Client) -> None:
    client.force_login(cleo)
    typed = {
        "name": "Roof and Wire", "phone": "+1 555 0177", "postcodes": "1302, 1301,1302",
        "skills": ["solar", "inverter"], "is_listed": "on", "checked_on": "2026-01-09",
    }  # fmt: skip

    saved = client.post("/service/providers/new", typed)
    double = client.post("/service/providers/new", typed)
    row = ServiceProvider.objects.get()
    future = client.post(f"/service/providers/{row.pk}", {**typed, "checked_on": "2199-01-01"})
    struck = client.post(f"/service/providers/{row.pk}", {**typed, "is_listed": ""})

    assert (saved.status_code, double.status_code) == (302, 422)
    assert "on the list already" in double.content.decode()
    assert row.postcodes == ["1301", "1302"]
    assert "not come yet" in future.content.decode()
    assert struck.status_code == 302
    assert not ServiceProvider.objects.get().is_listed


def test_many_findings_take_few_questions(
    street: Street, cleo: User, client: Client, django_assert_max_num_queries: Any
) -> None:
    until_told(street)
    finding = MaintenanceFinding.objects.get()
    for der in street.ders[1:]:
        finding.pk, finding.der = None, der
        finding.save(force_insert=True)
    client.force_login(cleo)

    with django_assert_max_num_queries(14):
        client.get("/service/findings/")


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_care_is_accessible_and_fits_a_phone(
    street: Street, provider: ServiceProvider, ada: User, cleo: User, live_server: Any
) -> None:
    finding = until_told(street)

    with walking(live_server.url, cleo) as walker:
        for path in (
            "/service/findings/",
            f"/service/findings/{finding.pk}",
            "/service/providers/",
            f"/service/providers/{provider.pk}",
        ):
            assert walker.look(path) == {}
            walker.picture(path.strip("/").replace("/", "-"))
        assert walker.complaints == []
    with walking(live_server.url, ada) as walker:
        assert walker.look("/portal/care") == {}
        walker.picture("portal-care")


def test_the_utilitys_own_levels_decide_what_is_found(street: Street, settings: Settings) -> None:
    """A third is lost: no finding where the utility only minds half."""
    own = {"watch_ratio": 0.6, "maintenance_ratio": 0.5, "first_days_ratio": 0.4}
    settings.CARE_POLICY = settings.CARE_POLICY | own

    fill(street, range(BREAKS))
    for _ in range(3):
        watch_output(at=look(street, BREAKS - 1))
    live(street, BREAKS, TOLD, a_string_is_lost)

    assert MaintenanceRun.objects.filter(day=street.day(TOLD), judged_at__isnull=False).exists()
    assert not MaintenanceFinding.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"watch_ratio": 0.8, "maintenance_ratio": 0.9},
        {"well_ratio": 0.7},
        {"first_days_ratio": 0.99},
        {"open_days": 0},
        {"open_days": 4, "tell_days": 2},
        {"off_hours": 5.0, "off_tell_hours": 4.0},
    ],
)
def test_levels_that_contradict_each_other_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="Care"):
        Policy(**wrong)


def test_the_rule_can_be_left_to_the_desk(street: Street) -> None:
    fill(street, range(BREAKS))
    for day in range(BREAKS, TOLD + 4):
        fill(street, range(day, day + 1), a_string_is_lost)
        watch_output(at=look(street, day), policy=Policy(tell_days=None))

    assert MaintenanceFinding.objects.get().status == MaintenanceStatus.OPEN
