"""DV-7: the description of a fleet is complete and the same for the same seed."""

import json
from collections import Counter
from math import cos, radians
from pathlib import Path

import pytest

from simulators.describe import describe_fleet
from simulators.errors import FleetError
from simulators.extras import NO_EXTRAS, Extras
from simulators.fleet import Fleet, load_fleet, save_fleet


def describe(
    seed: int = 7,
    count: int = 200,
    base_port: int = 15_020,
    latitude: float = 39.05,
    extras: Extras = NO_EXTRAS,
) -> Fleet:
    return describe_fleet(
        count=count,
        seed=seed,
        base_port=base_port,
        control_port=base_port - 1,
        latitude=latitude,
        longitude=-95.68,
        extras=extras,
    )


def test_same_seed_gives_the_same_fleet_and_another_seed_another() -> None:
    assert describe() == describe()
    assert describe() != describe(seed=8)


def test_two_hundred_devices_are_in_service_on_three_feeders() -> None:
    fleet = describe()

    in_service = [d for d in fleet.devices if d.commissioned]

    assert Counter(d.kind for d in in_service) == {"pv": 110, "battery": 45, "meter": 45}
    assert {d.feeder for d in in_service} == {"IEEE13", "MILLBROOK", "HARBOUR"}
    assert len({d.port for d in fleet.devices}) == len(fleet.devices)
    assert len({d.serial_number for d in fleet.devices}) == len(fleet.devices)


def test_half_of_the_inverters_are_of_the_older_generation_and_three_phase() -> None:
    inverters = [d for d in describe().devices if d.commissioned and d.kind != "meter"]

    legacy = [d for d in inverters if d.generation == "legacy"]

    assert 0.4 < len(legacy) / len(inverters) < 0.6
    assert {d.phases for d in legacy} == {"ABC"}


def test_maps_differ_in_base_unit_and_common_length_as_real_fleets_do() -> None:
    devices = describe().devices

    assert {d.base for d in devices} == {0, 40_000, 50_000}
    assert len({d.unit for d in devices}) > 2
    assert {d.common_length for d in devices} == {65, 66}
    assert Counter(d.base for d in devices)[40_000] > 0.75 * len(devices)


def test_showcase_is_the_same_fleet_arranged_otherwise() -> None:
    plain, mixed = describe(), describe(extras=Extras(showcase=True))

    behind = [d for d in mixed.devices if d.gateway]

    assert [d.key for d in mixed.devices] == [d.key for d in plain.devices]
    assert Counter(Counter(d.port for d in behind).values()) == {12: 1, 8: 2}
    assert len({(d.port, d.unit) for d in mixed.devices}) == len(mixed.devices)
    assert sum(d.points.get("715.LocRemCtl", 0) for d in mixed.devices) == 1
    assert sum("705.Ena" in d.points for d in mixed.devices) == 2
    assert {d.kind for d in mixed.devices if d.heartbeat_timeout_s} == {"battery"}
    # Groups of the demo stand on these.
    assert not any(d.feeder == "MILLBROOK" and (d.gateway or d.points) for d in mixed.devices)


def test_zoo_and_gateways_come_on_top() -> None:
    plain, more = describe(), describe(extras=Extras(gateways=2, zoo=True))

    assert more.devices[: len(plain.devices)] == plain.devices
    assert {d.personality for d in more.devices} >= {"sma", "fronius", "kostal", "serial-bus"}
    assert Counter(d.port for d in more.devices).most_common(2)[1][1] == 30


def test_machines_wait_for_commissioning_at_the_named_sites() -> None:
    waiting = {d.key: d for d in describe().devices if not d.commissioned}

    assert {"ada-pv", "ada-battery", "ada-meter", "mismatch-pv", "wrongmap-pv"} < set(waiting)
    assert {f"spare{n}-pv" for n in range(1, 7)} < set(waiting)
    assert (waiting["ada-pv"].rated_w, waiting["ada-pv"].rated_va) == (8_000, 8_000)
    assert waiting["ada-battery"].capacity_wh == 10_000
    assert waiting["ada-battery"].discharge_max_w == 5_000
    assert waiting["mismatch-pv"].rated_w == 10_000
    assert waiting["mismatch-pv"].label_rated_w == 8_000
    assert not waiting["wrongmap-pv"].sunspec


def test_description_survives_its_file(tmp_path: Path) -> None:
    save_fleet(describe(), tmp_path / "fleet.json")

    assert load_fleet(tmp_path / "fleet.json") == describe()


@pytest.mark.parametrize(("count", "base_port"), [(3, 15_020), (200, 80), (200, 65_500)])
def test_impossible_fleet_is_refused_in_words(count: int, base_port: int) -> None:
    with pytest.raises(FleetError, match=r"--count 3|--base-port"):
        describe(count=count, base_port=base_port)


def test_file_that_is_no_fleet_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "fleet.json").write_text("[]")

    with pytest.raises(FleetError, match="is not a fleet description"):
        load_fleet(tmp_path / "fleet.json")
    with pytest.raises(FleetError, match="Write it with: python -m simulators describe"):
        load_fleet(tmp_path / "other.json")


@pytest.mark.parametrize(("latitude", "faces_equator"), [(39.0, -1), (-33.0, 1)])
def test_roofs_look_to_the_equator(latitude: float, faces_equator: int) -> None:
    panels = [spec for spec in describe(latitude=latitude).devices if spec.kind == "pv"]

    northward = sum(cos(radians(spec.azimuth_deg)) for spec in panels)

    assert northward * faces_equator > 0.5 * len(panels)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"personalty": "sma"}, "has no personalty"),
        ({"kind": "windmill"}, "kind is one of pv, battery, meter"),
        ({"port": 70_000}, "port 70000, unit 1 is no Modbus address"),
    ],
)
def test_misspelt_or_impossible_machine_is_refused_in_words(
    tmp_path: Path, change: dict[str, object], words: str
) -> None:
    document = describe(count=8).to_json()
    document["devices"][-1] |= change
    (tmp_path / "fleet.json").write_text(json.dumps(document))

    with pytest.raises(FleetError, match=words):
        load_fleet(tmp_path / "fleet.json")
