"""A fleet at work: the plant, the machines' registers and what is due when. Time is given."""

from heapq import heappop, heappush
from math import isinf, isnan
from typing import Any

from simulators.errors import FleetError
from simulators.fleet import BATTERY, METER, DeviceSpec, Fleet
from simulators.maps.building import build_devices
from simulators.maps.device import Device, Event
from simulators.maps.identity import nominal_v
from simulators.maps.supervision import is_beat
from simulators.physics.plant import Plant
from simulators.running.journal import Journal


def delivered(spec: DeviceSpec) -> dict[tuple[int, str], float]:
    """The points a machine's description sets; raises FleetError for a badly written name."""
    values = {}
    for name, value in spec.points.items():
        model, _, point = name.partition(".")
        if not model.isdecimal() or not point:
            raise FleetError(f"{spec.key}: {name!r} is no point; write it as in 704.WMaxLimPct")
        values[int(model), point] = float(value)
    return values


class Simulation:
    """What a Modbus client can do to the fleet, and what the fleet does by itself."""

    def __init__(
        self, fleet: Fleet, t: float, weather: str | None = None, journal: Journal | None = None
    ) -> None:
        self.fleet, self.journal = fleet, journal or Journal()
        self.plant = Plant(fleet, t, weather)
        self.devices = build_devices(fleet, self.plant, t)
        self._due: list[Event] = []
        for device in self.devices:
            for (model, name), value in delivered(device.spec).items():
                if device.registers.layout.points.get((model, name)) is None:
                    raise FleetError(f"{device.spec.key} has no point {model}.{name}")
                device.registers.set(model, name, value)
            device.delivered = bytes(device.registers.image)
            for control in device.controls.all:
                control.apply(device, self.plant, t)
            for name, value in device.personality.shown:
                number, _, point = name.partition(".")
                if (int(number), point) in device.registers.layout.points:
                    device.registers.set(int(number), point, value)

    def device(self, key: str) -> Device:
        index = self.plant.index.get(key)
        if index is None:
            raise FleetError(f"no device {key!r} in this fleet; see the keys with: status")
        return self.devices[index]

    def advance(self, t: float) -> None:
        """Go on to t, doing on the way what is due."""
        while self._due and self._due[0].at <= t:
            event = heappop(self._due)
            device = self.device(event.key)
            self.plant.advance(event.at)
            if device.happen(event, self.plant, event.at) and event.is_reversion:
                self.journal.record(event.at, "reversion", key=event.key, control=event.control)
            self._write_down(device, event.at)
        self.plant.advance(t)

    def _write_down(self, device: Device, t: float) -> None:
        for name, facts in device.said:
            self.journal.record(t, name, key=device.spec.key, **facts)
        device.said.clear()

    def schedule(self, events: list[Event]) -> None:
        for event in events:
            heappush(self._due, event)

    def write(self, device: Device, address: int, words: bytes, t: float) -> int:
        """Return the Modbus exception, 0 when accepted; signs of life are not written down."""
        offset = address - device.spec.base
        exception, events = device.write(offset, words, self.plant, t)
        self.schedule(events)
        if exception == 0 and is_beat(device, offset, len(words) // 2):
            return exception
        self.journal.record(
            t,
            "write",
            key=device.spec.key,
            unit=device.spec.unit,
            addr=address,
            registers=[int.from_bytes(words[k : k + 2], "big") for k in range(0, len(words), 2)],
            accepted=exception == 0,
            exception=exception,
        )
        self._write_down(device, t)
        return exception

    def record_truth(self) -> None:
        """Write every device's truth into the journal."""
        if not self.journal.is_open:
            return
        sums, now = self.plant.counters, self.plant.now
        for i, spec in enumerate(self.fleet.devices):
            self.journal.record(
                self.plant.t,
                "truth",
                key=spec.key,
                output_w=round(float(now.output_w[i]), 2),
                available_w=round(float(now.available_w[i]), 2),
                energy_injected_wh=round(float(sums.injected_wh[i]), 4),
                energy_absorbed_wh=round(float(sums.absorbed_wh[i]), 4),
                curtailed_wh=round(float(sums.curtailed_wh[i]), 4),
            )
        self.journal.flush()

    def status(self, device: Device) -> dict[str, Any]:
        """The truth about one device; powers positive = injection, meters included."""
        plant, i, spec = self.plant, device.index, device.spec
        now, own, sums = plant.now, plant.settings, plant.counters
        limit = float(now.limit_w[i])
        facts: dict[str, Any] = {
            "key": spec.key,
            "kind": spec.kind,
            "t": plant.t,
            "output_w": round(float(now.output_w[i]), 3),
            "output_var": round(float(now.output_var[i]), 3),
            "voltage_v": round(float(now.voltage_pu[i]) * nominal_v(spec)[0], 3),
            "frequency_hz": round(float(now.frequency_hz[i]), 4),
            "energy_injected_wh": round(float(sums.injected_wh[i]), 3),
            "energy_absorbed_wh": round(float(sums.absorbed_wh[i]), 3),
        }
        if spec.kind == METER:
            return facts | {"load_w": round(float(now.load_w[plant.site[i]]), 3)}
        set_w = float(own.set_w[i])
        facts |= {
            "available_w": round(float(now.available_w[i]), 3),
            "curtailed_wh": round(float(sums.curtailed_wh[i]), 4),
            "in_service": bool(now.in_service[i]),
            "w_max": float(own.w_max[i]),
            "limit_w": round(limit, 3) if now.limited[i] else None,
            "limit_pct": None if isinf(own.limit_frac[i]) else 100 * float(own.limit_frac[i]),
            "set_w": None if isnan(set_w) else set_w,
            "reversion_s": {k: max(at - plant.t, 0.0) for k, at in device.deadlines.items()},
        }
        if spec.kind == BATTERY:
            facts["soc_pct"] = round(self.soc_pct(i), 4)
        return facts

    def soc_pct(self, index: int) -> float:
        place = int((self.plant.battery == index).argmax())
        stored = self.plant.batteries
        return 100 * float(stored.stored_wh[place] / stored.capacity_wh[place])

    def set_soc_pct(self, key: str, soc_pct: float) -> None:
        device = self.device(key)
        place = int((self.plant.battery == device.index).argmax())
        batteries = self.plant.batteries
        batteries.stored_wh[place] = soc_pct / 100 * batteries.capacity_wh[place]
        device.bank.fresh = -1
