"""Builds the devices of a fleet: which map each has, and one bank for all that share a layout."""

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np

from simulators.errors import FleetError
from simulators.fleet import LEGACY, METER, DeviceSpec, Fleet
from simulators.maps.bank import Bank
from simulators.maps.definitions import Layout, Oddities
from simulators.maps.der1547 import Der1547Inverter
from simulators.maps.device import Controls, Device, Face
from simulators.maps.identity import describe_identity
from simulators.maps.legacy import LegacyInverter
from simulators.maps.meter import Meter, WrongMap
from simulators.maps.registers import Range, Registers
from simulators.personalities import Personality
from simulators.physics.plant import Plant

FACES: dict[str, Face] = {
    "legacy": LegacyInverter(),
    "new": Der1547Inverter(),
    "meter": Meter(),
    "wrong": WrongMap(),
}


def face_of(spec: DeviceSpec) -> Face:
    if not spec.sunspec:
        return FACES["wrong"]
    if spec.kind == METER:
        return FACES["meter"]
    return FACES["legacy" if spec.generation == LEGACY else "new"]


def oddities_of(spec: DeviceSpec, personality: Personality) -> Oddities:
    return Oddities(
        common_length=spec.common_length,
        missing_scale_factors=personality.missing_scale_factors,
        length_changes=personality.length_changes,
        vendor_models=personality.vendor_models,
    )


@dataclass(frozen=True, slots=True)
class _Template:
    """A machine as delivered, before it got a serial number."""

    layout: Layout
    image: bytes
    ranges: dict[tuple[int, str], Range]


class _Builder:
    def __init__(self) -> None:
        self._templates: dict[Hashable, _Template] = {}
        self.controls: dict[int, Controls] = {}

    def template(self, spec: DeviceSpec, personality: Personality) -> _Template:
        trait = (
            spec.kind, spec.generation, spec.model, spec.rated_w, spec.rated_va, spec.phases,
            spec.capacity_wh, spec.charge_max_w, spec.discharge_max_w, spec.ramp_pct_s,
            spec.percent_sf, spec.common_length, spec.sunspec, spec.models, id(personality),
        )  # fmt: skip
        if trait not in self._templates:
            self._templates[trait] = self._make(spec, personality)
        return self._templates[trait]

    def _make(self, spec: DeviceSpec, personality: Personality) -> _Template:
        face = face_of(spec)
        try:
            layout = face.layout(spec, oddities_of(spec, personality))
        except (FileNotFoundError, KeyError) as error:
            raise FleetError(
                f"{spec.key}: models {spec.models} cannot be laid out: {error}"
            ) from error
        registers = Registers.of(layout)
        face.describe(spec, registers)
        return _Template(layout, bytes(registers.image), registers.ranges)

    def controls_of(self, face: Face, layout: Layout) -> Controls:
        if id(layout) not in self.controls:
            models = frozenset(model for model, _ in layout.points)
            self.controls[id(layout)] = Controls(face.controls, models)
        return self.controls[id(layout)]


def build_devices(fleet: Fleet, plant: Plant, t: float) -> list[Device]:
    """Every device of the fleet, in its order."""
    builder = _Builder()
    banks: dict[Hashable, list[int]] = {}
    templates = []
    for i, spec in enumerate(fleet.devices):
        template = builder.template(spec, fleet.personality(spec))
        templates.append(template)
        like = (id(template.layout), spec.kind, spec.phases == "ABC", id(fleet.personality(spec)))
        banks.setdefault(like, []).append(i)
    devices: dict[int, Device] = {}
    for rows in banks.values():
        bank = Bank(templates[rows[0]].layout, np.array(rows, dtype=np.int64))
        for place, i in enumerate(rows):
            devices[i] = _place(fleet, builder, bank, place, i, templates[i], t)
    return [devices[i] for i in range(len(fleet.devices))]


def _place(
    fleet: Fleet, builder: _Builder, bank: Bank, place: int, index: int, template: _Template,
    t: float,
) -> Device:  # fmt: skip
    spec = fleet.devices[index]
    face, personality = face_of(spec), fleet.personality(spec)
    registers = Registers(template.layout, bank.row(place), template.ranges)
    registers.image[:] = template.image
    if spec.sunspec:
        describe_identity(spec, registers, personality)
    device = Device(
        index=index, spec=spec, face=face, bank=bank, registers=registers, personality=personality,
        started=t, controls=builder.controls_of(face, template.layout),
    )  # fmt: skip
    bank.devices.append(device)
    return device
