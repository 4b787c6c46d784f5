"""The feeders as facts: published figures, seeds, drawing places (IC-2)."""

from dataclasses import replace

import pytest

from interconnection.powerflow import feeders, ieee13
from interconnection.powerflow.layout import place_buses
from interconnection.powerflow.network import FeederModel, NetworkFault, SegmentData, SegmentKind
from interconnection.powerflow.radial import make_feeder


@pytest.fixture(params=feeders.NAMES)
def model(request: pytest.FixtureRequest) -> FeederModel:
    return feeders.feeder(str(request.param))


def test_the_test_feeder_has_the_published_totals() -> None:
    model = ieee13.feeder()

    assert model.load_w == 3_466_000
    assert model.load_var == 2_102_000
    assert sum(sum(c.reactive_power_var) for c in model.capacitors) == 700_000


def test_the_test_feeder_has_the_published_lengths() -> None:
    metres = {s.name: s.length_m for s in ieee13.SEGMENTS if s.kind == SegmentKind.LINE}

    assert round(sum(metres.values()) / ieee13.M_PER_FOOT) == 8_200
    assert metres["RG60-632"] == pytest.approx(609.6)


def test_each_published_matrix_is_a_triangle_over_its_phases() -> None:
    for configuration in ieee13.CONFIGURATIONS:
        for matrix in (
            configuration.resistance_ohm_per_mile,
            configuration.reactance_ohm_per_mile,
            configuration.susceptance_us_per_mile,
        ):
            assert [len(row) for row in matrix] == list(range(1, len(configuration.phases) + 1))


def test_lines_carry_only_phases_that_both_their_ends_have(model: FeederModel) -> None:
    phases = {bus.name: set(bus.phases) for bus in model.buses}

    for segment in model.segments:
        assert set(segment.phases) <= phases[segment.from_bus] & phases[segment.to_bus]


def test_transformers_and_loads_hang_on_buses_with_their_phases(model: FeederModel) -> None:
    phases = {bus.name: set(bus.phases) for bus in model.buses}

    for transformer in model.service_transformers:
        assert set(transformer.phases) <= phases[transformer.bus]
        assert 25_000 <= transformer.rated_va <= 150_000
    assert {load.bus for load in model.loads} <= phases.keys()


def test_no_two_buses_are_drawn_on_one_another(model: FeederModel) -> None:
    places = {(bus.x, bus.y) for bus in model.buses}

    assert len(places) == len(model.buses)
    assert {bus.y for bus in model.buses} != {0.0}


def test_drawing_places_grow_with_the_way_along_the_line(model: FeederModel) -> None:
    buses = {bus.name: bus for bus in model.buses}

    for segment in model.segments:
        assert buses[segment.to_bus].x > buses[segment.from_bus].x
        assert buses[segment.to_bus].distance_m == pytest.approx(
            buses[segment.from_bus].distance_m + segment.length_m
        )


def test_sections_measure_less_the_further_out_they_begin(model: FeederModel) -> None:
    sections = {section.name: section for section in model.sections}

    for section in sections.values():
        if section.upstream is not None:
            above = sections[section.upstream]
            assert section.peak_load_w is not None
            assert above.peak_load_w is not None
            assert section.peak_load_w < above.peak_load_w


def test_one_section_has_no_minimum_load_measurement() -> None:
    missing = [
        (name, section.name)
        for name in feeders.NAMES
        for section in feeders.feeder(name).sections
        if section.minimum_load_w is None
    ]

    assert missing == [("HARBOUR", "S3")]


def test_generated_feeders_have_the_asked_size_and_follow_their_seed() -> None:
    first = make_feeder(feeders.MILLBROOK, seed=7)
    again = make_feeder(feeders.MILLBROOK, seed=7)
    other = make_feeder(feeders.MILLBROOK, seed=8)

    assert first == again
    assert first != other
    assert len(first.buses) == feeders.MILLBROOK.trunk_buses + feeders.MILLBROOK.lateral_buses
    assert abs(first.load_w - feeders.MILLBROOK.peak_load_w) < 10_000


def test_a_loop_is_refused_by_the_name_of_its_line() -> None:
    segments = [
        SegmentData("a-b", "a", "b", "ABC", 100),
        SegmentData("b-c", "b", "c", "ABC", 100),
        SegmentData("a-c", "a", "c", "ABC", 100),
    ]

    with pytest.raises(NetworkFault, match="a-c: bus c is fed twice"):
        place_buses("a", segments)


def test_an_island_is_refused_by_the_name_of_its_bus() -> None:
    segments = [SegmentData("a-b", "a", "b", "ABC", 100), SegmentData("x-y", "x", "y", "A", 50)]

    with pytest.raises(NetworkFault, match="not connected to a: y"):
        place_buses("a", segments)


def test_a_recloser_at_the_substation_is_refused() -> None:
    plan = replace(feeders.MILLBROOK, reclosers=(1,))

    with pytest.raises(NetworkFault, match="reclosers"):
        make_feeder(plan, seed=1)


def test_an_unknown_feeder_names_those_there_are() -> None:
    with pytest.raises(NetworkFault, match="IEEE13, MILLBROOK, HARBOUR"):
        feeders.feeder("NOWHERE")
