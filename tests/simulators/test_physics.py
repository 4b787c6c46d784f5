"""DV-7: sun, houses, batteries and counters obey physics and are the same at every call."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pvlib.location import Location
from pvlib.modelchain import ModelChain
from pvlib.pvsystem import Array, FixedMount, PVSystem
from pvlib.temperature import TEMPERATURE_MODEL_PARAMETERS

from simulators.fleet import DeviceSpec, Fleet
from simulators.physics.arrays import Floats
from simulators.physics.plant import Plant
from simulators.physics.weather import Weather
from tests.simulators.running import NOON, small_fleet

MIDNIGHT = NOON - NOON % 86_400 + 6 * 3_600.0


def day(fleet: Fleet, weather: str, step_s: float = 300.0) -> tuple[Plant, list[float]]:
    plant, i = Plant(fleet, MIDNIGHT, weather), 0
    output = []
    for k in range(int(86_400 / step_s)):
        plant.step(MIDNIGHT + k * step_s)
        output.append(float(plant.now.output_w[i]))
    return plant, output


def test_clear_day_is_smooth_and_zero_at_night() -> None:
    _, output = day(small_fleet(), "clear")

    bends = np.diff(output, 2)

    assert output[0] == output[-1] == 0
    assert max(output) > 3_000
    assert np.abs(bends).max() < 0.02 * max(output)


def test_clouds_bite_more_on_a_cloudy_than_on_a_fair_day() -> None:
    fleet = small_fleet()

    energy = {kind: sum(day(fleet, kind)[1]) for kind in ("clear", "fair", "cloudy")}

    assert energy["cloudy"] < 0.85 * energy["clear"]
    assert energy["cloudy"] < energy["fair"] <= energy["clear"]


def test_power_depends_on_seed_and_time_alone() -> None:
    fleet = small_fleet()
    through_the_day, straight = Plant(fleet, MIDNIGHT, "cloudy"), Plant(fleet, NOON, "cloudy")

    through_the_day.advance(NOON)
    straight.advance(NOON)

    pv = through_the_day.pv
    assert through_the_day.now.output_w[pv] == pytest.approx(straight.now.output_w[pv])
    other = Plant(replace(fleet, seed=8), NOON, "cloudy")
    other.advance(NOON)
    assert other.now.output_w[pv] != pytest.approx(straight.now.output_w[pv])


def test_feeder_neighbours_see_the_same_clouds_but_not_at_the_same_second() -> None:
    fleet = small_fleet(count=60)
    plant = Plant(fleet, NOON, "cloudy")
    feeders = np.array([fleet.devices[i].feeder for i in plant.pv])
    shares = []
    for k in range(240):
        plant.advance(NOON - 7_200 + 60 * k)
        shares.append(plant.now.available_w[plant.pv] / plant.rated_w[plant.pv])

    moves = np.corrcoef(np.diff(np.array(shares), axis=0).T)

    own = moves[np.ix_(feeders == "IEEE13", feeders == "IEEE13")]
    foreign = moves[np.ix_(feeders == "IEEE13", feeders == "HARBOUR")]
    assert np.median(own) > np.median(foreign) + 0.1


def test_available_power_agrees_with_pvlibs_own_model_chain() -> None:
    fleet = small_fleet()
    spec = next(d for d in fleet.devices if d.key == "ada-pv")
    plant = Plant(fleet, NOON, "clear")
    times = np.arange(MIDNIGHT, MIDNIGHT + 86_400, 1_800.0)
    ours = []
    for t in times:
        plant.t = t - 1
        plant.step(t)
        ours.append(plant.now.available_w[plant.index["ada-pv"]])

    theirs = model_chain_w(fleet, spec, times)

    assert max(theirs) > 4_000
    assert sum(ours) == pytest.approx(sum(theirs), rel=0.04)


def model_chain_w(fleet: Fleet, spec: DeviceSpec, times: Floats) -> Floats:
    """pvlib's object interface with the same assumptions, one system at a time."""
    place = Location(fleet.latitude, fleet.longitude, altitude=362.0)
    index = pd.DatetimeIndex(pd.to_datetime(times, unit="s", utc=True))
    weather = place.get_clearsky(index)
    plant_weather = Weather(fleet, "clear")
    weather["temp_air"] = plant_weather.air_temperature_c(times)[:, 0]
    weather["wind_speed"] = 2.0
    panels = Array(
        FixedMount(spec.tilt_deg, spec.azimuth_deg),
        albedo=0.2,
        module_parameters={"pdc0": spec.dc_rated_w, "gamma_pdc": -0.0037},
        temperature_model_parameters=TEMPERATURE_MODEL_PARAMETERS["sapm"][
            "close_mount_glass_glass"
        ],
    )
    system = PVSystem(
        arrays=[panels],
        inverter_parameters={"pdc0": spec.rated_w / 0.965, "eta_inv_nom": 0.965},
    )
    chain = ModelChain(
        system, place, aoi_model="physical", spectral_model="no_loss", losses_model="pvwatts"
    )
    chain.run_model(weather)
    watts: Floats = chain.results.ac.fillna(0.0).to_numpy()
    return watts


