"""Feeders in the tables, and which transformer feeds whom (IC-2)."""

import pytest

from derms.lib.errors import Refused
from interconnection.models import (
    Bus,
    DistributionTransformer,
    Feeder,
    LineSection,
    LineSegment,
    ServiceConnection,
)
from interconnection.powerflow import feeders
from interconnection.services.network import NoBusForPhases, connect_usage_point, load_feeder
from tests.factories import make_customer, make_usage_point

pytestmark = pytest.mark.django_db


@pytest.fixture
def millbrook() -> Feeder:
    return load_feeder(model=feeders.feeder("MILLBROOK"))


def counts() -> tuple[int, ...]:
    tables = (Feeder, LineSection, Bus, LineSegment, DistributionTransformer)
    return tuple(table.objects.count() for table in tables)


@pytest.mark.parametrize("name", feeders.NAMES)
def test_loading_a_feeder_twice_changes_nothing(name: str) -> None:
    load_feeder(model=feeders.feeder(name))
    first = counts()
    names = list(DistributionTransformer.objects.order_by("pk").values_list("pk", "mrid"))

    load_feeder(model=feeders.feeder(name))

    assert counts() == first
    assert list(DistributionTransformer.objects.order_by("pk").values_list("pk", "mrid")) == names


def test_sections_know_what_lies_upstream(millbrook: Feeder) -> None:
    last = millbrook.sections.get(name="S4")

    assert last.upstream is not None
    assert last.upstream.name == "S3"
    assert millbrook.sections.get(name="S1").upstream is None


def test_points_share_transformers_and_no_secondary_is_overfull(millbrook: Feeder) -> None:
    customer = make_customer()
    for number in range(24):
        point = make_usage_point(customer, street=f"{number} Mill Street")
        connect_usage_point(usage_point=point, feeder=millbrook, phases="A")

    used = DistributionTransformer.objects.filter(connections__isnull=False).distinct()
    loads = {t.name: (t.connections.count(), t.premises) for t in used}
    assert all(connected <= premises for connected, premises in loads.values())
    assert any(connected >= 3 for connected, _ in loads.values())
    assert any(connected == 1 for connected, _ in loads.values())
    assert len({t.bus.section_id for t in used}) > 1
    assert all("A" in t.phases for t in used)


def test_a_connected_point_stays_where_it_is(millbrook: Feeder) -> None:
    point = make_usage_point(make_customer())
    first = connect_usage_point(usage_point=point, feeder=millbrook, phases="A")

    again = connect_usage_point(usage_point=point, feeder=millbrook, phases="A")

    assert again == first
    assert ServiceConnection.objects.count() == 1


def test_a_new_transformer_is_hung_when_none_has_room(millbrook: Feeder) -> None:
    DistributionTransformer.objects.update(premises=0)
    point = make_usage_point(make_customer(), phases="ABC")

    connection = connect_usage_point(usage_point=point, feeder=millbrook, phases="ABC")

    assert connection.transformer.rated_va == 75_000
    assert connection.transformer.bus.feeder == millbrook


def test_a_point_may_ask_for_a_secondary_of_its_own(millbrook: Feeder) -> None:
    customer = make_customer()
    shared = [make_usage_point(customer, street=f"{number} Mill Street") for number in range(5)]
    for point in shared:
        connect_usage_point(usage_point=point, feeder=millbrook, phases="A")
    point = make_usage_point(customer, street="9 Mill Street")

    connection = connect_usage_point(usage_point=point, feeder=millbrook, phases="A", is_alone=True)

    assert connection.transformer.connections.count() == 1


def test_a_named_transformer_is_taken(millbrook: Feeder) -> None:
    point = make_usage_point(make_customer())

    connection = connect_usage_point(
        usage_point=point, feeder=millbrook, phases="A", transformer="MILLBROOK-T01"
    )

    assert connection.transformer.name == "MILLBROOK-T01"


def test_a_transformer_of_another_feeder_is_refused(millbrook: Feeder) -> None:
    point = make_usage_point(make_customer())

    with pytest.raises(Refused, match="no transformer IEEE13-T01"):
        connect_usage_point(
            usage_point=point, feeder=millbrook, phases="A", transformer="IEEE13-T01"
        )


def test_phases_that_no_bus_has_are_refused(millbrook: Feeder) -> None:
    Bus.objects.update(phases="B")
    DistributionTransformer.objects.update(premises=0)
    point = make_usage_point(make_customer(), phases="AC")

    with pytest.raises(NoBusForPhases, match="AC"):
        connect_usage_point(usage_point=point, feeder=millbrook, phases="AC")
