"""What a dispatch delivered and held back, from counters and neighbours (DI-7)."""

from collections.abc import Callable
from decimal import Decimal
from math import cos, pi

import pytest

from dispatch.settlement import (
    Counters,
    Event,
    MemberFacts,
    Order,
    Sample,
    deliver,
    payment_for,
)
from dispatch.settlement.delivery import BY_PEERS, BY_PERSISTENCE, UNKNOWN_BEFORE
from groups.aggregation import Kind

HALF_HOUR = Event(1_800.0)
Level = Callable[[float], float]


def steady(power_w: float) -> Level:
    return lambda _t_s: power_w


def sunny(peak_w: float, *, rises_pct_h: float = 0.0) -> Level:
    return lambda t_s: peak_w * (1 + rises_pct_h / 100 * t_s / 3_600)


def limited(level: Level, limit_w: float) -> Level:
    return lambda t_s: level(t_s) if t_s < 0 else min(level(t_s), limit_w)


def samples(level: Level, event: Event = HALF_HOUR, *, every_s: int = 10) -> list[Sample]:
    return [Sample(float(t), level(t)) for t in range(-360, int(event.duration_s) + 1, every_s)]


def energy_wh(level: Level, event: Event = HALF_HOUR) -> float:
    return sum(level(t + 0.5) for t in range(int(event.duration_s))) / 3_600


def pv(
    level: Level,
    *,
    limit_w: int | None = None,
    der_id: int = 1,
    rated_w: int = 8_000,
    counted: bool = True,
    event: Event = HALF_HOUR,
) -> MemberFacts:
    does = level if limit_w is None else limited(level, limit_w)
    return MemberFacts(
        der_id=der_id,
        kind=Kind.PHOTOVOLTAIC,
        rated_w=rated_w,
        samples=samples(does, event),
        counters=Counters(energy_wh(does, event)) if counted else None,
        order=None if limit_w is None else Order.LIMIT,
        value_w=limit_w or 0,
    )


def peers(level: Level, event: Event = HALF_HOUR) -> list[MemberFacts]:
    return [pv(level, der_id=100 + number, event=event) for number in range(5)]


def test_steady_sun_is_settled_to_the_watt_hour() -> None:
    outcome = deliver(HALF_HOUR, [pv(steady(6_000), limit_w=2_000)], peers(steady(4_000)))[0]

    assert outcome.delivered_wh == pytest.approx(1_000)
    assert outcome.available_wh == pytest.approx(3_000)
    assert outcome.curtailed_wh == pytest.approx(2_000)
    assert outcome.requested_wh == pytest.approx(1_000)
    assert outcome.method == BY_PEERS


def test_rising_sun_is_followed_by_the_neighbours() -> None:
    rising = sunny(6_000, rises_pct_h=20)
    truth_wh = energy_wh(rising)

    outcome = deliver(HALF_HOUR, [pv(rising, limit_w=2_000)], peers(sunny(4_000, rises_pct_h=20)))[
        0
    ]

    assert outcome.available_wh == pytest.approx(truth_wh, rel=0.02)


def test_two_hours_over_noon_stay_within_two_percent_of_the_truth() -> None:
    event = Event(7_200.0)

    def clear_day(t_s: float) -> float:
        return 7_000 * cos(pi * (t_s - 3_600) / (14 * 3_600))

    outcome = deliver(
        event,
        [pv(clear_day, limit_w=3_000, event=event)],
        peers(lambda t_s: 0.6 * clear_day(t_s), event),
    )[0]

    truth_wh = energy_wh(clear_day, event) - energy_wh(limited(clear_day, 3_000), event)
    assert outcome.curtailed_wh == pytest.approx(truth_wh, rel=0.02)


def test_a_cloud_over_all_is_nobodys_curtailment() -> None:
    def cloud(peak_w: float) -> Level:
        return lambda t_s: peak_w * (0.1 if 600 <= t_s < 1_200 else 1.0)

    outcome = deliver(HALF_HOUR, [pv(cloud(6_000), limit_w=2_000)], peers(cloud(4_000)))[0]

    truth_wh = 4_000 * 1_200 / 3_600
    assert outcome.curtailed_wh == pytest.approx(truth_wh, rel=0.02)


