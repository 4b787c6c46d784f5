"""A device that keeps SunSpec's rules: what is read-only stays so, curves are adopted.

Written from the model definitions as pysunspec2 has them, not with the driver under test.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sunspec2 import device as peer
from typing_extensions import override

from tests.devices.sunspec.maps import Registers
from tests.devices.sunspec.peers import Peer

ADOPTING = {705: "Crv", 706: "Crv", 711: "Ctl", 712: "Crv"}
IN_PROGRESS, COMPLETED, FAILED = 0, 1, 2
Place = tuple[int, int, bool]
# What a point holds that a device does not implement, by type.
NOTHING = {
    "int16": 0x8000, "uint16": 0xFFFF, "enum16": 0xFFFF, "bitfield16": 0xFFFF, "int32": 0x80000000,
    "uint32": 0xFFFFFFFF,
}  # fmt: skip


def places(group: dict[str, Any], registers: Registers, at: int) -> Iterator[tuple[str, Place]]:
    """Every point of a model as (name, (address, size, writable)), groups as `Crv_2.Pt_1.V`."""
    yield from _places(group, registers, at, "", {"end": at + 2 + registers[at + 1]})


def _places(
    group: dict[str, Any], registers: Registers, at: int, prefix: str, seen: dict[str, int]
) -> Iterator[tuple[str, Place]]:
    for point in group["points"]:
        size = point["size"]
        seen = {**seen, point["name"]: registers.get(at, 0)}
        is_writable = point.get("access") == "RW"
        yield prefix + point["name"], (at, size, is_writable)
        at += size
    for inner in group.get("groups", []):
        count = inner.get("count", 1)
        times = count if isinstance(count, int) else seen[count]
        if count == 0:
            times = (seen["end"] - at) // sum(point["size"] for point in inner["points"])
        for index in range(1, times + 1):
            name = inner["name"] if count == 1 else f"{inner['name']}_{index}"
            members = list(_places(inner, registers, at, f"{prefix}{name}.", seen))
            yield from members
            at = members[-1][1][0] + members[-1][1][1]


@dataclass
class Der(Peer):
    """`adoption_s` is how long it takes over a curve; `lies` says done and does nothing.

    `strict` refuses a write that touches what is read-only, `refuses_gaps` also one that touches
    what holds "not implemented".
    """

    adoption_s: float = 0.05
    lies: bool = False
    strict: bool = True
    refuses_gaps: bool = False
    names: dict[str, Place] = field(default_factory=dict)
    refusals: int = 0
    adoptions: list[tuple[int, int]] = field(default_factory=list)
    _gaps: set[int] = field(default_factory=set)
    _due: dict[int, tuple[float, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        at = next(a for a, word in self.registers.items() if word == 0x5375) + 2
        while self.registers.get(at, 0xFFFF) != 0xFFFF:
            model_id, length = self.registers[at], self.registers[at + 1]
            try:
                known = peer.get_model_def(model_id)["group"]
            except Exception:  # noqa: BLE001  pysunspec2 raises its own for unknown models
                known = None
            if known is not None:
                for name, place in places(known, self.registers, at):
                    self.names[f"{model_id}.{name}"] = place
                self._find_gaps(model_id, known["points"])
            at += length + 2

    def _find_gaps(self, model_id: int, points: list[dict[str, Any]]) -> None:
        for point in points:
            name = f"{model_id}.{point['name']}"
            if self[name] == NOTHING.get(point["type"]):
                self._gaps.add(self.names[name][0])

    def __getitem__(self, name: str) -> int:
        """The register of a point, or the two of a longer one as a number."""
        addr, size, _ = self.names[name]
        value = 0
        for register in range(addr, addr + size):
            value = value << 16 | self.registers[register]
        return value

    def __setitem__(self, name: str, value: int) -> None:
        addr, size, _ = self.names[name]
        for place in range(size):
            self.registers[addr + place] = value >> 16 * (size - 1 - place) & 0xFFFF

    @override
    def read(self, addr: int, count: int) -> list[int] | None:
        self._finish_adoptions()
        return super().read(addr, count)

    @override
    def write(self, addr: int, words: list[int]) -> bool | None:
        span = set(range(addr, addr + len(words)))
        if self.strict:
            for start, size, is_writable in self.names.values():
                mine = set(range(start, start + size))
                is_gap = self.refuses_gaps and start in self._gaps
                if mine & span and (not mine <= span or not is_writable or is_gap):
                    self.refusals += 1
                    return None
        done = super().write(addr, words)
        for model_id in ADOPTING:
            name = self._request(model_id)
            if done and name in self.names and self.names[name][0] in span:
                self[self._result(model_id)] = IN_PROGRESS
                self._due[model_id] = (time.monotonic() + self.adoption_s, self[name])
        return done

    @staticmethod
    def _request(model_id: int) -> str:
        return f"{model_id}.{'AdptCtlReq' if model_id == 711 else 'AdptCrvReq'}"

    @staticmethod
    def _result(model_id: int) -> str:
        return f"{model_id}.{'AdptCtlRslt' if model_id == 711 else 'AdptCrvRslt'}"

    def _finish_adoptions(self) -> None:
        for model_id, (at, index) in list(self._due.items()):
            if time.monotonic() >= at:
                del self._due[model_id]
                conforms = self._conforms(model_id, index)
                self[self._result(model_id)] = COMPLETED if conforms else FAILED
                if conforms and not self.lies:
                    self.adoptions.append((model_id, index))
                    self._copy(model_id, index)

    def _conforms(self, model_id: int, index: int) -> bool:
        stem = f"{model_id}.{ADOPTING[model_id]}_{index}."
        if f"{stem}ReadOnly" not in self.names:
            return False
        if model_id == 711:
            return 0 < self[f"{stem}KOf"] < 0x8000 and 0 < self[f"{stem}KUf"] < 0x8000
        used = self[f"{stem}ActPt"]
        if not 2 <= used <= self[f"{model_id}.NPt"]:
            return False
        axis = "W" if model_id == 712 else "V"
        xs = [self[f"{stem}Pt_{i}.{axis}"] for i in range(1, used + 1)]
        signed = [x - 0x10000 if model_id == 712 and x & 0x8000 else x for x in xs]
        return signed == sorted(signed)

    def _copy(self, model_id: int, index: int) -> None:
        stem = f"{model_id}.{ADOPTING[model_id]}"
        for name in list(self.names):
            if name.startswith(f"{stem}_{index}.") and not name.endswith("ReadOnly"):
                self[name.replace(f"{stem}_{index}.", f"{stem}_1.")] = self[name]
