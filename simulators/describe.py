"""Makes up a fleet from a seed: three feeders, their sites, and the machines on them."""

from dataclasses import replace
from random import Random

from simulators import catalogue
from simulators.catalogue import Make
from simulators.errors import FleetError
from simulators.extras import NO_EXTRAS, Extras, add_extras
from simulators.fleet import (
    BATTERY,
    IEEE1547_2018,
    LEGACY,
    METER,
    PV,
    DeviceSpec,
    Fleet,
    SiteSpec,
)
from simulators.town import FEEDERS, HOST, Builder

EXTRA_DEVICES = 14


def describe_fleet(
    *,
    count: int,
    seed: int,
    base_port: int,
    control_port: int,
    latitude: float,
    longitude: float,
    weather: str = "fair",
    extras: Extras = NO_EXTRAS,
) -> Fleet:
    """Describe `count` devices in service and the spare ones waiting for commissioning."""
    if count < 4:
        raise FleetError(f"--count {count}: a fleet needs at least 4 devices")
    last = base_port + count + EXTRA_DEVICES + extras.ports
    if base_port < 1024 or last > 65_535:
        raise FleetError(f"--base-port {base_port}: ports {base_port}-{last} must be in 1024-65535")
    rng = Random(seed)  # noqa: S311 - a fleet made up from a seed, nothing secret
    builder = Builder(rng, latitude, longitude, base_port)
    _add_fleet(builder, count)
    _add_applicants(builder)
    add_extras(builder, extras)
    return Fleet(
        seed=seed,
        latitude=latitude,
        longitude=longitude,
        weather=weather,
        control_host=HOST,
        control_port=control_port,
        devices=tuple(builder.devices),
        sites=tuple(builder.sites.values()),
    )


def _add_fleet(builder: Builder, count: int) -> None:
    pv_count = round(count * 0.55)
    battery_count = round(count * 0.225)
    meter_count = count - pv_count - battery_count
    for number in range(pv_count):
        # Every second site is of the older half, so that each feeder has both.
        generation = LEGACY if number % 2 else IEEE1547_2018
        single = generation == IEEE1547_2018 and builder.rng.random() < 0.8
        feeder = FEEDERS[number % len(FEEDERS)]
        phase = builder.rng.choice("ABC") if single else "ABC"
        site = builder.add_site(f"{feeder.lower()}-{number // 3 + 1:03d}", feeder, phase)
        builder.add_device(site, PV, _pv_make(builder.rng, generation, phase), generation)
    sites = list(builder.sites.values())
    generations = {d.site: d.generation for d in builder.devices}
    for site in builder.rng.sample(sites, battery_count):
        generation = generations[site.key]
        make = _battery_make(builder.rng, generation, site.phase)
        builder.add_device(site, BATTERY, make, generation)
    with_battery = {d.site for d in builder.devices if d.kind == BATTERY}
    ranked = sorted(sites, key=lambda s: (s.key not in with_battery, builder.rng.random()))
    for site in ranked[:meter_count]:
        _add_meter(builder, site, generations[site.key], commissioned=True)


def _pv_make(rng: Random, generation: str, phase: str) -> Make:
    if generation == LEGACY:
        return rng.choice(catalogue.LEGACY_PV)
    return rng.choice(catalogue.NEW_PV_THREE if phase == "ABC" else catalogue.NEW_PV_SINGLE)


def _battery_make(rng: Random, generation: str, phase: str) -> Make:
    if generation == LEGACY:
        return rng.choice(catalogue.LEGACY_BATTERY)
    three = catalogue.NEW_BATTERY_THREE
    return rng.choice(three if phase == "ABC" else catalogue.NEW_BATTERY_SINGLE)


def _add_meter(
    builder: Builder, site: SiteSpec, generation: str, *, commissioned: bool
) -> DeviceSpec:
    make = catalogue.METER_THREE if site.phase == "ABC" else catalogue.METER_SINGLE
    return builder.add_device(site, METER, make, generation, commissioned=commissioned)


def _add_applicants(builder: Builder) -> None:
    """Machines that are installed but not in service: for people to apply for and commission."""
    new = IEEE1547_2018
    ada = builder.add_site("ada", "MILLBROOK", "A")
    builder.add_device(ada, PV, catalogue.ADA_PV, new, commissioned=False)
    _plain_address(builder)
    builder.add_device(ada, BATTERY, catalogue.ADA_BATTERY, new, commissioned=False)
    _plain_address(builder)
    _add_meter(builder, ada, new, commissioned=False)
    _plain_address(builder)
    mismatch = builder.add_site("mismatch", "MILLBROOK", "B")
    builder.add_device(mismatch, PV, catalogue.MISMATCH_PV, new, commissioned=False)
    builder.devices[-1] = replace(builder.devices[-1], label_rated_w=8_000)
    _plain_address(builder)
    wrong = builder.add_site("wrongmap", "HARBOUR", "C")
    builder.add_device(wrong, PV, catalogue.WRONG_MAP, new, commissioned=False)
    builder.devices[-1] = replace(builder.devices[-1], sunspec=False, unit=1, base=0)
    for number in range(1, 7):
        feeder = FEEDERS[number % len(FEEDERS)]
        spare = builder.add_site(f"spare{number}", feeder, "ABC"[number % 3])
        builder.add_device(spare, PV, catalogue.SPARE_PV, new, commissioned=False)
        _plain_address(builder)
        if number % 2 == 0:
            builder.add_device(spare, BATTERY, catalogue.ADA_BATTERY, new, commissioned=False)
            _plain_address(builder)


def _plain_address(builder: Builder) -> None:
    builder.devices[-1] = replace(builder.devices[-1], unit=1, base=40_000)
