"""How one device is to talk to: what its polls and the last walk say (DV-1, DV-2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from derms.ui.formats import MINUS, age, number
from devices.models import Device, DeviceCondition, ZoneLease

CLOCK_OFF_S = 30.0
HEARTBEAT_OLD = timedelta(seconds=60)
SLOW_MS = 500.0
BUSY_LATENESS_MS = 250.0
# The models this product reads or writes, by SunSpec's own titles.
MODELS: Mapping[int, str] = {
    1: "Common",
    101: "Inverter, single phase", 102: "Inverter, split phase", 103: "Inverter, three phase",
    111: "Inverter, single phase (float)", 112: "Inverter, split phase (float)",
    113: "Inverter, three phase (float)",
    120: "Nameplate", 121: "Basic settings", 122: "Measurements and status",
    123: "Immediate controls", 124: "Storage", 126: "Static volt-var", 127: "Frequency-watt",
    129: "Low voltage ride-through", 130: "High voltage ride-through", 131: "Watt-power factor",
    132: "Volt-watt", 134: "Frequency-watt curve", 135: "Low frequency ride-through",
    136: "High frequency ride-through", 160: "MPPT",
    201: "Meter, single phase", 202: "Meter, split phase", 203: "Meter, wye", 204: "Meter, delta",
    211: "Meter, single phase (float)", 212: "Meter, split phase (float)",
    213: "Meter, wye (float)", 214: "Meter, delta (float)",
    701: "DER AC measurement", 702: "DER capacity", 703: "Enter service", 704: "DER AC controls",
    705: "DER volt-var", 706: "DER volt-watt", 707: "DER trip, low voltage",
    708: "DER trip, high voltage", 709: "DER trip, low frequency",
    710: "DER trip, high frequency", 711: "DER frequency droop", 712: "DER watt-var",
    713: "DER storage capacity", 714: "DER DC measurement", 715: "DER control",
    802: "Battery base model",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fact:
    """One line: `kind` marks what is not as it should be ("", warn, bad)."""

    label: str
    text: str
    kind: str = ""
    at: datetime | None = None
    at_word: str = ""


@dataclass(frozen=True, slots=True)
class ModelFound:
    """One information model of the last walk."""

    id: int
    name: str
    address: int | None
    length: int | None


@dataclass(frozen=True, slots=True)
class Communication:
    """Everything about talking to one device, in the order in which a person asks."""

    facts: tuple[Fact, ...]
    learned: tuple[tuple[str, str], ...]
    models: tuple[ModelFound, ...]
    flags: tuple[str, ...]
    is_served: bool
    zone_words: str

    @property
    def has_trouble(self) -> bool:
        return any(fact.kind for fact in self.facts) or not self.is_served


def communication_of(device: Device, at: datetime) -> Communication:
    condition: DeviceCondition | None = getattr(device, "condition", None)
    lease: ZoneLease | None = getattr(device.zone, "lease", None)
    is_served = lease is not None and lease.expires_at > at
    found = device.discovery
    return Communication(
        facts=(*_zone(device, lease, at), *(_condition(condition, at) if condition else ())),
        learned=_learned(device, found),
        models=_models(found),
        flags=tuple(str(flag) for flag in found.get("flags") or ()),
        is_served=is_served,
        zone_words=unserved_words(device.zone.name, lease, at) if not is_served else "",
    )


def unserved_words(zone: str, lease: ZoneLease | None, at: datetime) -> str:
    """What a person reads, and can do, while nobody serves a zone."""
    since = "Nobody has served"
    if lease is not None:
        since = f"For {age((at - lease.heartbeat_at).total_seconds())} nobody has served"
    return (
        f"{since} zone {zone}: values are not read and commands wait. "
        f"Start a gateway worker with DERMS_ZONES={zone}, or look why it stopped."
    )


def _zone(device: Device, lease: ZoneLease | None, at: datetime) -> tuple[Fact, ...]:
    place = Fact("Address", f"{device.host}:{device.port}, unit {device.unit}")
    polled = Fact("Polled", f"each {device.poll_period_s:g} s")
    if lease is None or lease.expires_at <= at:
        return place, polled, Fact("Gateway", f"nobody serves zone {device.zone.name}", "bad")
    late = "warn" if lease.lateness_max_ms > BUSY_LATENESS_MS else ""
    return (
        place,
        polled,
        Fact("Gateway", f"{lease.owner}, at most {lease.lateness_max_ms:.0f} ms late", late),
    )


def _condition(row: DeviceCondition, at: datetime) -> tuple[Fact, ...]:
    facts = []
    if row.round_trip_ms is not None:
        slow = "warn" if row.round_trip_ms > SLOW_MS else ""
        facts.append(Fact("Round trip", f"{number(row.round_trip_ms, 1)} ms", slow))
    facts.append(_polls(row))
    if row.open_since is not None:
        facts.append(_circuit(row, at))
    if row.last_fault:
        is_on = "bad" if row.failures_in_row else ""
        facts.append(Fact("Last fault", row.last_fault, is_on, row.last_fault_at, "at"))
    facts += _supervision(row, at)
    return tuple(facts)


def _polls(row: DeviceCondition) -> Fact:
    asked = row.polls + row.failures
    share = 100 * row.failures / asked if asked else 0.0
    words = f"{number(row.polls)} answered, {number(row.failures)} failed ({number(share, 2)} %)"
    if row.failures_in_row:
        return Fact("Polls", f"{words}, the last {number(row.failures_in_row)} in a row", "bad")
    return Fact("Polls", words)


def _circuit(row: DeviceCondition, at: datetime) -> Fact:
    if row.retry_at is None or row.retry_at <= at:
        words = "not asked since it stopped answering; tried again now"
    else:
        words = f"tried again in {age((row.retry_at - at).total_seconds())}"
    return Fact("Circuit open", words, "bad", row.open_since, "since")


def _supervision(row: DeviceCondition, at: datetime) -> list[Fact]:
    facts = []
    if row.is_local is not None:
        words, kind = ("local: it ignores commands", "bad") if row.is_local else ("remote", "")
        facts.append(Fact("Control", words, kind))
    if row.clock_offset_s is not None:
        off = "warn" if abs(row.clock_offset_s) > CLOCK_OFF_S else ""
        words = f"{number(abs(row.clock_offset_s), 1)} s"
        way = "ahead of ours" if row.clock_offset_s >= 0 else "behind ours"
        facts.append(Fact("Clock", f"{words} {way}", off))
    if row.firmware:
        facts.append(Fact("Firmware", row.firmware))
    if row.heartbeat_at is not None:
        old = "warn" if at - row.heartbeat_at > HEARTBEAT_OLD else ""
        facts.append(Fact("Heartbeat", "written", old, row.heartbeat_at, "at"))
    if row.supervised_at is not None:
        facts.append(Fact("Settings read", "", "", row.supervised_at))
    return facts


def _learned(device: Device, found: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """What the walks and the talking taught: kept, so that the next start needs none of it."""
    facts = [
        ("Base address", _plain(found.get("base"))),
        ("Longest read", f"{found['longest_read']} registers" if "longest_read" in found else ""),
    ]
    learned = found.get("learned")
    if isinstance(learned, Mapping):
        known = {"base", "longest_read"}
        facts += [
            (name.replace("_", " ").capitalize(), _plain(value))
            for name, value in learned.items()
            if name not in known
        ]
    return tuple((label, text) for label, text in facts if text)


def _models(found: Mapping[str, Any]) -> tuple[ModelFound, ...]:
    listed = found.get("models")
    models = listed if isinstance(listed, list) else []
    return tuple(
        ModelFound(
            id=model["id"],
            name=MODELS.get(model["id"], "not known to this product; skipped by its length"),
            address=model.get("addr"),
            length=model.get("length", model.get("len")),
        )
        for model in models
        if isinstance(model, dict) and isinstance(model.get("id"), int)
    )


def _plain(value: object) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(_plain(one) for one in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_plain(one)}" for name, one in value.items())
    return str(value).replace("-", MINUS) if isinstance(value, int | float) else str(value)
