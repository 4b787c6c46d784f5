"""The register as a list is compared with it: devices, service points, DER, open applications."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

Place = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class RegisteredDevice:
    """A device in service."""

    id: int
    serial_number: str
    manufacturer: str
    model: str
    kind: str
    usage_point_id: int
    meter_number: str
    der_id: int | None
    host: str
    port: int
    unit: int
    zone: str
    poll_period_s: float

    @property
    def words(self) -> str:
        return f"{self.manufacturer} {self.model} {self.serial_number}"

    @property
    def place(self) -> Place:
        return (self.host, self.port, self.unit)


@dataclass(frozen=True, slots=True)
class RegisteredDER:
    """A DER at a service point; `kind` is that of the device it needs."""

    id: int
    mrid: str
    name: str
    reference: str
    kind: str
    usage_point_id: int
    manufacturer: str
    serial_number: str


@dataclass(frozen=True, slots=True)
class RegisteredPoint:
    """A service point, and the zone of the feeder that it is on; empty when it is on none."""

    id: int
    meter_number: str
    zone: str
    ders: tuple[RegisteredDER, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenUnit:
    """A unit of an application that has not ended."""

    manufacturer: str
    serial_number: str
    reference: str


@dataclass(frozen=True)
class RegisterImage:
    """`points` by meter number in upper case; `open_units` by what their serial number looks
    like; `commanded` are devices that a command holds now.
    """

    devices: tuple[RegisteredDevice, ...] = ()
    points: Mapping[str, RegisteredPoint] = field(default_factory=dict)
    zones: frozenset[str] = frozenset()
    open_units: Mapping[str, tuple[OpenUnit, ...]] = field(default_factory=dict)
    commanded: frozenset[int] = frozenset()

    @cached_property
    def device_of_der(self) -> Mapping[int, RegisteredDevice]:
        return {device.der_id: device for device in self.devices if device.der_id is not None}
