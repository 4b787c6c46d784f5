"""Faults are found, healthy roofs are left alone, our own orders are no faults (CS-11)."""

from datetime import date, datetime, timedelta

import pandas as pd
import pytest
from pvlib import irradiance
from pvlib.location import Location

from devices.maintenance import (
    Course,
    Level,
    Mask,
    Method,
    OfflineNow,
    Place,
    Policy,
    Quarter,
    Stage,
    assess,
    neighbours,
    next_course,
    offline,
    sky_of_day,
)
from devices.maintenance.neighbours import distance_km
from tests.devices.maintenance.fleets import (
    BROKEN_ON,
    TOWN,
    day_of,
    drift,
    follow,
    from_day,
    make_town,
    sky,
    without,
)

SEEDS = range(1, 4)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_lost_string_is_found_within_ten_days(seed: int) -> None:
    heard = follow(make_town(seed, fault=from_day(0.75)))

    assert heard.reached[Stage.WATCH] >= BROKEN_ON
    assert (heard.reached[Stage.OPEN] - BROKEN_ON).days <= 10
    assert heard.reached[Stage.TOLD] > heard.reached[Stage.OPEN]


@pytest.mark.parametrize("seed", SEEDS)
def test_an_inverter_that_is_off_is_found_by_the_days_too(seed: int) -> None:
    heard = follow(make_town(seed, fault=from_day(0.0)))

    assert (heard.reached[Stage.OPEN] - BROKEN_ON).days <= 10


@pytest.mark.parametrize("seed", SEEDS)
def test_a_drift_of_half_a_percent_a_day_is_found(seed: int) -> None:
    heard = follow(make_town(seed, fault=drift(0.006)))

    assert heard.reached[Stage.WATCH] >= BROKEN_ON
    assert (heard.reached[Stage.OPEN] - BROKEN_ON).days <= 45


@pytest.mark.parametrize("seed", SEEDS)
def test_of_a_healthy_fleet_nobody_is_alarmed(seed: int) -> None:
    town = make_town(seed)

    assert [follow(town, key).reached for key in range(4)] == [{}] * 4


