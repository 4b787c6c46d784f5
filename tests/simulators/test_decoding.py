"""DV-7: pysunspec2, an independent decoder, reads every kind of machine and finds the truth."""

from typing import Any

import pytest

from tests.simulators.running import RunningFleet

CHAINS = {
    ("pv", "legacy"): [1, 103, *range(120, 125), 126, 127, 129, 130, 132, 134, 135, 136, 160],
    ("battery", "legacy"): [1, 103, *range(120, 125), 126, 127, 129, 130, 132, 134, 135, 136],
    ("pv", "ieee1547_2018"): [1, *range(701, 716)],
    ("battery", "ieee1547_2018"): [1, *range(701, 716), 802],
    ("meter", "legacy"): [1, 203],
    ("meter", "ieee1547_2018"): [1, 201],
}


@pytest.mark.parametrize(("kind", "generation"), CHAINS)
def test_chain_identity_and_lengths_are_clean(
    running: RunningFleet, kind: str, generation: str
) -> None:
    key = running.first(
        kind, generation, "A" if (kind, generation) == ("meter", "ieee1547_2018") else None
    )
    spec = running.spec(key)

    device = running.scan(key)

    assert [m.model_id for m in device.model_list] == CHAINS[kind, generation]
    assert all(m.error_info == "" for m in device.model_list)
    assert device.common[0].L.value == spec.common_length
    assert device.common[0].Mn.value == spec.manufacturer
    assert device.common[0].SN.value == spec.serial_number
    assert device.base_addr == spec.base


def test_every_machine_of_the_fleet_is_read_without_error(running: RunningFleet) -> None:
    for spec in running.fleet.devices:
        if spec.sunspec:
            device = running.scan(spec.key)
            assert len(device.model_list) == len(CHAINS[spec.kind, spec.generation]), spec.key


def test_legacy_inverter_shows_what_it_does(running: RunningFleet) -> None:
    key = running.first("pv", "legacy")

    device, truth = running.scan(key), running.status(key)

    shown = device.models[103][0]
    assert shown.W.cvalue == pytest.approx(truth["output_w"], abs=6)
    assert truth["output_w"] > 1_000
    assert shown.VAr.cvalue == pytest.approx(0, abs=6)
    assert shown.PhVphA.cvalue == pytest.approx(truth["voltage_v"], abs=0.06)
    assert shown.Hz.cvalue == pytest.approx(truth["frequency_hz"], abs=0.006)
    assert shown.WH.cvalue == pytest.approx(truth["energy_injected_wh"], abs=1)
    assert shown.A.cvalue == pytest.approx(truth["output_w"] / truth["voltage_v"], abs=0.2)
    assert shown.St.cvalue == 4
    extended = device.models[122][0]
    assert extended.ActWh.cvalue == pytest.approx(truth["energy_injected_wh"], abs=1)
    assert extended.WAval.cvalue == pytest.approx(truth["available_w"], abs=6)
    assert (extended.PVConn.cvalue, extended.StorConn.cvalue, extended.ECPConn.cvalue) == (7, 0, 1)


def test_new_inverter_shows_what_it_does(running: RunningFleet) -> None:
    device, truth = running.scan("ada-pv"), running.status("ada-pv")

    shown = device.models[701][0]
    assert shown.W.cvalue == pytest.approx(truth["output_w"], abs=0.6)
    assert shown.LNV.cvalue == pytest.approx(truth["voltage_v"], abs=0.06)
    assert shown.LLV.cvalue == pytest.approx(2 * truth["voltage_v"], abs=0.06)
    assert shown.Hz.cvalue == pytest.approx(truth["frequency_hz"], abs=0.001)
    assert shown.TotWhInj.cvalue == pytest.approx(truth["energy_injected_wh"], abs=1)
    assert shown.WL1.cvalue + shown.WL2.cvalue == pytest.approx(truth["output_w"], abs=1.1)
    assert (shown.St.cvalue, shown.InvSt.cvalue, shown.ConnSt.cvalue) == (1, 3, 1)
    assert shown.WL3.cvalue is None
    assert device.models[702][0].WMaxRtg.cvalue == 8_000
    assert device.models[702][0].VAMaxRtg.cvalue == 8_000
    assert device.models[703][0].ES.cvalue == 1


def test_batteries_of_both_generations_show_their_state_of_charge(running: RunningFleet) -> None:
    legacy = running.first("battery", "legacy")

    old, new = running.scan(legacy), running.scan("ada-battery")

    assert old.models[124][0].ChaState.cvalue == pytest.approx(
        running.status(legacy)["soc_pct"], abs=0.006
    )
    assert new.models[713][0].SoC.cvalue == pytest.approx(
        running.status("ada-battery")["soc_pct"], abs=0.006
    )
    assert new.models[713][0].WHRtg.cvalue == 10_000
    assert old.models[120][0].DERTyp.cvalue == 82


def test_what_a_pv_inverter_does_not_have_is_not_implemented(running: RunningFleet) -> None:
    new = running.scan("ada-pv").models[713][0]
    old = running.scan(running.first("pv", "legacy")).models[124][0]

    assert [new.WHRtg.cvalue, new.WHAvail.cvalue, new.SoC.cvalue, new.SoH.cvalue] == [None] * 4
    assert [old.WChaMax.cvalue, old.StorCtl_Mod.cvalue, old.ChaState.cvalue] == [None] * 3


@pytest.mark.parametrize("generation", ["legacy", "ieee1547_2018"])
def test_meter_counts_import_as_positive(running: RunningFleet, generation: str) -> None:
    key = running.first("meter", generation)

    device, truth = running.scan(key), running.status(key)

    shown: Any = device.models[203 if generation == "legacy" else 201][0]
    assert shown.W.cvalue == pytest.approx(-truth["output_w"], abs=6)
    assert shown.TotWhExp.cvalue == pytest.approx(truth["energy_injected_wh"], abs=1)
    assert shown.TotWhImp.cvalue == pytest.approx(truth["energy_absorbed_wh"], abs=1)
    assert shown.VAR.cvalue == pytest.approx(-truth["output_var"], abs=6)


def test_meter_is_house_load_less_what_the_site_makes(running: RunningFleet) -> None:
    meter, pv, battery = (running.status(f"ada-{kind}") for kind in ("meter", "pv", "battery"))

    made_w = pv["output_w"] + battery["output_w"]

    assert meter["output_w"] == pytest.approx(made_w - meter["load_w"], abs=0.01)
    assert meter["load_w"] > 100
