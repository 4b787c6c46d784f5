"""Curves as drawings: what lies where, whatever the values (DV-3)."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from derms.ui.curves import BOTTOM, LEFT, RIGHT, TOP, Axis, axes_for, path_of, value_at

VOLT_VAR = ((92.0, 44.0), (98.0, 0.0), (102.0, 0.0), (108.0, -44.0))


def axes(*curves: tuple[tuple[float, float], ...]) -> tuple[Axis, Axis]:
    return axes_for(curves, x_label="V", y_label="Q", x_range=(88, 112), y_range=(-60, 60))


@pytest.mark.parametrize(
    ("at", "asked"), [(80, 44), (92, 44), (95, 22), (100, 0), (105, -22), (108, -44), (120, -44)]
)
def test_a_curve_goes_on_level_beyond_its_ends(at: float, asked: float) -> None:
    assert value_at(VOLT_VAR, at) == pytest.approx(asked)


def test_no_curve_asks_for_nothing() -> None:
    x, y = axes()

    assert value_at((), 100) is None
    assert path_of((), x, y) == ""


def test_a_step_takes_the_value_before_it() -> None:
    assert value_at(((1.0, 0.0), (2.0, 0.0), (2.0, 5.0), (3.0, 5.0)), 2.0) == 5.0


def test_the_drawing_holds_every_point_of_every_curve() -> None:
    wide = ((70.0, 80.0), (130.0, -80.0))

    x, y = axes(VOLT_VAR, wide)

    assert x.low < 70
    assert x.high > 130
    assert (y.low, y.high) < (-80, 200)
    assert path_of(VOLT_VAR, x, y).startswith(f"M{LEFT} ")


def test_a_value_beyond_the_axes_stays_at_the_end() -> None:
    x, y = axes(VOLT_VAR)

    assert (x.place(1e6), x.place(-1e6)) == (RIGHT, LEFT)
    assert (y.place(1e6), y.place(-1e6)) == (TOP, BOTTOM)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.tuples(*[st.integers(-10_000, 10_000)] * 4))
def test_ticks_are_few_round_and_inside(ends: tuple[int, int, int, int]) -> None:
    x, y = axes(((ends[0] / 7, ends[1] / 7), (ends[2] / 7, ends[3] / 7)))

    for axis in (x, y):
        places = [at for at, _ in axis.ticks]
        assert 2 <= len(places) <= 8
        assert all(min(axis.start, axis.end) <= at <= max(axis.start, axis.end) for at in places)
        assert len({text for _, text in axis.ticks}) == len(places)
