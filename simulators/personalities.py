"""Habits of makers: what differs between Modbus maps and servers that all call themselves SunSpec.

A personality is named in the fleet file, by device (`"personality": "sma"`) or for a whole port
(`"gateway": "serial-bus"`). The habits come from field reports; names of makers say whose habit it
is, the machines are invented.
"""

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from simulators.errors import FleetError

Pairs = tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Personality:
    """Everything in which a machine or its port may depart from the plain way."""

    # On the wire, for the whole port.
    single_write: str = "any"  # any, 6 or 16: how one register may be written
    single_write_refusal: str = "exception"  # or silent
    longest_read: int = 125
    min_gap_ms: int = 0
    when_too_soon: str = "busy"  # or silent
    most_connections: int = 0  # 0: as many as come
    unknown_unit: str = "exception"  # or silent, answer
    pipelining: str = "answered"  # or dropped: the second of two requests in a row is lost
    latency_ms: int = 0
    answer_pieces: int = 1
    idle_close_s: float = 0.0
    # In the map.
    manufacturer: str = ""
    address_register: int | None = None
    power_factor: str = "percent"  # or ratio: what PF of models 101 to 113 and 201 to 204 means
    meter_positive: str = "import"  # or export, against SunSpec
    missing_scale_factors: Pairs = ()
    length_changes: tuple[tuple[int, int], ...] = ()
    vendor_models: tuple[tuple[int, int], ...] = ()
    refused_reads: tuple[tuple[int, int, int], ...] = ()  # model, first and last offset
    absent_at_night: bool = False
    shown: tuple[tuple[str, float], ...] = ()  # points shown that do not act
    # In control.
    when_local: str = "ignore"  # or refuse
    needs_toggle: bool = False
    adoption_s: float = 1.0
    storage_reversion_s: int = 0
    counts_down: bool = False

    @property
    def is_plain_on_the_wire(self) -> bool:
        return all(getattr(self, name) == getattr(PLAIN, name) for name in WIRE_HABITS)


