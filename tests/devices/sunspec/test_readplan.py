"""Neighbouring models share a request; nothing else does (DV-2)."""

from __future__ import annotations

from devices.capabilities import ModelAt
from devices.sunspec.readplan import Window, plan, whole

FIRST = ModelAt(120, 40122, 26)
SECOND = ModelAt(121, 40150, 30)
FAR = ModelAt(123, 40228, 24)


def requests(windows: tuple[Window, ...], longest: int = 125) -> list[tuple[tuple[int, int], ...]]:
    return [run.requests for run in plan(windows, longest)]


def test_neighbours_are_read_in_one_request() -> None:
    runs = plan(whole([SECOND, FIRST]), 125)

    assert [run.requests for run in runs] == [((40122, 60),)]
    assert [(window.model.id, at) for window, at in runs[0].parts] == [(120, 0), (121, 56)]


def test_models_with_a_gap_between_them_are_not_joined() -> None:
    assert requests(whole([FIRST, FAR])) == [((40122, 28),), ((40228, 26),)]


def test_a_run_never_gets_longer_than_the_device_answers() -> None:
    assert requests(whole([FIRST, SECOND]), longest=40) == [((40122, 28),), ((40150, 32),)]


def test_a_long_window_is_cut_into_several_requests() -> None:
    assert requests((Window(ModelAt(160, 0, 298), 0, 300),)) == [((0, 125), (125, 125), (250, 50))]


def test_only_the_wanted_part_of_a_model_is_read() -> None:
    assert requests((Window(ModelAt(701, 40070, 153), 2, 119),)) == [((40072, 119),)]


def test_devices_of_one_signature_share_one_plan() -> None:
    assert plan(whole([FIRST]), 125) is plan(whole([FIRST]), 125)
