"""What is asked of a group becomes whole watts for its members (DI-1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.disaggregation import Allocation, Ask, Function, Member, Problem, Storage, solve


def pv(der_id: int, available_w: int, *, rated_w: int = 10_000, reachable: bool = True) -> Member:
    return Member(der_id, rated_w, available_w, available_w, is_reachable=reachable)


def battery(
    der_id: int, *, present_w: int = 0, discharge_w: int = 5_000, charge_w: int = 5_000
) -> Member:
    return Member(der_id, 5_000, present_w, present_w, storage=Storage(discharge_w, charge_w))


def values(allocation: Allocation) -> dict[int, int]:
    return {share.der_id: share.value_w for share in allocation.shares}


def test_limit_gives_each_pv_the_same_share_of_what_it_has() -> None:
    problem = Problem(Ask.LIMIT_ACTIVE_POWER, 6_000, [pv(1, 8_000), pv(2, 4_000)])

    allocation = solve(problem)

    assert values(allocation) == {1: 4_000, 2: 2_000}
    assert allocation.expected_w == 6_000
    assert allocation.shortfall_w == 0


def test_limit_stops_batteries_that_discharge() -> None:
    problem = Problem(Ask.LIMIT_ACTIVE_POWER, 6_000, [pv(1, 8_000), battery(2, present_w=3_000)])

    allocation = solve(problem)

    assert values(allocation) == {1: 6_000, 2: 0}
    assert allocation.expected_w == 6_000


def test_limit_leaves_a_charging_battery_charging() -> None:
    problem = Problem(Ask.LIMIT_ACTIVE_POWER, 6_000, [pv(1, 8_000), battery(2, present_w=-2_000)])

    allocation = solve(problem)

    assert allocation.expected_w == 4_000


def test_limit_above_the_present_sun_still_caps_what_the_sun_may_bring() -> None:
    problem = Problem(Ask.LIMIT_ACTIVE_POWER, 15_000, [pv(1, 2_000), pv(2, 4_000)])

    allocation = solve(problem)

    assert sum(values(allocation).values()) == 15_000
    assert allocation.expected_w == 6_000
    assert allocation.shortfall_w == 0


def test_limit_counts_what_silent_members_inject_by_themselves() -> None:
    problem = Problem(Ask.LIMIT_ACTIVE_POWER, 6_000, [pv(1, 8_000), pv(2, 4_000, reachable=False)])

    allocation = solve(problem)

    assert values(allocation) == {1: 2_000}
    assert allocation.expected_w == 6_000


def test_limit_below_what_silent_members_inject_says_what_is_missing() -> None:
    problem = Problem(Ask.LIMIT_ACTIVE_POWER, 3_000, [pv(1, 8_000), pv(2, 4_000, reachable=False)])

    allocation = solve(problem)

    assert allocation.committed_w == 4_000
    assert allocation.shortfall_w == -1_000
    assert "4000 W" in allocation.reason


@pytest.mark.parametrize(
    ("target_w", "expected"),
    [
        (10_000, {2: 2_000}),
        (8_000, {2: 0}),
        (6_000, {2: -2_000}),
        (3_000, {2: -5_000}),
        (2_000, {1: 7_000, 2: -5_000}),
        (-5_000, {1: 0, 2: -5_000}),
    ],
)
def test_set_moves_the_battery_first_and_curtails_only_then(
    target_w: int, expected: dict[int, int]
) -> None:
    problem = Problem(Ask.SET_ACTIVE_POWER, target_w, [pv(1, 8_000), battery(2)])

    allocation = solve(problem)

    assert values(allocation) == expected
    assert allocation.shortfall_w == 0


def test_set_beyond_sun_and_storage_reports_the_shortfall() -> None:
    problem = Problem(Ask.SET_ACTIVE_POWER, 20_000, [pv(1, 8_000), battery(2, discharge_w=1_500)])

    allocation = solve(problem)

    assert allocation.committed_w == 9_500
    assert allocation.shortfall_w == 10_500
    assert "10500 W are missing" in allocation.reason


def test_set_tells_pv_to_limit_and_batteries_to_hold() -> None:
    problem = Problem(Ask.SET_ACTIVE_POWER, 0, [pv(1, 8_000), battery(2)])

    functions = {share.der_id: share.function for share in solve(problem).shares}

    assert functions == {1: Function.LIMIT_ACTIVE_POWER, 2: Function.SET_ACTIVE_POWER}


def test_a_group_of_nobody_delivers_nothing() -> None:
    allocation = solve(Problem(Ask.SET_ACTIVE_POWER, 1_000, []))

    assert allocation.committed_w == 0
    assert allocation.shortfall_w == 1_000


@st.composite
def any_member(draw: st.DrawFn) -> Member:
    rated_w = draw(st.integers(500, 100_000))
    reachable = draw(st.booleans())
    if draw(st.booleans()):
        available_w = draw(st.integers(0, rated_w))
        present_w = draw(st.integers(0, available_w))
        return Member(0, rated_w, present_w, available_w, is_reachable=reachable)
    storage = Storage(draw(st.integers(0, rated_w)), draw(st.integers(0, rated_w)))
    present_w = draw(st.integers(-rated_w, rated_w))
    return Member(0, rated_w, present_w, present_w, storage=storage, is_reachable=reachable)


fleets = st.lists(any_member(), max_size=40).map(
    lambda members: [
        Member(
            place,
            member.rated_w,
            member.present_w,
            member.available_w,
            member.storage,
            member.is_reachable,
        )
        for place, member in enumerate(members)
    ]
)


@given(fleets, st.integers(-500_000, 3_000_000), st.sampled_from(Ask))
def test_any_fleet_is_split_without_losing_a_watt_or_breaking_a_device(
    members: list[Member], target_w: int, ask: Ask
) -> None:
    if ask is Ask.LIMIT_ACTIVE_POWER:
        target_w = abs(target_w)

    allocation = solve(Problem(ask, target_w, members))

    told = {share.der_id: share for share in allocation.shares}
    assert allocation.requested_w == allocation.committed_w + allocation.shortfall_w == target_w
    assert set(told) <= {member.der_id for member in members if member.is_reachable}
    for member in members:
        share = told.get(member.der_id)
        if share is None:
            continue
        if share.function is Function.LIMIT_ACTIVE_POWER:
            assert 0 <= share.value_w <= member.rated_w
        else:
            assert member.storage is not None
            assert -member.storage.charge_max_w <= share.value_w <= member.storage.discharge_max_w
    assert bool(allocation.reason) == (allocation.shortfall_w != 0)


@given(fleets, st.integers(0, 3_000_000))
def test_any_limit_is_kept_whenever_the_silent_members_allow_it(
    members: list[Member], target_w: int
) -> None:
    allocation = solve(Problem(Ask.LIMIT_ACTIVE_POWER, target_w, members))

    caps_w = sum(share.value_w for share in allocation.shares)
    assert caps_w + allocation.uncontrolled_w <= max(target_w, allocation.uncontrolled_w)
    assert allocation.expected_w <= allocation.committed_w


@given(fleets, st.integers(-500_000, 3_000_000))
def test_any_set_point_is_met_to_the_watt_when_it_lies_within_reach(
    members: list[Member], target_w: int
) -> None:
    reachable = [member for member in members if member.is_reachable]
    storage = [member.storage for member in reachable if member.storage]
    silent_w = sum(member.present_w for member in members if not member.is_reachable)
    sun_w = sum(member.available_w for member in reachable if not member.storage)
    highest_w = silent_w + sun_w + sum(room.discharge_max_w for room in storage)
    lowest_w = silent_w - sum(room.charge_max_w for room in storage)

    allocation = solve(Problem(Ask.SET_ACTIVE_POWER, target_w, members))

    assert allocation.committed_w == min(max(target_w, lowest_w), highest_w)
