"""Sites and machines as they are made up one after another."""

from dataclasses import dataclass, field
from random import Random

from simulators.catalogue import Make
from simulators.fleet import BATTERY, LEGACY, METER, PV, DeviceSpec, SiteSpec

FEEDERS = ("IEEE13", "MILLBROOK", "HARBOUR")
HOST = "127.0.0.1"
HOURS_OF_FULL_SUN = 1350


@dataclass(slots=True)
class Builder:
    """Draws sites and machines from one source of chance; ports in a row."""

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
