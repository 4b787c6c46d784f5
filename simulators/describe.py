"""Makes up a fleet from a seed: three feeders, their sites, and the machines on them."""

from dataclasses import dataclass, field, replace
from random import Random

from simulators import catalogue
from simulators.catalogue import Make
from simulators.errors import FleetError
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

FEEDERS = ("IEEE13", "MILLBROOK", "HARBOUR")
HOST = "127.0.0.1"
HOURS_OF_FULL_SUN = 1350
EXTRA_DEVICES = 14
GATEWAY_UNITS = 30
# Some gateways keep silent about a dead unit, others answer for it.
DEAD_UNITS = {7: "silent", 13: "silent", 19: "exception:11", 22: "silent", 28: "exception:11"}


@dataclass(slots=True)
class _Builder:
    rng: Random
    latitude: float
    longitude: float
    next_port: int
    devices: list[DeviceSpec] = field(default_factory=list)
    sites: dict[str, SiteSpec] = field(default_factory=dict)

    @property
    def towards_noon_deg(self) -> float:
        """Where roofs look on average: to the equator."""
        return 180.0 if self.latitude >= 0 else 0.0

    def add_site(self, key: str, feeder: str, phase: str) -> SiteSpec:
        three_phase = phase == "ABC"
        rng = self.rng
        site = SiteSpec(
            key=key,
            feeder=feeder,
            phase=phase,
            load_peak_w=round(rng.uniform(9_000, 28_000) if three_phase else rng.uniform(3e3, 8e3)),
            latitude=round(self.latitude + rng.gauss(0, 0.01) + 0.03 * FEEDERS.index(feeder), 5),
            longitude=round(self.longitude + rng.gauss(0, 0.012), 5),
        )
        self.sites[key] = site
        return site

    def add_device(
        self, site: SiteSpec, kind: str, make: Make, generation: str, *, commissioned: bool = True
    ) -> DeviceSpec:
        rng = self.rng
        years = rng.uniform(5, 11) if generation == LEGACY else rng.uniform(0.5, 4)
        yearly_wh = {PV: HOURS_OF_FULL_SUN * make.rated_w, BATTERY: 220 * make.capacity_wh}.get(
            kind, 0.35 * 8760 * site.load_peak_w
        )
        lifetime_wh = years * yearly_wh if commissioned else 0.5 * make.rated_w
        absorbed_share = {PV: 0.0, BATTERY: 1.11, METER: 1.0}[kind]
        dc_rated_w = round(make.rated_w * rng.uniform(1.1, 1.3)) if kind == PV else 0
        device = DeviceSpec(
            key=f"{site.key}-{kind}",
            site=site.key,
            kind=kind,
            generation=generation,
            host=HOST,
            port=self.next_port,
            unit=rng.choice((2, 3, 10, 126)) if rng.random() < 0.1 else 1,
            base=rng.choices((40_000, 0, 50_000), (0.86, 0.07, 0.07))[0],
            manufacturer=make.manufacturer,
            model=make.model,
            version=make.version,
            serial_number=f"{make.manufacturer[:2].upper()}{rng.randrange(10**9):09d}",
            rated_w=make.rated_w,
            rated_va=make.rated_va,
            label_rated_w=make.rated_w,
            phases=site.phase,
            feeder=site.feeder,
            dc_rated_w=dc_rated_w,
            tilt_deg=round(rng.uniform(10, 38), 1),
            azimuth_deg=round(rng.gauss(self.towards_noon_deg, 35) % 360, 1),
            capacity_wh=make.capacity_wh,
            charge_max_w=make.rated_w if kind == BATTERY else 0,
            discharge_max_w=make.rated_w if kind == BATTERY else 0,
            ramp_pct_s=make.ramp_pct_s,
            percent_sf=make.percent_sf,
            common_length=make.common_length,
            injected_wh=round(lifetime_wh * (0.3 if kind == METER else 1.0)) + 1,
            absorbed_wh=round(lifetime_wh * absorbed_share) + (kind != PV),
            soc_pct=round(rng.uniform(35, 75), 1) if kind == BATTERY else 0.0,
            commissioned=commissioned,
        )
        self.devices.append(device)
        self.next_port += 1
        return device


def describe_fleet(
    *,
    count: int,
    seed: int,
    base_port: int,
    control_port: int,
    latitude: float,
    longitude: float,
    weather: str = "fair",
    gateways: int = 0,
) -> Fleet:
    """Describe `count` devices in service and the spare ones waiting for commissioning."""
    if count < 4:
        raise FleetError(f"--count {count}: a fleet needs at least 4 devices")
    last = base_port + count + EXTRA_DEVICES + gateways
    if base_port < 1024 or last > 65_535:
        raise FleetError(f"--base-port {base_port}: ports {base_port}-{last} must be in 1024-65535")
    rng = Random(seed)  # noqa: S311 - a fleet made up from a seed, nothing secret
    builder = _Builder(rng, latitude, longitude, base_port)
    _add_fleet(builder, count)
    _add_applicants(builder)
    for number in range(1, gateways + 1):
        _add_gateway(builder, number)
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


def _add_fleet(builder: _Builder, count: int) -> None:
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
    builder: _Builder, site: SiteSpec, generation: str, *, commissioned: bool
) -> DeviceSpec:
    make = catalogue.METER_THREE if site.phase == "ABC" else catalogue.METER_SINGLE
    return builder.add_device(site, METER, make, generation, commissioned=commissioned)


def _add_applicants(builder: _Builder) -> None:
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


def _add_gateway(builder: _Builder, number: int) -> None:
    """One port with many units behind it, some of which do not answer any more."""
    port, feeder = builder.next_port, FEEDERS[number % len(FEEDERS)]
    for unit in range(1, GATEWAY_UNITS + 1):
        site = builder.add_site(f"gateway{number}-{unit:02d}", feeder, "ABC"[unit % 3])
        kind, make = (BATTERY, catalogue.ADA_BATTERY) if unit % 5 == 0 else (PV, catalogue.SPARE_PV)
        builder.add_device(site, kind, make, IEEE1547_2018)
        fault = DEAD_UNITS.get(unit, "")
        builder.devices[-1] = replace(
            builder.devices[-1], port=port, unit=unit, base=40_000, fault=fault
        )
    builder.next_port = port + 1


def _plain_address(builder: _Builder) -> None:
    builder.devices[-1] = replace(builder.devices[-1], unit=1, base=40_000)
