"""Limits with dead-band and delay: what is watched, in which unit, and the values to begin with.

An alarm is raised when the value has been beyond the limit for `delay_on_s`, and returns when it
has been back by the dead-band for `delay_off_s`. A value in the dead-band changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Watched:
    """A quantity with one limit; `sign` is 1 when more is worse and -1 when less is."""

    kind: str
    label: str
    unit: str
    sign: int
    lowest: float
    highest: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What holds for a kind of alarm at some place; units are those of `WATCHED`."""

    kind: str
    limit: float
    dead_band: float
    delay_on_s: int
    delay_off_s: int
    priority: int
    is_enabled: bool = True


WATCHED: Mapping[str, Watched] = {
    one.kind: one
    for one in (
        Watched(
            "voltage_high", "Voltage above", "% of nominal", 1, 100, 150,
            "ANSI C84.1-2020, service voltage, range B: 127 V of 120 V",
        ),
        Watched(
            "voltage_low", "Voltage below", "% of nominal", -1, 20, 100,
            "ANSI C84.1-2020, service voltage, range B: 110 V of 120 V",
        ),
        Watched(
            "frequency_high", "Frequency above", "Hz", 1, 45, 70,
            "half a hertz above nominal, well before IEEE 1547-2018 must-trip (OF1)",
        ),
        Watched(
            "frequency_low", "Frequency below", "Hz", -1, 40, 65,
            "half a hertz below nominal, before under-frequency load shedding",
        ),
        Watched(
            "overload", "Apparent power above", "% of rating", 1, 50, 300,
            "5 % above the registered apparent power rating",
        ),
        Watched(
            "charge_low", "State of charge below", "%", -1, 0, 100,
            "what a battery keeps for itself",
        ),
        Watched(
            "charge_high", "State of charge above", "%", 1, 0, 100,
            "off to begin with: a full battery needs nobody",
        ),
        Watched(
            "clock_off", "Clock differs by more than", "s", 1, 1, 86_400,
            "records of a device are told apart by the second",
        ),
    )
}  # fmt: skip


def first_limits(nominal_frequency_hz: float) -> tuple[Limit, ...]:
    """What holds for the whole fleet until an engineer decides otherwise."""
    above_hz, below_hz = nominal_frequency_hz + 0.5, nominal_frequency_hz - 0.5
    # kind, limit, dead-band, delay on and off in s, priority, whether it is on
    rows = (
        ("voltage_high", 105.8, 0.5, 60, 60, 2, True),
        ("voltage_low", 91.7, 0.5, 60, 60, 2, True),
        ("frequency_high", above_hz, 0.1, 10, 30, 2, True),
        ("frequency_low", below_hz, 0.1, 10, 30, 2, True),
        ("overload", 105.0, 3.0, 60, 60, 3, True),
        ("charge_low", 5.0, 2.0, 60, 60, 4, True),
        ("charge_high", 98.0, 2.0, 60, 60, 4, False),
        ("clock_off", 30.0, 5.0, 0, 0, 4, True),
    )
    return tuple(
        Limit(
            kind=kind,
            limit=limit,
            dead_band=dead_band,
            delay_on_s=on_s,
            delay_off_s=off_s,
            priority=priority,
            is_enabled=is_enabled,
        )
        for kind, limit, dead_band, on_s, off_s, priority, is_enabled in rows
    )


def problems(given: Limit) -> dict[str, str]:
    """What cannot be right, beside the field it belongs to; empty when all is well."""
    watched = WATCHED[given.kind]
    found = {}
    if not watched.lowest <= given.limit <= watched.highest:
        found["limit"] = (
            f"A limit for this lies between {watched.lowest:g} and {watched.highest:g} "
            f"{watched.unit}."
        )
    room = given.limit if watched.sign > 0 else watched.highest - given.limit
    if not 0 <= given.dead_band <= room:
        found["dead_band"] = f"The dead-band lies between 0 and {room:g} {watched.unit}."
    return found
