"""What a group gives now and how far it could go (GR-4)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.capabilities import Quality
from groups.aggregation import Kind, MemberState, aggregate, peer_ratio, room_of

SUN = MemberState(1, Kind.PHOTOVOLTAIC, 8_000, power_w=6_000, quality=Quality.GOOD, age_s=1)
STORE = MemberState(
    2, Kind.BATTERY, 5_000, 5_000, 10_000,
    power_w=1_000, charge_pct=50, quality=Quality.GOOD, age_s=2,
)  # fmt: skip


def test_free_pv_can_only_go_down() -> None:
    room = room_of(SUN, ratio=None)

    assert (room.up_w, room.down_w) == (0, 6_000)


def test_limited_pv_can_go_up_to_what_its_free_peers_suggest() -> None:
    limited = replace(SUN, power_w=2_000, ceiling_w=2_000)

    room = room_of(limited, ratio=0.75)

    assert room.up_w == 4_000


@pytest.mark.parametrize(("allowed_w", "up_w"), [(None, 4_000), (8_000, 4_000), (3_500, 1_500)])
def test_no_room_is_promised_above_what_the_connection_allows(
    allowed_w: int | None, up_w: float
) -> None:
    limited = replace(SUN, power_w=2_000, ceiling_w=2_000, allowed_w=allowed_w)

    assert room_of(limited, ratio=0.75).up_w == up_w


def test_a_battery_promises_no_more_than_its_connection_allows() -> None:
    assert room_of(replace(STORE, allowed_w=3_000), ratio=None).up_w == 2_000
    assert room_of(replace(STORE, allowed_w=500), ratio=None).up_w == 0


def test_pv_that_its_connection_holds_back_says_nothing_of_the_sun() -> None:
    free = [replace(SUN, der_id=number) for number in range(3)]
    held = [replace(SUN, der_id=10 + n, power_w=1_000, allowed_w=1_000) for n in range(4)]

    assert peer_ratio([*free, *held]) == 0.75


def test_limited_pv_without_peers_promises_nothing() -> None:
    limited = replace(SUN, power_w=2_000, ceiling_w=2_000)

    assert room_of(limited, ratio=None).up_w == 0


def test_battery_has_room_both_ways() -> None:
    room = room_of(STORE, ratio=None)

    assert (room.up_w, room.down_w) == (4_000, 6_000)


@pytest.mark.parametrize(
    ("charge_pct", "up_w", "down_w"),
    [(10.0, 0.0, 6_000.0), (100.0, 4_000.0, 1_000.0), (None, 0.0, 1_000.0)],
)
def test_battery_room_ends_with_its_charge(
    charge_pct: float | None, up_w: float, down_w: float
) -> None:
    room = room_of(replace(STORE, charge_pct=charge_pct), ratio=None)

    assert (room.up_w, room.down_w) == (up_w, down_w)


def test_battery_room_is_what_can_be_held_to_the_end() -> None:
    nearly_empty = replace(STORE, charge_pct=20.0, power_w=0)

    room = room_of(nearly_empty, ratio=None, hold_s=3_600)

    assert room.up_w == 1_000


def test_sum_counts_only_those_who_report() -> None:
    silent = replace(SUN, der_id=3, quality=Quality.STALE, age_s=60)

    capability = aggregate([SUN, STORE, silent])

    assert capability.power_w == 7_000
    assert (capability.members, capability.reporting) == (3, 2)
    assert capability.oldest_s == 60
    assert capability.quality is Quality.STALE


def test_nobody_reporting_is_bad() -> None:
    assert aggregate([replace(SUN, power_w=None)]).quality is Quality.BAD


def test_charge_is_weighted_by_capacity() -> None:
    big = replace(STORE, der_id=4, capacity_wh=30_000, charge_pct=90)

    capability = aggregate([STORE, big])

    assert capability.charge_pct == pytest.approx(80)
    assert capability.stored_wh == pytest.approx(32_000)


def test_too_few_free_peers_say_nothing() -> None:
    assert peer_ratio([SUN, SUN]) is None
    assert peer_ratio([SUN, SUN, SUN]) == pytest.approx(0.75)


@given(
    st.lists(
        st.builds(
            MemberState,
            der_id=st.integers(),
            kind=st.sampled_from(Kind),
            rated_w=st.integers(1, 100_000),
            charge_max_w=st.integers(0, 100_000),
            capacity_wh=st.integers(0, 500_000),
            power_w=st.none() | st.floats(-100_000, 100_000),
            charge_pct=st.none() | st.floats(0, 100),
            quality=st.sampled_from(Quality),
            ceiling_w=st.none() | st.floats(0, 100_000),
        )
    )
)
def test_room_is_never_negative(members: list[MemberState]) -> None:
    capability = aggregate(members)

    assert capability.up_w >= 0
    assert capability.down_w >= 0
    assert capability.reporting <= capability.members
