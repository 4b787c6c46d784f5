"""The page of a limited device says how much, why and until when (IC-5)."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from customers.models import TariffVersion, UsagePoint
from derms.accounts.models import User
from devices.models import ApprovedSetting, FoundSetting
from devices.services.connection_limits import keep_connection_limits
from interconnection.screening.schedule import MONTHS
from tests.devices.walking import walking
from tests.groups.scenes import battery_beside, device_of, solar
from tests.interconnection.flexible import make_flexible

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_device_page_explains_its_limit(
    live_server: LiveServer,
    ada: User,
    ada_point: UsagePoint,
    tariff_version: TariffVersion,
    enzo: User,
    olga: User,
) -> None:
    now = timezone.now()
    roof = solar(ada_point, tariff_version, ada, at=now)
    month = MONTHS[timezone.localdate(now).month - 1]
    make_flexible(
        roof,
        battery_beside(roof, at=now),
        engineer=enzo,
        operator=olga,
        schedule=f"{month} 0-24 3.5\nJan-Dec 10-16 6",
        otherwise_w=13_000,
    )
    device = device_of(roof)
    keep_connection_limits(at=now - timedelta(minutes=1))
    approved = ApprovedSetting.objects.get(device=device, ended_at__isnull=True)
    FoundSetting.objects.create(
        device=device,
        function="limit_active_power",
        read_at=now,
        is_enabled=True,
        value_w=approved.value_w,
    )

    with walking(live_server.url, olga) as walker:
        path = f"/operations/devices/{device.pk}"
        found = walker.look(path)
        walker.picture("device_limit")
        panel = walker.page.locator("section", has=walker.page.locator("#limit-h")).inner_text()
        complaints = walker.complaints

    assert "2.15 kW now, of 8.00 kW" in panel.replace("\xa0", " ")
    assert "confirmed by olga" in panel
    assert "The device holds it" in panel
    assert found == {}
    assert complaints == []