WIRE_HABITS = (
    "longest_read", "min_gap_ms", "most_connections", "unknown_unit", "pipelining",
    "answer_pieces", "idle_close_s",
)  # fmt: skip
PLAIN = Personality()
PERSONALITIES: dict[str, Personality] = {
    "": PLAIN,
    "plain": PLAIN,
    # A new limit is taken over only when the enable goes 1 -> 0 -> 1; 124 reverts by itself.
    "fronius": Personality(
        manufacturer="Fronius", needs_toggle=True, storage_reversion_s=3_600, power_factor="percent"
    ),
    # Night: nothing but zeros "not implemented"; 123 shows a limit that is not in force.
    "sma": Personality(
        manufacturer="SMA", absent_at_night=True, power_factor="ratio", address_register=255,
        missing_scale_factors=((124, "WChaMax_SF"), (124, "MinRsvPct_SF"), (124, "InOutWRte_SF")),
        shown=(("123.Conn", 0), ("123.WMaxLimPct", 0), ("123.WMaxLim_Ena", 1)),
    ),
    "sma-stp60": Personality(manufacturer="SMA", min_gap_ms=1_000, power_factor="ratio"),
    "fimer": Personality(
        manufacturer="FIMER", power_factor="ratio",
        missing_scale_factors=((121, "WGra_SF"), (121, "VArMax_SF")), vendor_models=((65230, 20),),
    ),
    "solaredge": Personality(
        manufacturer="SolarEdge", meter_positive="export", most_connections=1, latency_ms=60,
        idle_close_s=120.0, vendor_models=((64001, 24),),
    ),
    "kostal": Personality(manufacturer="KOSTAL", single_write="6"),
    "apsystems": Personality(
        manufacturer="APsystems", single_write="16", single_write_refusal="silent"
    ),
    "outback": Personality(
        manufacturer="OutBack", missing_scale_factors=((202, "TotWh_SF"), (202, "VAR_SF"))
    ),
    # A converter between Ethernet and a serial line: slow, short reads, one at a time.
    "serial-bus": Personality(
        latency_ms=30, longest_read=60, most_connections=2, min_gap_ms=20, when_too_soon="silent",
        unknown_unit="silent", pipelining="dropped",
    ),
    "short-reads": Personality(longest_read=40),
    "one-connection": Personality(most_connections=1),
    "any-unit": Personality(unknown_unit="answer"),
    "wrong-lengths": Personality(length_changes=((103, 4), (120, -2), (123, 3), (203, -10))),
    "no-scale-factors": Personality(
        missing_scale_factors=((103, "VAr_SF"), (103, "PF_SF"), (123, "OutPFSet_SF"), (126, "V_SF"))
    ),
    "refuses-parts": Personality(refused_reads=((122, 0, 45), (160, 0, 60))),
    "pieces": Personality(answer_pieces=4),
    "strict-local": Personality(when_local="refuse"),
    "slow-adoption": Personality(adoption_s=5.0),
    "timer-counts-down": Personality(counts_down=True),
}  # fmt: skip
CHOICES = {
    "single_write": ("any", "6", "16"),
    "single_write_refusal": ("exception", "silent"),
    "when_too_soon": ("busy", "silent"),
    "unknown_unit": ("exception", "silent", "answer"),
    "pipelining": ("answered", "dropped"),
    "power_factor": ("percent", "ratio"),
    "meter_positive": ("import", "export"),
    "when_local": ("ignore", "refuse"),
}
RANGES = {
    "longest_read": (1, 125), "min_gap_ms": (0, 60_000), "most_connections": (0, 1_000),
    "latency_ms": (0, 600_000), "answer_pieces": (1, 50), "idle_close_s": (0, 86_400),
    "adoption_s": (0, 600), "storage_reversion_s": (0, 65_000),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cast:
    """The personalities a fleet may name: those above and its file's own."""

    own: dict[str, Personality] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {name: asdict(personality) for name, personality in self.own.items()}

    def named(self, name: str, whose: str) -> Personality:
        found = self.own.get(name) or PERSONALITIES.get(name)
        if found is None:
            known = ", ".join(sorted([*self.own, *filter(None, PERSONALITIES)]))
            raise FleetError(f"{whose}: no personality {name!r}; there are: {known}")
        return found


def read_personalities(rows: dict[str, dict[str, Any]]) -> Cast:
    """The fleet file's own personalities, each from `like` another one; FleetError in words."""
    return Cast({name: _read(name, row) for name, row in rows.items()})


def _read(name: str, row: dict[str, Any]) -> Personality:
    whose = f"personality {name!r}"
    known = {f.name for f in fields(Personality)}
    given = {k: v for k, v in row.items() if k != "like"}
    if unknown := sorted(set(given) - known):
        raise FleetError(f"{whose} has no {', '.join(unknown)}; it may say: {', '.join(known)}")
    like = Cast().named(str(row.get("like", "")), whose)
    for key, value in given.items():
        _check(whose, key, value)
    said = {f.name: getattr(like, f.name) for f in fields(Personality)}
    return Personality(**said | {key: _tuples(value) for key, value in given.items()})


def _check(whose: str, key: str, value: object) -> None:
    if key in CHOICES and value not in CHOICES[key]:
        raise FleetError(f"{whose}: {key} is one of {', '.join(CHOICES[key])}, not {value!r}")
    if key in RANGES:
        low, high = RANGES[key]
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not low <= value <= high
        ):
            raise FleetError(f"{whose}: {key} is a number from {low} to {high}, not {value!r}")
    if isinstance(getattr(PERSONALITIES[""], key), bool) and not isinstance(value, bool):
        raise FleetError(f"{whose}: {key} is true or false, not {value!r}")
    if isinstance(getattr(PERSONALITIES[""], key), tuple) and not isinstance(value, list | tuple):
        raise FleetError(f"{whose}: {key} is a list, not {value!r}")


def _tuples(value: Any) -> Any:  # noqa: ANN401 - a JSON value
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
