"""A delay that moves a forecast reaches the console; forecasts come as CSV (IC-8)."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import TariffVersion, UsagePoint
from derms.accounts.models import User
from dispatch.live import EVENTS
from tests.interconnection.building import approved, stated

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(olga: User) -> Client:
    client = Client()
    client.force_login(olga)
    return client


def test_console_shows_a_badge_until_somebody_has_seen_the_change(
    operator: Client,
    ada: User,
    ada_point: UsagePoint,
    tariff_version: TariffVersion,
    enzo: User,
    olga: User,
) -> None:
    news = reverse("operations_forecast_news")
    application = approved(ada, ada_point, tariff_version, enzo=enzo, olga=olga)
    stated(application, 1, 20)
    before = operator.get(news).content.decode()
    plan = stated(application, 1, 50, reason="Late modules.", on=2)

    told = operator.get(news).content.decode()
    console = operator.get(reverse("operations_console")).content.decode()
    shift = plan.application.forecast_shifts.latest("pk")
    operator.post(reverse("operations_forecast_seen"), {"shift": [shift.pk]})

    assert f'hx-get="{news}" hx-trigger="load, live:forecast from:body"' in console
    assert EVENTS["forecast"] == ("forecast",)
    assert told.count("forecast") > before.count("forecast")
    assert "the newest on" in told
    assert operator.get(news).content.decode().count("the newest on") == before.count("the newest")


def test_forecasts_come_as_csv_for_all_feeders_or_one(
    operator: Client,
    ada: User,
    ada_point: UsagePoint,
    tariff_version: TariffVersion,
    enzo: User,
    olga: User,
) -> None:
    approved(ada, ada_point, tariff_version, enzo=enzo, olga=olga)
    url = reverse("operations_forecast_days")

    def lines(**wanted: str) -> list[str]:
        answer: Any = operator.get(url, wanted)
        return b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()

    assert lines()[0].startswith("Feeder,Technology,In days,Day")
    assert any(line.startswith("F12,photovoltaic,60,") for line in lines(feeder="F12"))
    assert operator.get(url, {"feeder": "NONE"}).status_code == 404
