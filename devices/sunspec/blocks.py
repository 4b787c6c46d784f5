"""Reading whole parts of a device's map in few requests, around what it refuses."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from devices.capabilities import ExceptionReply
from devices.sunspec.exchange import Priority
from devices.sunspec.readplan import Run, Window, plan
from devices.sunspec.transport import Connection

REFUSED = frozenset({2, 3, 4})
# Code 4 may pass; these say what the device's map is like.
LASTING = frozenset({2, 3})
BUSY = frozenset({5, 6})
BUSY_PAUSE_S = 0.2
LONGEST_GAP_S = 2.0
MOST_SPLITS = 64
SMALLEST_PIECE = 4


@dataclass(frozen=True, slots=True)
class Block:
    """The bytes of a window; `missing` counts those registers from its first that were refused."""

    data: bytes
    missing: frozenset[int] = frozenset()


class Blocks:
    """One unit's registers. What it refuses is remembered, and not asked for again."""

    def __init__(
        self,
        connection: Connection,
        unit: int,
        *,
        longest: int,
        refused: tuple[tuple[int, int], ...] = (),
    ) -> None:
        self.connection = connection
        self.unit = unit
        self.longest = longest
        self._merge = True
        self._refused = {register for addr, count in refused for register in _span(addr, count)}

    @property
    def refused(self) -> tuple[tuple[int, int], ...]:
        """Runs of refused registers, as (address, count)."""
        runs: list[tuple[int, int]] = []
        for register in sorted(self._refused):
            if runs and register == sum(runs[-1]):
                runs[-1] = (runs[-1][0], runs[-1][1] + 1)
            else:
                runs.append((register, 1))
        return tuple(runs)

    def forget_refusals(self) -> None:
        """Ask for everything once more: a device's firmware may have changed."""
        self._refused.clear()
        self._merge = True

    async def read(
        self, windows: Iterable[Window], priority: Priority = Priority.POLL
    ) -> dict[Window, Block]:
        """Read windows, each request by itself, so that a command waits for one at most."""
        splits = [MOST_SPLITS]
        blocks: dict[Window, Block] = {}
        for run in plan(tuple(windows), self.longest, merge=self._merge):
            blocks |= await self._read_run(run, priority, splits)
        return blocks

    async def _read_run(
        self, run: Run, priority: Priority, splits: list[int]
    ) -> dict[Window, Block]:
        try:
            data, holes = b"", set[int]()
            for addr, count in run.requests:
                data += await self._read_known(addr, count, priority, holes)
        except ExceptionReply as fault:
            if fault.code not in REFUSED:
                raise
            return await self._read_parts(run, priority, splits)
        return {
            window: _block(window, data[at : at + 2 * window.count], holes)
            for window, at in run.parts
        }

    async def _read_parts(
        self, run: Run, priority: Priority, splits: list[int]
    ) -> dict[Window, Block]:
        """After a refusal: window by window, and within one around the hole."""
        blocks: dict[Window, Block] = {}
        for window, _ in run.parts:
            data, holes = b"", set[int]()
            for at in range(window.addr, window.end, self.longest):
                count = min(self.longest, window.end - at)
                piece, refused = await self._read_around(at, count, priority, splits)
                data, holes = data + piece, holes | refused
            blocks[window] = _block(window, data, holes)
        if len(run.parts) > 1 and not any(block.missing for block in blocks.values()):
            # It only dislikes requests that span two models.
            self._merge = False
        return blocks

    async def _read_around(
        self, addr: int, count: int, priority: Priority, splits: list[int]
    ) -> tuple[bytes, set[int]]:
        """Read what may be read: halve refused requests until the hole is small."""
        holes = set[int]()
        try:
            return await self._read_known(addr, count, priority, holes), holes
        except ExceptionReply as fault:
            if fault.code not in REFUSED:
                raise
            lasts = fault.code in LASTING
        splits[0] -= 1
        if count <= SMALLEST_PIECE or splits[0] <= 0:
            if lasts:
                self._refused.update(_span(addr, count))
            return bytes(2 * count), set(_span(addr, count))
        half = count // 2
        left, holes = await self._read_around(addr, half, priority, splits)
        right, more = await self._read_around(addr + half, count - half, priority, splits)
        return left + right, holes | more

    async def _read_known(
        self, addr: int, count: int, priority: Priority, holes: set[int]
    ) -> bytes:
        """One request, or as many as leave out what is known to be refused."""
        if not self._refused or self._refused.isdisjoint(_span(addr, count)):
            return await self.request(addr, count, priority)
        data = b""
        for start, length, is_hole in self._pieces(addr, count):
            if is_hole:
                holes.update(_span(start, length))
                data += bytes(2 * length)
            else:
                data += await self.request(start, length, priority)
        return data

    def _pieces(self, addr: int, count: int) -> Iterator[tuple[int, int, bool]]:
        start = addr
        for register in range(addr + 1, addr + count + 1):
            is_hole = start in self._refused
            if register == addr + count or (register in self._refused) != is_hole:
                yield start, register - start, is_hole
                start = register

    async def request(self, addr: int, count: int, priority: Priority) -> bytes:
        """One read; a busy device gets a pause and, when it stays busy, a slower pace for good."""
        for _ in range(2):
            try:
                return await self.connection.read(self.unit, addr, count, priority)
            except ExceptionReply as fault:
                if fault.code not in BUSY:
                    raise
            await asyncio.sleep(BUSY_PAUSE_S)
        gap_s = max(2 * self.connection.min_gap_s, BUSY_PAUSE_S)
        self.connection.min_gap_s = min(gap_s, LONGEST_GAP_S)
        return await self.connection.read(self.unit, addr, count, priority)


def _span(addr: int, count: int) -> range:
    return range(addr, addr + count)


def _block(window: Window, data: bytes, holes: set[int]) -> Block:
    missing = frozenset(hole - window.addr for hole in holes)
    return Block(data, missing & frozenset(range(window.count)))