def test_batteries_lose_what_their_efficiency_says_and_nothing_else() -> None:
    plant = Plant(small_fleet(), MIDNIGHT, "fair")
    stored = plant.batteries.stored_wh.copy()
    at = plant.battery
    injected, absorbed = (
        plant.counters.injected_wh[at].copy(),
        plant.counters.absorbed_wh[at].copy(),
    )

    plant.advance(MIDNIGHT + 86_400)

    gained = plant.batteries.stored_wh - stored
    out_wh = plant.counters.injected_wh[at] - injected
    in_wh = plant.counters.absorbed_wh[at] - absorbed
    assert out_wh.min() > 100
    assert gained == pytest.approx(0.95 * in_wh - out_wh / 0.95, abs=1e-6)


def test_batteries_stay_within_their_capacity_and_reserve() -> None:
    plant = Plant(small_fleet(), MIDNIGHT, "clear")
    lowest, highest = 1.0, 0.0
    plant.settings.set_w[:] = -1e6
    plant.advance(MIDNIGHT + 12 * 3_600)
    highest = float((plant.batteries.stored_wh / plant.batteries.capacity_wh).max())
    plant.settings.set_w[:] = 1e6
    plant.advance(MIDNIGHT + 24 * 3_600)
    lowest = float((plant.batteries.stored_wh / plant.batteries.capacity_wh).min())

    assert highest == pytest.approx(1.0, abs=1e-6)
    assert lowest == pytest.approx(0.10, abs=1e-6)
    assert plant.now.output_w[plant.battery] == pytest.approx(0, abs=1e-3)


def test_counters_are_the_integral_of_the_output() -> None:
    plant = Plant(small_fleet(), NOON, "cloudy")
    before_in, before_out = (
        plant.counters.injected_wh.copy(),
        plant.counters.absorbed_wh.copy(),
    )
    injected = np.zeros(before_in.size)
    absorbed = np.zeros(before_in.size)
    for k in range(1, 1_801):
        plant.advance(NOON + k)
        injected += np.maximum(plant.now.output_w, 0) / 3_600
        absorbed += np.maximum(-plant.now.output_w, 0) / 3_600

    assert injected.max() > 1_000
    assert plant.counters.injected_wh - before_in == pytest.approx(injected, abs=1e-6)
    assert plant.counters.absorbed_wh - before_out == pytest.approx(absorbed, abs=1e-6)


def test_curtailed_energy_is_available_less_output_while_limited() -> None:
    plant = Plant(small_fleet(), NOON, "clear")
    pv = int(plant.pv[0])
    plant.advance(NOON + 60)
    unlimited = float(plant.counters.curtailed_wh[pv])
    plant.settings.limit_frac[pv] = 0.2
    plant.advance(NOON + 120)
    start = float(plant.counters.curtailed_wh[pv])
    lost_w = float(plant.now.available_w[pv]) - 0.2 * plant.rated_w[pv]

    plant.advance(NOON + 180)

    assert unlimited == 0
    assert lost_w > 1_000
    assert plant.counters.curtailed_wh[pv] - start == pytest.approx(lost_w / 60, rel=0.01)


def test_voltage_rises_with_injection_and_stays_plausible() -> None:
    plant = Plant(small_fleet(), NOON, "clear")
    plant.advance(NOON + 30)
    pv = int(plant.pv[0])
    with_sun = float(plant.now.voltage_pu[pv])
    plant.settings.service.off[plant.sources] = 1.0
    plant.advance(NOON + 31)

    assert with_sun - plant.now.voltage_pu[pv] > 0.005
    assert 0.95 < plant.now.voltage_pu.min() <= plant.now.voltage_pu.max() < 1.06
    assert plant.now.frequency_hz[0] == pytest.approx(60, abs=0.03)


def test_houses_use_more_in_the_evening_than_at_night() -> None:
    plant = Plant(small_fleet(count=60), MIDNIGHT, "fair")
    by_hour = []
    for hour in range(24):
        plant.advance(MIDNIGHT + 3_600 * hour)
        by_hour.append(float(plant.now.load_w.sum()))

    evening, night = np.mean(by_hour[18:21]), np.mean(by_hour[1:5])

    assert evening > 1.8 * night
    assert min(by_hour) > 0
