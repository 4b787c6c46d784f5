"""An imported model fills the tables, so that applications hang on its buses (IC-2)."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from customers.models import Customer
from interconnection.models import (
    ApplicationUnit,
    Bus,
    DistributionTransformer,
    Feeder,
    LineSection,
    NetworkVersion,
    ServiceConnection,
)
from interconnection.powerflow import feeders
from interconnection.powerflow.facts import circuit_of
from interconnection.powerflow.tables import tables_of
from interconnection.selectors.network import queue_behind_all
from interconnection.selectors.screening import case_at, proposed_of
from interconnection.services.network import load_feeder
from interconnection.services.network_tables import fill_tables
from tests.factories import make_usage_point

pytestmark = pytest.mark.django_db
TOWN = """
Clear
New object=circuit.town basekv=69 pu=1.02 MVAsc3=900 MVAsc1=700
New Transformer.sub phases=3 windings=2 buses=(sourcebus head) conns=(delta wye) kvs=(69 12.47)
~ kvas=(10000 10000) xhl=8 %r=.5
New Linecode.three nphases=3 units=km rmatrix=[.3 | .1 .3 | .1 .1 .3] normamps=400
~ xmatrix=[.6 | .2 .6 | .2 .2 .6] cmatrix=[10 | 0 10 | 0 0 10]
New Line.trunk bus1=head bus2=mid linecode=three length=1.5 units=km
New Line.beyond bus1=mid bus2=end linecode=three length=2 units=km
New Recloser.r monitoredobj=line.beyond monitoredterm=1
New Line.lateral bus1=mid.2 bus2=far.2 phases=1 rmatrix=[.5] xmatrix=[.5]
~ cmatrix=[8] length=1 units=km
New Transformer.pole phases=1 windings=3 buses=[far.2 house.1.0 house.0.2] kvs=[7.2 .12 .12]
~ kvas=[25 25 25] xhl=2.04 xht=2.04 xlt=1.36 %rs=[.6 1.2 1.2]
New Load.one phases=1 bus1=house.1.2 kv=.24 kw=5 pf=.95
New Load.two phases=1 bus1=house.1.2 kv=.24 kw=3 pf=.95
New Load.shop bus1=end phases=3 kv=12.47 kw=900 pf=.95
set voltagebases=[69 12.47 .416]
calcv
solve
"""
SMALLER = "\n".join(line for line in TOWN.splitlines() if "Line.beyond" not in line
                    and "Recloser" not in line).replace("bus1=end", "bus1=mid")  # fmt: skip


def brought(folder: Path, text: str, *options: str) -> dict[str, Any]:
    file = folder / "TOWN.dss"
    file.write_text(text)
    out = StringIO()
    call_command("import_network", str(file), "--json", *options, stdout=out)
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


def test_an_import_makes_buses_sections_and_service_transformers(tmp_path: Path) -> None:
    answer = brought(tmp_path, TOWN)

    feeder = Feeder.objects.get(name="TOWN")
    assert (feeder.nominal_voltage_v, feeder.rated_capacity_w) == (12_470, 10_000_000)
    buses = {bus.name: bus for bus in feeder.buses.select_related("section")}
    assert set(buses) == {"sourcebus", "head", "mid", "end", "far", "house"}
    assert (buses["far"].phases, buses["far"].nominal_voltage_v) == ("B", 12_470)
    assert (buses["house"].phases, buses["house"].nominal_voltage_v) == ("B", 240)
    assert buses["end"].distance_m == pytest.approx(3_500)
    assert buses["end"].section.head_device == "beyond"
    assert buses["end"].section.upstream == buses["mid"].section
    pole = DistributionTransformer.objects.get()
    assert (pole.name, pole.bus, pole.phases) == ("TOWN-pole", buses["far"], "B")
    assert (pole.rated_va, pole.secondary_voltage_v, pole.premises) == (25_000, 240, 2)
    added = {table["kind"]: len(table["added"]) for table in answer["tables"]}
    assert added == {"buses": 6, "segments": 5, "service transformers": 1}


def test_a_dry_run_says_what_is_no_longer_there_and_writes_nothing(
    tmp_path: Path, ada_customer: Customer
) -> None:
    brought(tmp_path, TOWN)
    attach(ada_customer, "end", "ABC")
    before = set(Bus.objects.values_list("name", flat=True))

    answer = brought(tmp_path, SMALLER, "--dry-run")

    tables = {table["kind"]: table for table in answer["tables"]}
    assert tables["segments"]["removed"] == ["beyond"]
    assert tables["buses"]["removed"] == []
    assert tables["buses"]["kept"] == ["end"]
    assert set(Bus.objects.values_list("name", flat=True)) == before
    assert NetworkVersion.objects.count() == 1
    out = StringIO()
    call_command("import_network", str(tmp_path / "TOWN.dss"), "--dry-run", stdout=out)
    assert "no longer in the model: beyond" in out.getvalue()
    assert "kept, it still feeds service points: end" in out.getvalue()


def test_the_next_version_takes_away_what_nothing_hangs_on(tmp_path: Path) -> None:
    brought(tmp_path, TOWN)

    brought(tmp_path, SMALLER)

    assert not Bus.objects.filter(name="end").exists()
    assert LineSection.objects.count() == 1


def test_what_people_entered_stays(tmp_path: Path) -> None:
    brought(tmp_path, TOWN)
    Feeder.objects.update(rated_capacity_w=7_000_000, hosting_capacity_w=2_000_000)
    LineSection.objects.filter(head_device="beyond").update(peak_load_w=1_000_000)
    Bus.objects.filter(name="mid").update(fault_current_a=4_000)
    DistributionTransformer.objects.update(is_centre_tapped=True, premises=4)

    brought(tmp_path, TOWN.replace("length=1.5", "length=1.6"))

    feeder = Feeder.objects.get()
    assert (feeder.rated_capacity_w, feeder.hosting_capacity_w) == (7_000_000, 2_000_000)
    assert LineSection.objects.get(head_device="beyond").peak_load_w == 1_000_000
    assert Bus.objects.get(name="mid").fault_current_a == 4_000
    assert Bus.objects.get(name="end").distance_m == pytest.approx(3_600)
    pole = DistributionTransformer.objects.get()
    assert (pole.is_centre_tapped, pole.premises) == (True, 4)


def attach(customer: Customer, bus: str, phases: str) -> ServiceConnection:
    point = make_usage_point(customer, phases=phases)
    call_command("connect_service_point", point.meter_number, "--feeder", "TOWN", "--bus", bus,
                 stdout=StringIO())  # fmt: skip
    return ServiceConnection.objects.get(usage_point=point)


def test_a_service_point_hangs_on_a_bus_of_the_model_and_is_screened_there(
    tmp_path: Path, ada_customer: Customer
) -> None:
    brought(tmp_path, TOWN)

    house = attach(ada_customer, "far", "B")
    shop = attach(ada_customer, "end", "ABC")

    assert house.transformer.name == "TOWN-pole"
    assert (shop.transformer.bus.name, shop.transformer.phases) == ("end", "ABC")
    case = case_at(
        shop.usage_point, proposed_of(ApplicationUnit.objects.none()), queue_behind_all()
    )
    assert [section.head_device for section in case.sections] == ["beyond", "substation"]
    with pytest.raises(CommandError, match="Bus far is not there or has not the phases ABC"):
        attach(ada_customer, "far", "ABC")


@pytest.mark.parametrize("name", feeders.NAMES)
def test_the_product_s_own_feeders_give_the_buses_that_they_are_made_of(name: str) -> None:
    model = feeders.feeder(name)

    tables = tables_of(circuit_of(model))

    found = {bus.name: bus for bus in tables.buses}
    for bus in model.buses:
        assert found[bus.name].phases == bus.phases, bus.name
        assert found[bus.name].distance_m == pytest.approx(bus.distance_m, abs=1), bus.name


@pytest.mark.parametrize("name", feeders.NAMES)
def test_importing_a_known_feeder_leaves_its_sections_and_their_loads(name: str) -> None:
    feeder = load_feeder(model=feeders.feeder(name))

    def sections() -> list[tuple[object, ...]]:
        return list(
            feeder.buses.filter(name__in=[bus.name for bus in feeders.feeder(name).buses])
            .order_by("name")
            .values_list("name", "section__name", "section__upstream__name", "section__peak_load_w")
        )

    before = sections()

    fill_tables(name=name, circuit=circuit_of(feeders.feeder(name)), source="again")

    assert sections() == before
