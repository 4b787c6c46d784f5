"""Circuits as studies need them: the current version of a feeder with what is connected (IC-4)."""

import json
import zlib
from dataclasses import dataclass, replace

from derms.lib.wire import from_data
from interconnection.models import DER, Feeder, NetworkVersion, ServiceConnection
from interconnection.powerflow.circuit import Circuit, Inverter, Terminal
from interconnection.powerflow.facts import nodes
from interconnection.statuses import Technology

SQRT3 = 3**0.5


@dataclass(frozen=True, slots=True)
class ConnectedCircuit:
    """`left_out` are DER whose bus the version does not have, in words."""

    version: NetworkVersion
    circuit: Circuit
    left_out: tuple[str, ...]


def current_version(name: str) -> NetworkVersion | None:
    return NetworkVersion.objects.filter(name=name).order_by("-number").first()


def circuit_of(version: NetworkVersion) -> Circuit:
    return from_data(Circuit, json.loads(zlib.decompress(bytes(version.circuit))))


def with_connected_der(version: NetworkVersion) -> ConnectedCircuit:
    """The version's circuit with every DER in service at its service point's bus."""
    circuit = circuit_of(version)
    feeder = Feeder.objects.filter(name=version.name).first()
    connected = DER.objects.filter(retired_at__isnull=True) if feeder else DER.objects.none()
    at = {
        connection.usage_point_id: connection
        for connection in ServiceConnection.objects.filter(
            transformer__bus__feeder=feeder
        ).select_related("transformer__bus")
    }
    buses = set(circuit.buses)
    inverters, left_out = [], []
    for der in connected.filter(usage_point__in=at).order_by("pk"):
        place = at[der.usage_point_id].transformer
        if place.bus.name not in buses:
            left_out.append(f"{der}: bus {place.bus.name} is not in version {version.number}")
            continue
        inverters.append(_inverter(der, place.bus.name, place.phases, place.bus.nominal_voltage_v))
    whole = replace(circuit, inverters=(*circuit.inverters, *inverters))
    return ConnectedCircuit(version, whole, tuple(left_out))


def _inverter(der: DER, bus: str, phases: str, nominal_voltage_v: int) -> Inverter:
    three = len(phases) == 3
    return Inverter(
        name=f"DER {der.pk}",
        terminal=Terminal(bus, nodes(phases)),
        phases=len(phases),
        rated_voltage_v=nominal_voltage_v if three else nominal_voltage_v / SQRT3,
        rated_va=float(der.apparent_power_max_rating_va),
        rated_w=float(der.active_power_rating_at_unity_power_factor_w),
        profile="solar" if der.technology == Technology.PHOTOVOLTAIC else "flat",
    )
