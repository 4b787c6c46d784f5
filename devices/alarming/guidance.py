"""For each kind of alarm: what it usually comes from, what follows from it, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Guidance:
    """What an operator needs to know at once; `within_min` is the time there is to act."""

    cause: str
    consequence: str
    action: str
    within_min: int


UNKNOWN = Guidance(
    "Not written down.",
    "Not written down.",
    "Look at the device's page, and tell engineering that this kind of alarm needs words.",
    60,
)
GUIDANCE: Mapping[str, Guidance] = {
    "lost_communication": Guidance(
        "The device, its router or the line to it is down, or it answers somebody else.",
        "Its values are old and no command reaches it. What it was told last runs out by itself "
        "at its reversion time.",
        "See whether its neighbours answer: many lost at once are one cause, at the gateway or on "
        "the line. One alone: ask the customer to look at power and network; order a visit when "
        "it stays silent for a day.",
        60,
    ),
    "gateway_silent": Guidance(
        "The worker that talks to this zone ended, or cannot reach the database.",
        "Nobody polls or commands the zone. Devices fall back to their defaults at their "
        "reversion times.",
        "Start the gateway worker of the zone again, or its standby; look at the table of "
        "gateways. Do not dispatch groups of the zone until it serves.",
        5,
    ),
    "command_failed": Guidance(
        "The device refused the command, or did not hold it when it was read back.",
        "The group delivers less than was asked for; dispatch asks the other members.",
        "Read the reason in the device's command history. Out of range or local control: settle "
        "it with the customer. Otherwise send the command again once the device answers.",
        15,
    ),
    "setting_drift": Guidance(
        "Somebody changed a setting at the device, or new firmware put it back.",
        "The device acts otherwise than was studied and approved.",
        "Compare asked and found on the device's page. Send the approved setting again, or tell "
        "engineering to approve what was found.",
        240,
    ),
    "voltage_high": Guidance(
        "Much injection at little load, a regulator or capacitor in the wrong position, or a "
        "broken neutral.",
        "Appliances age and inverters trip; beyond the limit the utility owes remedy.",
        "Look at the feeder: many at once point to the regulator, one alone to its service. Lower "
        "injection or absorb reactive power in the group there.",
        10,
    ),
    "voltage_low": Guidance(
        "Much load, a long or loose connection, or a regulator in the wrong position.",
        "Motors run hot, inverters trip, and the voltage falls further.",
        "Look at the feeder: many at once point to the regulator, one alone to its service. Inject "
        "more, or reactive power, in the group there.",
        10,
    ),
    "frequency_high": Guidance(
        "More generation than load in the interconnection, or in an island that nobody wanted.",
        "Inverters reduce and then trip by themselves.",
        "One device alone: doubt its measurement. Many: ask the balancing authority; one feeder "
        "only: suspect an island and check its breaker.",
        5,
    ),
    "frequency_low": Guidance(
        "Less generation than load in the interconnection, or in an island that nobody wanted.",
        "Under-frequency load shedding, and inverters trip.",
        "One device alone: doubt its measurement. Many: ask the balancing authority, stop charging "
        "batteries; one feeder only: suspect an island and check its breaker.",
        5,
    ),
    "overload": Guidance(
        "The device runs beyond its registered rating: a wrong registration, or changed equipment.",
        "What was studied does not hold any more; fuses and transformer may be overloaded.",
        "Compare registered and reported nameplate on the device's page; limit it to its rating "
        "until engineering has decided.",
        30,
    ),
    "charge_low": Guidance(
        "Long discharging, or a battery that does not charge.",
        "It cannot deliver any more and leaves the dispatch.",
        "Let it recharge outside of peak times, or take it out of the dispatch.",
        60,
    ),
    "charge_high": Guidance(
        "Long charging, or a battery that does not discharge.",
        "It cannot take up energy any more.",
        "Discharge before the next time that room is needed.",
        120,
    ),
    "clock_off": Guidance(
        "The device has lost its time source.",
        "Its own records and schedules are off; ours are not, as we stamp values ourselves.",
        "Set its time source right at the next visit; do not use schedules of the device.",
        1440,
    ),
    "local_control": Guidance(
        "Somebody switched the device to local control.",
        "It ignores every command; dispatch plans without it.",
        "Ask whoever is there. Tagged for work: leave it. Otherwise ask to have it switched back.",
        60,
    ),
    "wrong_device": Guidance(
        "A device was replaced, or addresses were swapped.",
        "Nothing is commanded, as nobody knows what would act.",
        "Find out what stands there, and have the register set right before confirming it.",
        240,
    ),
    "device_fault": Guidance(
        "The device says that a part of it is broken, or that it is in the fault state.",
        "It may stop at any time, or has stopped.",
        "Look at its state and power. Tell the customer; order a visit when it has stopped.",
        60,
    ),
    "protection_trip": Guidance(
        "A protection function opened: voltage, frequency, ground fault or DC side.",
        "It injects nothing until the grid is back within its enter-service limits; a ground "
        "fault may be a danger to people.",
        "Many on one feeder: look for a grid event first. Ground fault or arc: leave it off, tell "
        "the customer at once not to touch it, order a visit.",
        10,
    ),
    "device_warning": Guidance(
        "The device tells of something unusual that does not stop it, or was stopped by hand.",
        "None yet.",
        "Note it for the next visit; shelve it when it is known and waits for one.",
        1440,
    ),
}


def guidance_for(kind: str) -> Guidance:
    return GUIDANCE.get(kind, UNKNOWN)