def test_limit_that_never_binds_curtails_nothing() -> None:
    outcome = deliver(HALF_HOUR, [pv(steady(3_000), limit_w=6_000)], peers(steady(4_000)))[0]

    assert outcome.curtailed_wh == 0
    assert outcome.available_wh == outcome.delivered_wh


def test_without_neighbours_the_level_before_is_carried_on_with_doubt() -> None:
    outcome = deliver(HALF_HOUR, [pv(steady(6_000), limit_w=2_000)], [])[0]

    assert outcome.method == BY_PERSISTENCE
    assert outcome.curtailed_wh == pytest.approx(2_000)
    assert outcome.uncertainty_wh == pytest.approx(301 + 4_000 * 5 / 3_600)


def test_neighbours_that_disagree_widen_the_doubt() -> None:
    alike = deliver(HALF_HOUR, [pv(steady(6_000), limit_w=2_000)], peers(steady(4_000)))[0]
    mixed = [
        pv(lambda t_s, f=factor: 4_000 if t_s < 0 else 4_000 * f, der_id=200 + place)  # type: ignore[misc]  # default binds the loop's value
        for place, factor in enumerate((0.5, 0.9, 1.0, 1.1, 1.5))
    ]
    unlike = deliver(HALF_HOUR, [pv(steady(6_000), limit_w=2_000)], mixed)[0]

    assert unlike.uncertainty_wh > alike.uncertainty_wh + 100


def test_what_no_counter_covers_is_named_and_doubted() -> None:
    member = pv(steady(6_000), limit_w=2_000)
    holey = MemberFacts(
        der_id=1,
        kind=member.kind,
        rated_w=member.rated_w,
        samples=member.samples,
        counters=Counters(1_000, gap_s=60, missing_s=360),
        order=Order.LIMIT,
        value_w=2_000,
    )

    outcome = deliver(HALF_HOUR, [holey], peers(steady(4_000)))[0]

    assert outcome.gap_s == 420
    assert outcome.uncertainty_wh == pytest.approx(201 + 4_000 * 5 / 3_600)


def test_device_without_counters_is_integrated_from_its_readings() -> None:
    member = pv(steady(6_000), limit_w=2_000, counted=False)

    outcome = deliver(HALF_HOUR, [member], peers(steady(4_000)))[0]

    assert outcome.delivered_wh == pytest.approx(1_000, rel=0.01)
    assert outcome.gap_s == 0


def test_device_that_was_silent_throughout_delivered_nothing_known() -> None:
    silent = MemberFacts(1, Kind.PHOTOVOLTAIC, 8_000, [], None, Order.LIMIT, 2_000)

    outcome = deliver(HALF_HOUR, [silent], [])[0]

    assert outcome.gap_s == HALF_HOUR.duration_s
    assert outcome.method == UNKNOWN_BEFORE
    assert outcome.curtailed_wh == 0
    assert outcome.uncertainty_wh == pytest.approx(4_001)


def test_battery_set_point_is_compared_with_what_it_did_before() -> None:
    battery = MemberFacts(
        der_id=1,
        kind=Kind.BATTERY,
        rated_w=5_000,
        samples=samples(lambda t_s: -1_000 if t_s < 0 else 3_000),
        counters=Counters(1_500),
        order=Order.SET,
        value_w=3_000,
    )

    outcome = deliver(HALF_HOUR, [battery], [])[0]

    assert outcome.requested_wh == pytest.approx(1_500)
    assert outcome.delivered_wh == pytest.approx(1_500)
    assert outcome.available_wh == pytest.approx(-500)
    assert outcome.curtailed_wh == 0


@pytest.mark.parametrize(
    ("curtailed_wh", "price", "paid"),
    [
        (2_000.0, "0.12000", "0.24"),
        (1_125.0, "0.12000", "0.14"),
        (41.4, "0.12000", "0.00"),
        (41.6, "0.12000", "0.01"),
        (-50.0, "0.12000", "0.00"),
        (12_345.0, "0.08333", "1.03"),
    ],
)
def test_payment_is_whole_watt_hours_at_the_tariffs_price(
    curtailed_wh: float, price: str, paid: str
) -> None:
    assert payment_for(curtailed_wh, Decimal(price)) == Decimal(paid)
