"""What a fleet consists of: sites and their devices, as stored in fleet.json."""

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from simulators.errors import FleetError
from simulators.personalities import Cast, Personality, read_personalities

LEGACY = "legacy"
IEEE1547_2018 = "ieee1547_2018"
PV, BATTERY, METER = "pv", "battery", "meter"


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSpec:
    """A customer's premises: its place on the network and how much it uses."""

    key: str
    feeder: str
    phase: str
    load_peak_w: float
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSpec:
    """One Modbus TCP endpoint and the machine behind it."""

    key: str
    site: str
    kind: str
    generation: str
    host: str
    port: int
    unit: int
    base: int
    manufacturer: str
    model: str
    version: str
    serial_number: str
    rated_w: int
    rated_va: int
    phases: str
    feeder: str
    label_rated_w: int = 0
    dc_rated_w: int = 0
    tilt_deg: float = 0.0
    azimuth_deg: float = 180.0
    capacity_wh: int = 0
    charge_max_w: int = 0
    discharge_max_w: int = 0
    ramp_pct_s: int = 100
    percent_sf: int = -2
    common_length: int = 66
    injected_wh: int = 0
    absorbed_wh: int = 0
    soc_pct: float = 50.0
    sunspec: bool = True
    commissioned: bool = True
    models: tuple[int, ...] = ()
    heartbeat_timeout_s: int = 0
    fault: str = ""
    personality: str = ""
    gateway: str = ""
    points: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fleet:
    """A whole simulated fleet; the same seed always gives the same one."""

    seed: int
    latitude: float
    longitude: float
    weather: str
    control_host: str
    control_port: int
    devices: tuple[DeviceSpec, ...]
    sites: tuple[SiteSpec, ...]
    cast: Cast = field(default_factory=Cast)

    def personality(self, spec: DeviceSpec) -> Personality:
        return self.cast.named(spec.personality, spec.key)

    def gateway(self, spec: DeviceSpec) -> Personality:
        """The habits of the port a device is behind; its own where nothing else is said."""
        return self.cast.named(spec.gateway or spec.personality, spec.key)

    def to_json(self) -> dict[str, Any]:
        return {
            "seed": self.seed,
            "latitude": self.latitude,
            "longitude": self.longitude,
            "weather": self.weather,
            "control": {"host": self.control_host, "port": self.control_port},
            "devices": [asdict(device) for device in self.devices],
            "sites": [asdict(site) for site in self.sites],
            "personalities": self.cast.to_json(),
        }


CHOICES = {"kind": (PV, BATTERY, METER), "generation": (LEGACY, IEEE1547_2018)}


def _known(kind: type, row: dict[str, Any]) -> dict[str, Any]:
    """Refuse what nobody would read: a misspelt name must not be silently without effect."""
    names = {f.name for f in fields(kind)}
    if unknown := sorted(set(row) - names):
        raise ValueError(f"{row.get('key', 'an entry')} has no {', '.join(unknown)}")
    return row


def _device(row: dict[str, Any]) -> DeviceSpec:
    known = _known(DeviceSpec, row)
    for name, allowed in CHOICES.items():
        if known.get(name) not in allowed:
            raise ValueError(f"{known.get('key')}: {name} is one of {', '.join(allowed)}")
    spec = DeviceSpec(**known | {"models": tuple(known.get("models", ()))})
    if not (0 < spec.port < 65_536 and 0 <= spec.unit < 256):
        raise ValueError(f"{spec.key}: port {spec.port}, unit {spec.unit} is no Modbus address")
    return spec


def load_fleet(path: Path) -> Fleet:
    """Read a description written by `describe`; raises FleetError with the way out."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return Fleet(
            seed=int(document["seed"]),
            latitude=float(document["latitude"]),
            longitude=float(document["longitude"]),
            weather=str(document.get("weather", "fair")),
            control_host=str(document["control"]["host"]),
            control_port=int(document["control"]["port"]),
            devices=tuple(_device(row) for row in document["devices"]),
            sites=tuple(SiteSpec(**_known(SiteSpec, s)) for s in document["sites"]),
            cast=read_personalities(document.get("personalities", {})),
        )
    except FileNotFoundError:
        raise FleetError(
            f"{path} does not exist. Write it with: python -m simulators describe --out {path}"
        ) from None
    except (KeyError, TypeError, ValueError) as error:
        raise FleetError(f"{path} is not a fleet description: {error}") from error


def save_fleet(fleet: Fleet, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(fleet.to_json(), indent=1) + "\n", encoding="utf-8")
