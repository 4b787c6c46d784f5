"""What an alarm means for the owner of the device."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import Customer, TariffVersion, UsagePoint
from derms.accounts.models import User
from derms.lib.telling import in_english
from devices.explaining import AlarmFacts, AreaFacts, why_alarm, why_area
from devices.models import Alarm
from devices.models.alarm import AlarmKind
from devices.selectors.why import why_of
from interconnection.models import Feeder
from tests.factories import AT, make_agreement, make_der, make_device

TEN = datetime(2026, 6, 15, 10, 0, tzinfo=UTC)
SILENT = AlarmFacts(
    kind="lost_communication",
    unit="Solar of Ada",
    day=date(2026, 6, 15),
    began_at=TEN,
    over_at=None,
)


def told(facts: AlarmFacts) -> str:
    return in_english(why_alarm(facts), ZoneInfo("UTC"))


def test_a_silent_device_is_told_with_what_to_look_at() -> None:
    assert told(SILENT) == (
        "Since 15 June, 10:00, Solar of Ada does not answer us. It goes on working by itself. See "
        "whether its power and your internet are on."
    )


@pytest.mark.parametrize("kind", [*AlarmKind.values, "something new"])
def test_every_kind_of_alarm_has_words(kind: str) -> None:
    facts = AlarmFacts(
        kind=kind, unit="Solar of Ada", day=date(2026, 6, 15), began_at=TEN, over_at=None,
        visit_proposed=True,
    )  # fmt: skip
    over = AlarmFacts(
        kind=kind, unit="Solar of Ada", day=date(2026, 6, 15), began_at=TEN,
        over_at=TEN + timedelta(hours=1),
    )  # fmt: skip

    assert "Solar of Ada" in told(facts)
    assert told(facts).endswith("would agree a time with you.")
    assert told(over).endswith("It was over at 11:00.")


@pytest.mark.django_db
def test_the_owner_and_the_desk_read_the_alarms_that_are_on(
    ada: User, cem: User, cleo: User, ada_point: UsagePoint, tariff_version: TariffVersion,
    client: Client,
) -> None:  # fmt: skip
    der = make_der(ada_point, make_agreement(ada_point, tariff_version, accepted_by=ada))
    device = make_device(der)
    for kind, status in (("local_control", "unacknowledged"), ("overload", "cleared")):
        Alarm.objects.create(
            kind=kind, place=f"device {device.pk}", device=device, priority=2, message="-",
            raised_at=AT, announced_at=AT, status=status,
        )  # fmt: skip

    pages = {}
    for person in (ada, cem):
        client.force_login(person)
        pages[person.username] = client.get("/portal/care").content.decode()
    client.force_login(cleo)
    desk = client.get(f"/service/customers/{ada_point.customer_id}/care").content.decode()

    assert "is switched to local control" in pages["ada"]
    assert "rated for" not in pages["ada"]
    assert "local control" not in pages["cem"]
    assert "is switched to local control" in desk


@pytest.mark.parametrize("kind", [*AlarmKind.values, "something new"])
@pytest.mark.parametrize("members", [0, 14])
def test_every_kind_of_alarm_of_an_area_has_words(kind: str, members: int) -> None:
    facts = AreaFacts(kind=kind, day=date(2026, 6, 15), began_at=TEN, over_at=None, members=members)

    words = in_english(why_area(facts), ZoneInfo("UTC"))
    over = in_english(why_area(replace(facts, over_at=TEN)), ZoneInfo("UTC"))

    assert "your area" in words
    assert " 0 devices" not in words
    assert over.endswith("It was over at 10:00.")


@pytest.mark.django_db
def test_alarms_of_the_line_and_of_the_zone_reach_who_hangs_on_them_alone(
    ada: User, cem: User, cleo: User, ada_point: UsagePoint, cem_customer: Customer,
    tariff_version: TariffVersion, f12: Feeder, client: Client, at: datetime,
) -> None:  # fmt: skip
    agreement = make_agreement(ada_point, tariff_version, accepted_by=ada)
    device = make_device(make_der(ada_point, agreement))
    facts = {"priority": 2, "message": "F12", "raised_at": at, "announced_at": at}
    Alarm.objects.create(
        kind="lost_communication", cause="group", place=f"feeder {f12.pk}", feeder=f12,
        is_group=True, member_count=14, **facts,
    )  # fmt: skip
    silent = Alarm.objects.create(kind="gateway_silent", place=f"zone {device.zone.name}", **facts)
    Alarm.objects.create(kind="gateway_silent", place="zone elsewhere", **facts)

    client.force_login(ada)
    hers = client.get(reverse("portal_care")).content.decode()
    client.force_login(cem)
    his = client.get(reverse("portal_care")).content.decode()
    client.force_login(cleo)
    desk = client.get(reverse("service_customer_care", args=[ada_point.customer_id]))

    assert "14 devices in your area do not answer us" in hers
    assert hers.count("our own connection to the devices in your area") == 1
    assert "in your area" not in his
    assert "14 devices in your area do not answer us" in desk.content.decode()
    assert why_of(silent)