def test_a_roof_that_our_dispatches_held_every_noon_is_healthy() -> None:
    spans = {}
    for number in range(95, 130):
        noon = sky(number).begins_at[len(sky(number).begins_at) // 2]
        spans[day_of(number)] = [(noon - timedelta(hours=1), noon + timedelta(hours=1))]

    def limited(day: date, quarters: dict[datetime, Quarter]) -> None:
        for begins, ends in spans.get(day, []):
            for at in [at for at in quarters if begins <= at < ends]:
                quarters[at] = Quarter(0.0, 900.0)

    told = follow(make_town(3, change=limited, held=spans))
    untold = follow(make_town(3, change=limited))

    assert told.reached == {}
    assert Stage.OPEN in untold.reached


def test_a_day_that_was_held_for_most_of_it_does_not_count() -> None:
    light = sky(100)
    day = day_of(100)
    town = make_town(1, held={day: [(light.begins_at[0], light.begins_at[-1])]})

    assert town.systems[0].days[day].mask is Mask.HELD
    assert town.systems[0].days[day].index is None


def test_a_day_with_many_readings_missing_does_not_count() -> None:
    def unheard(day: date, quarters: dict[datetime, Quarter]) -> None:
        for at in list(quarters)[: 2 * len(quarters) // 3]:
            quarters[at] = Quarter(None, 0.0)

    town = make_town(1, change=unheard)

    assert {one.mask for one in town.systems[0].days.values()} == {Mask.GAP}


def test_declared_snow_days_do_not_count() -> None:
    snow = frozenset(BROKEN_ON + timedelta(days=n) for n in range(8))

    def covered(day: date, quarters: dict[datetime, Quarter]) -> None:
        if day in snow:
            for at in quarters:
                quarters[at] = Quarter(0.0, 900.0)

    town = make_town(2, change=covered)

    assert follow(town, declared=snow).reached == {}
    assert Stage.OPEN in follow(town).reached


def test_days_whose_clock_was_wrong_do_not_count() -> None:
    def shifted(day: date, quarters: dict[datetime, Quarter]) -> None:
        if day == BROKEN_ON:
            moved = list(quarters.values())[12:] + [Quarter(0.0, 900.0)] * 12
            quarters.update(zip(list(quarters), moved, strict=True))

    town = make_town(2, change=shifted)
    found = assess(town.systems[0], town.peers(), BROKEN_ON, policy=Policy())

    assert found.days[-1].mask is Mask.CLOCK
    assert found.days[-2].mask is None


def test_without_neighbours_the_clear_days_tell() -> None:
    alone = without(make_town(4, fault=from_day(0.75)), keep=3)
    found = assess(alone.systems[0], alone.peers(), BROKEN_ON + timedelta(days=20), policy=Policy())

    assert found.method is Method.CLEAR_SKY
    assert found.level is Level.MAINTENANCE
    assert found.ratio == pytest.approx(0.75, abs=0.05)
    assert follow(without(make_town(4), keep=3)).reached == {}


def test_a_new_roof_is_compared_with_its_neighbours_until_it_has_a_past() -> None:
    town = make_town(1, fault=lambda _: 0.4)
    found = assess(town.systems[0], town.peers(), day_of(8), policy=Policy())

    assert (found.method, found.level) == (Method.FIRST_DAYS, Level.MAINTENANCE)


def test_with_too_little_known_nothing_is_said() -> None:
    town = without(make_town(1), keep=3)
    found = assess(town.systems[0], town.peers(), day_of(5), policy=Policy())

    assert (found.level, found.ratio, found.days) == (Level.UNKNOWN, None, ())


def test_what_is_lost_is_what_the_string_would_have_given() -> None:
    whole, broken = make_town(5), make_town(5, fault=from_day(0.75))
    until = BROKEN_ON + timedelta(days=20)
    truth_wh = sum(
        one.energy_wh - broken.systems[0].days[day].energy_wh
        for day, one in whole.systems[0].days.items()
        if BROKEN_ON <= day <= until
    )

    heard = follow(broken, until=until)

    assert heard.lost_wh == pytest.approx(truth_wh, rel=0.12)


def test_a_mended_system_is_well_after_days_in_a_row() -> None:
    def broken_for_a_month(number: int) -> float:
        return 0.7 if BROKEN_ON <= day_of(number) < BROKEN_ON + timedelta(days=30) else 1.0

    heard = follow(make_town(6, fault=broken_for_a_month))

    mended = BROKEN_ON + timedelta(days=30)
    assert mended <= heard.reached[Stage.WELL] <= mended + timedelta(days=10)


def test_a_system_ill_for_long_does_not_become_its_own_measure() -> None:
    heard = follow(make_town(7, fault=from_day(0.8)))

    assert Stage.WELL not in heard.reached


# Hysteresis -----------------------------------------------------------------------------------
def stages(*levels: Level, policy: Policy | None = None) -> list[Stage]:
    course, found = Course(), []
    for level in levels:
        course = next_course(course, level, policy or Policy())
        found.append(course.stage)
    return found


LOW, MID, WELL = Level.MAINTENANCE, Level.BETWEEN, Level.NORMAL


def test_one_bad_day_between_good_ones_tells_nobody() -> None:
    assert stages(LOW, LOW, MID, LOW, LOW, MID, LOW, LOW)[-1] is Stage.WATCH


def test_five_low_days_in_a_row_tell_the_customer() -> None:
    assert stages(*[LOW] * 5) == [Stage.WATCH, Stage.WATCH, Stage.OPEN, Stage.OPEN, Stage.TOLD]


def test_where_the_desk_decides_the_clock_tells_nobody() -> None:
    assert stages(*[LOW] * 20, policy=Policy(tell_days=None))[-1] is Stage.OPEN


def test_between_the_levels_a_finding_neither_grows_nor_ends() -> None:
    assert stages(LOW, LOW, LOW, *[MID] * 30)[-1] is Stage.OPEN
    assert stages(LOW, LOW, LOW, WELL, WELL, MID, WELL, WELL)[-1] is Stage.OPEN
    assert stages(LOW, LOW, LOW, WELL, WELL, WELL)[-1] is Stage.WELL


def test_a_day_of_which_nothing_is_known_changes_nothing() -> None:
    assert stages(LOW, LOW, Level.UNKNOWN, LOW)[-1] is Stage.OPEN


# Off while the others produce -------------------------------------------------------------------
PEERS = {0: (1, 2, 3, 4)}


def now(key: int, least_w: float, most_w: float, **more: object) -> OfflineNow:
    values: dict[str, object] = {"quarters": 8, "is_held": False, **more}
    return OfflineNow(key, 5_000, least_w=least_w, most_w=most_w, **values)  # type: ignore[arg-type]  # typed above


SUNNY = [now(key, 900, 1_200) for key in (1, 2, 3)]


def test_nothing_for_two_hours_while_three_neighbours_produce_is_off() -> None:
    assert offline([now(0, 0, 20), *SUNNY], PEERS, quarters=8) == [0]


@pytest.mark.parametrize(
    "systems",
    [
        pytest.param([now(0, 0, 20), *SUNNY[:2]], id="two neighbours are not enough"),
        pytest.param([now(0, 0, 20, is_held=True), *SUNNY], id="we hold it"),
        pytest.param([now(0, 0, 20, quarters=7), *SUNNY], id="it was not heard all the time"),
        pytest.param([now(0, 0, 400), *SUNNY], id="it gave something"),
        pytest.param([now(n, 0, 5) for n in range(5)], id="it is night"),
    ],
)
def test_it_is_not_called_off_otherwise(systems: list[OfflineNow]) -> None:
    assert offline(systems, PEERS, quarters=8) == []


# Neighbours and sky -----------------------------------------------------------------------------
def test_neighbours_are_the_nearest_within_twenty_kilometres() -> None:
    places = {n: Place(48.0, 11.0 + n * 0.05) for n in range(10)}
    found = neighbours(places)

    assert found[0][:2] == (1, 2)
    assert max(distance_km(places[0], places[n]) for n in found[0]) <= 20
    assert 9 not in found[0]


def test_a_crowded_square_is_not_measured_in_full() -> None:
    places = {n: Place(48.0, 11.0) for n in range(500)}

    assert {len(found) for found in neighbours(places).values()} == {30}


@pytest.mark.parametrize("latitude", [37.0, 52.0, -33.0])
def test_the_clear_sky_has_the_course_that_pvlib_gives_it(latitude: float) -> None:
    """Sums of days, each year's course on its own scale: Ineichen on a tilted plane."""
    tilt, azimuth = min(abs(latitude), 35.0), 180.0 if latitude > 0 else 0.0
    ours, theirs = [], []
    for month in (1, 3, 5, 6, 8, 10, 12):
        begins = pd.Timestamp(2026, month, 15, tz="UTC")
        times = pd.date_range(begins, periods=96, freq="15min") + pd.Timedelta(minutes=7.5)
        place = Location(latitude, 0.0, altitude=50)
        sun, clear = place.get_solarposition(times), place.get_clearsky(times)
        plane = irradiance.get_total_irradiance(
            tilt, azimuth, sun["apparent_zenith"], sun["azimuth"],
            clear["dni"], clear["ghi"], clear["dhi"],
        )  # fmt: skip
        theirs.append(float(plane["poa_global"].sum()) / 4_000)
        found = sky_of_day(
            Place(latitude, 0.0),
            begins.to_pydatetime(),
            begins.to_pydatetime() + timedelta(days=1),
        )
        ours.append(found.total)
    scale = sum(theirs) / sum(ours)

    assert scale == pytest.approx(1.0, abs=0.12)
    assert [one * scale for one in ours] == pytest.approx(theirs, rel=0.16)


def test_the_sun_stands_where_pvlib_says() -> None:
    from devices.maintenance.sun import sun_position  # noqa: PLC0415 - only this test looks inside

    times = pd.date_range("2026-01-01", "2026-12-31", freq="37h", tz="UTC")
    theirs = Location(37.0, -122.0).get_solarposition(times)["elevation"]
    ours = [57.29578 * sun_position(TOWN, at.to_pydatetime())[0] for at in times]

    assert max(abs(theirs.to_numpy() - ours)) < 0.6
