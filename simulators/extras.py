"""What a described fleet may have besides: gateways with many units, and a zoo of odd machines."""

from dataclasses import dataclass, replace

from simulators import catalogue
from simulators.catalogue import Make
from simulators.fleet import BATTERY, IEEE1547_2018, LEGACY, METER, PV
from simulators.personalities import PERSONALITIES, PLAIN
from simulators.town import FEEDERS, Builder

GATEWAY_UNITS = 30
CONTROL_MODELS = (120, 121, 122, 123)
# What a personality is shown on where a solar inverter of the older half would not do.
ZOO: dict[str, tuple[str, str, Make, tuple[int, ...]]] = {
    "fronius": (BATTERY, LEGACY, catalogue.LEGACY_BATTERY[0], ()),
    "outback": (METER, LEGACY, catalogue.METER_SINGLE, (202,)),
    "strict-local": (PV, IEEE1547_2018, catalogue.SPARE_PV, ()),
    "slow-adoption": (PV, IEEE1547_2018, catalogue.SPARE_PV, ()),
}
# Whom a mixed fleet has behind its gateways, and how its first machines were set on site.
SHOWCASE_GATEWAYS = (("IEEE13", PV, 12), ("IEEE13", BATTERY, 8), ("HARBOUR", PV, 8))
SHOWCASE_POINTS: tuple[dict[str, float], ...] = (
    {"705.Ena": 1},
    {"705.Ena": 1, "706.Ena": 1},
    {"711.Ena": 1},
    {"715.LocRemCtl": 1},
    {"704.WRmp": 5, "703.ESDlyTms": 300},
)
ZOO_PORTS = len(PERSONALITIES) + 13
# Some gateways keep silent about a dead unit, others answer for it.
DEAD_UNITS = {7: "silent", 13: "silent", 19: "exception:11", 22: "silent", 28: "exception:11"}


@dataclass(frozen=True, slots=True)
class Extras:
    """How much of it."""

    gateways: int = 0
    zoo: bool = False
    showcase: bool = False

    @property
    def ports(self) -> int:
        return self.gateways + (ZOO_PORTS if self.zoo else 0)


NO_EXTRAS = Extras()


def add_extras(builder: Builder, extras: Extras) -> None:
    for number in range(1, extras.gateways + 1):
        _add_gateway(builder, number)
    if extras.zoo:
        _add_zoo(builder)
    if extras.showcase:
        arrange_showcase(builder)


def arrange_showcase(builder: Builder) -> None:
    """Make a fleet as mixed as real ones: some behind gateways, some with curves, one at local."""
    for feeder, kind, size in SHOWCASE_GATEWAYS:
        found = [
            i
            for i, device in enumerate(builder.devices)
            if device.commissioned and (device.feeder, device.kind) == (feeder, kind)
            and not device.gateway
        ]  # fmt: skip
        # A small fleet keeps most of its machines to themselves.
        members = found[: min(size, len(found) // 2)]
        for unit, i in enumerate(members, start=1):
            builder.devices[i] = replace(
                builder.devices[i], port=builder.devices[members[0]].port, unit=unit,
                base=40_000, gateway="plain",
            )  # fmt: skip
    alone = [
        i
        for i, device in enumerate(builder.devices)
        if device.commissioned and device.feeder == "IEEE13" and device.kind == PV
        and device.generation == IEEE1547_2018 and not device.gateway
    ]  # fmt: skip
    for i, points in zip(alone, SHOWCASE_POINTS, strict=False):
        builder.devices[i] = replace(builder.devices[i], points=dict(points))
    for i, device in enumerate(builder.devices):
        if device.kind == BATTERY and device.generation == IEEE1547_2018:
            builder.devices[i] = replace(device, heartbeat_timeout_s=120)


def _add_gateway(builder: Builder, number: int) -> None:
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


def _add_zoo(builder: Builder) -> None:
    """One machine of every personality, and of every measuring model the fleet has not got."""
    for name in PERSONALITIES:
        if PERSONALITIES[name] == PLAIN:
            continue
        kind, generation, make, models = ZOO.get(name, (PV, LEGACY, catalogue.LEGACY_PV[0], ()))
        _add_to_zoo(builder, name, kind, generation, make, models=models, personality=name)
    for model in (101, 102, 111, 112, 113):
        phases = "ABC" if model == 113 else "A"
        models = (model, *CONTROL_MODELS)
        make = catalogue.LEGACY_PV[0]
        _add_to_zoo(builder, str(model), PV, LEGACY, make, models=models, phases=phases)
    for model in (201, 202, 203, 204, 211, 212, 213, 214):
        phases = "ABC" if model % 10 > 2 else "A"
        make = catalogue.METER_THREE if phases == "ABC" else catalogue.METER_SINGLE
        _add_to_zoo(builder, str(model), METER, LEGACY, make, models=(model,), phases=phases)


def _add_to_zoo(
    builder: Builder,
    name: str,
    kind: str,
    generation: str,
    make: Make,
    *,
    models: tuple[int, ...],
    phases: str = "ABC",
    personality: str = "",
) -> None:
    site = builder.add_site(f"zoo-{name}", "MILLBROOK", phases)
    builder.add_device(site, kind, make, generation)
    builder.devices[-1] = replace(
        builder.devices[-1], key=site.key, models=models, personality=personality, unit=1,
        base=40_000,
    )  # fmt: skip
