"""The port of simulated devices: one, or many units behind a gateway."""

from simulators.errors import FleetError
from simulators.maps.device import Device
from simulators.personalities import Personality
from simulators.running.simulation import Simulation
from simulators.wire.delay import DelayLines
from simulators.wire.faults import BAD_FIRMWARE, NONE, split_fault
from simulators.wire.port import Clock, Port


class Endpoint(Port):
    """The port of simulated devices."""

    def __init__(
        self, simulation: Simulation, clock: Clock, wall: Clock, habits: Personality,
        usual_ms: int, lines: DelayLines,
    ) -> None:  # fmt: skip
        super().__init__(wall, habits, usual_ms, lines)
        self.simulation, self.clock, self.plant = simulation, clock, simulation.plant
        self.units: dict[int, Device] = {}

    def add(self, device: Device) -> None:
        unit, spec = device.spec.unit, device.spec
        if unit in self.units:
            raise FleetError(
                f"{spec.key} and {self.units[unit].spec.key} are both unit {unit} on "
                f"{spec.host}:{spec.port}; give one of them another unit or port"
            )
        self.units[unit] = device
        self.set_fault(unit, *split_fault(spec.fault or NONE))

    def set_fault(self, unit: int, kind: str, number: int | None) -> None:
        before, device = self.faults.get(unit), self.units[unit]
        super().set_fault(unit, kind, number)
        if before and before.kind == BAD_FIRMWARE:
            device.registers.mend(device.spec.version)
            device.bank.fresh = -1
        if kind == BAD_FIRMWARE:
            device.registers.break_firmware()

    def has(self, unit: int) -> bool:
        return unit in self.units

    def _device(self, unit: int) -> Device:
        """The unit asked, or the only one there is for ports that answer to any number."""
        found = self.units.get(unit)
        return found if found is not None else next(iter(self.units.values()))

    def read(self, unit: int, address: int, count: int) -> bytes | None:
        device = self._device(unit)
        return device.read(address - device.spec.base, count, self.plant)

    def quick_read(self, unit: int, address: int, count: int) -> bytes | None:
        device = self.units.get(unit)
        if device is None:
            return None
        return device.read(address - device.spec.base, count, self.plant)

    def write(self, unit: int, address: int, words: bytes) -> int:
        return self.simulation.write(self._device(unit), address, words, self.clock())
