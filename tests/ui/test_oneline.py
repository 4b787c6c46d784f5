"""The feeder picture (IC-2, GR-4)."""

from dataclasses import replace
from itertools import pairwise

import pytest

from derms.ui.oneline import BusFact, BusMark, draw
from derms.ui.scales import Scale
from tests.ui.console_case import IEEE_13, buses, feeder


def marks() -> dict[str, BusMark]:
    return {mark.fact.name: mark for mark in feeder().marks}


def test_every_bus_is_drawn_once() -> None:
    names = [mark.fact.name for mark in feeder().marks]

    assert sorted(names) == sorted(name for name, *_ in IEEE_13)


def test_power_flows_from_left_to_right() -> None:
    placed = marks()

    for name, upstream, *_ in IEEE_13:
        if upstream:
            assert placed[name].at.x > placed[upstream].at.x + 20


def test_branches_on_one_lane_do_not_touch() -> None:
    lanes: dict[int, list[float]] = {}
    for mark in feeder().marks:
        lanes.setdefault(mark.lane, []).append(mark.at.x)

    for places in lanes.values():
        for left, right in pairwise(sorted(places)):
            assert right - left > 20


def test_the_voltage_dot_lies_under_its_bus_and_within_the_profile() -> None:
    picture = feeder()

    measured = [
        (mark.volts_high_y, mark.volts_y, mark.volts_low_y)
        for mark in picture.marks
        if mark.volts_y is not None
    ]
    assert len(measured) == 8
    for heights in measured:
        inside = [height for height in heights if height is not None]
        assert inside == sorted(inside)
        assert picture.profile_top <= inside[0]
        assert inside[-1] <= picture.profile_bottom


def test_ends_at_one_distance_do_not_hide_each_other() -> None:
    placed = marks()

    assert len({placed[name].at.x for name in ("611", "652", "675")}) == 3


def test_a_voltage_beyond_its_limit_is_named() -> None:
    picture = feeder()

    assert picture.worst is not None
    assert picture.worst.fact.name == "675"
    assert picture.callout is not None
    assert picture.callout.text == "675: 1.056 pu"
    assert 0 <= picture.callout.x <= 930 - picture.callout.width


def test_a_low_voltage_is_the_worst_when_it_is_further_out() -> None:
    facts = [
        replace(fact, volts_pu=(0.91, 0.93, 0.96)) if fact.name == "652" else fact
        for fact in buses()
    ]

    picture = feeder(facts)

    assert picture.worst is not None
    assert picture.worst.state == "low"
    assert picture.callout is not None
    assert picture.callout.text == "652: 0.910 pu"


def test_without_measurements_nothing_is_invented() -> None:
    facts = [replace(fact, volts_pu=None, output_w=None) for fact in buses()]

    picture = feeder(facts)

    assert not picture.has_volts
    assert picture.worst is None
    assert picture.profile == ""


def test_a_single_bus_is_a_picture_too() -> None:
    picture = draw(
        [BusFact(name="1", upstream=None, distance_m=0.0)], name="F", headline="", source="S"
    )

    assert [mark.fact.name for mark in picture.marks] == ["1"]


@pytest.mark.parametrize("depth", [1, 5, 60])
def test_a_long_feeder_stays_within_the_drawing(depth: int) -> None:
    chain = [
        BusFact(name=str(n), upstream=str(n - 1) if n else None, distance_m=100.0 * n, pv=1)
        for n in range(depth + 1)
    ]

    picture = draw(chain, name="F", headline="", source="S")

    assert all(150 <= mark.at.x <= 860 for mark in picture.marks)


def test_a_place_beyond_a_bar_stays_at_its_end() -> None:
    scale = Scale(-10, 10)

    assert [scale.place_pct(value) for value in (-50, -10, 0, 5, 10, 99)] == [
        0,
        0,
        50,
        75,
        100,
        100,
    ]
    assert Scale(5, 5).place_pct(5) == 0
