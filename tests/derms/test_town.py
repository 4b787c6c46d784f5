"""The demo town lies where the sun shines when the demo is first started."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from derms.demo.town import Town, keep, light_advice, place, sun_elevation_deg

EVERY_HOUR = [
    datetime(2026, month, 15, tzinfo=UTC) + timedelta(minutes=37 * step)
    for month in range(1, 13)
    for step in range(39)
]


def test_sun_is_high_at_whatever_hour_the_demo_begins() -> None:
    for at in EVERY_HOUR:
        town = place(at)

        assert sun_elevation_deg(town, at) > 35
        assert light_advice(town, at) == ""
        local = at.astimezone(ZoneInfo(town.time_zone))
        assert 10 <= local.hour + local.minute / 60 <= 12
        assert -180 <= town.longitude <= 180


def test_town_is_north_in_its_summer_and_south_in_the_other() -> None:
    june = place(datetime(2026, 6, 21, 9, tzinfo=UTC))
    november = place(datetime(2026, 11, 22, 9, tzinfo=UTC))

    assert (june.latitude, june.longitude, june.time_zone) == (37.0, 30.0, "Etc/GMT-2")
    assert november.latitude == -33.0


@pytest.mark.parametrize(
    ("latitude", "longitude", "at", "expected_deg"),
    [
        # NREL's solar position algorithm (pvlib 0.15), without refraction.
        (40.0, -105.0, datetime(2026, 6, 21, 19, 1, tzinfo=UTC), 73.4),
        (0.0, 0.0, datetime(2026, 3, 20, 12, 7, tzinfo=UTC), 89.9),
        (-33.0, 150.0, datetime(2026, 12, 21, 1, 58, tzinfo=UTC), 80.4),
        (51.5, 0.0, datetime(2026, 12, 21, 0, 0, tzinfo=UTC), -61.9),
    ],
)
def test_height_of_the_sun_agrees_with_published_values(
    latitude: float, longitude: float, at: datetime, expected_deg: float
) -> None:
    town = Town(latitude, longitude, "Etc/UTC")

    assert sun_elevation_deg(town, at) == pytest.approx(expected_deg, abs=1.0)


def test_night_in_the_town_is_said_with_the_way_out() -> None:
    morning = datetime(2026, 11, 22, 9, tzinfo=UTC)
    town = place(morning)

    at_night = light_advice(town, morning + timedelta(hours=12))
    in_the_evening = light_advice(town, morning + timedelta(hours=7, minutes=30))

    assert at_night == (
        "It is night in the demo town; `python3 manage.py demo --reset` moves it into the sun."
    )
    assert in_the_evening.startswith("The sun is low in the demo town")


def test_town_stays_where_it_was_first_placed(tmp_path: Path) -> None:
    first = keep(tmp_path / "demo.json", datetime(2026, 11, 22, 9, tzinfo=UTC))

    later = keep(tmp_path / "demo.json", datetime(2027, 5, 2, 20, tzinfo=UTC))

    assert later == first
