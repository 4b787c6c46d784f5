"""Finding a device's SunSpec base and walking its chain of models in few reads."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from devices.capabilities import (
    Discovery,
    ExceptionReply,
    Identity,
    ModelAt,
    NotSunSpec,
    ShortReply,
    Timeout,
)
from devices.sunspec.blocks import BUSY, BUSY_PAUSE_S
from devices.sunspec.codec import text
from devices.sunspec.definitions import definition
from devices.sunspec.exchange import Priority
from devices.sunspec.frames import LONGEST_READ
from devices.sunspec.transport import Connection

# SunSpec's three bases, then two that devices in the field use.
DEFAULT_BASES = (40000, 0, 50000, 4096, 1000)
MARKER = b"SunS"
END_MODEL = 0xFFFF
MOST_MODELS = 250
LAST_REGISTER = 65535
COMMON_MODEL = 1
SMALL_BLOCK = 8
MOST_WAITS = 3


async def discover(
    connection: Connection,
    unit: int,
    *,
    bases: tuple[int, ...] = DEFAULT_BASES,
    priority: Priority = Priority.COMMAND,
) -> Discovery:
    """Find the base and every model; raises NotSunSpec when no base holds the marker.

    Models nobody knows are skipped by their length. What disagrees with a definition is said in
    `flags`, and never costs the rest of the device.
    """
    walk = _Walk(connection, unit, priority)
    try:
        return await _discover(walk, tuple(dict.fromkeys(bases)))
    except Timeout as fault:
        if walk.replied:
            raise
        raise Timeout(
            f"{connection} accepted the connection, but unit {unit} did not answer within"
            f" {connection.timeout_s:g} s: is the unit id right?"
        ) from fault


async def _discover(walk: _Walk, bases: tuple[int, ...]) -> Discovery:
    for base in bases:
        if await walk.marker_at(base) == MARKER:
            models = await _chain(walk, base + 2)
            identity = await _identity(walk, models)
            return Discovery(
                base,
                walk.unit,
                identity,
                tuple(models),
                tuple(walk.flags),
                walk.longest_read(models),
            )
    tried = ", ".join(str(base) for base in bases)
    raise NotSunSpec(
        f"unit {walk.unit} at {walk.connection} answers, but holds no SunSpec marker at {tried}"
    )


@dataclass(slots=True)
class _Walk:
    """Registers read so far, and how large a block this device lets us read."""

    connection: Connection
    unit: int
    priority: Priority
    block: int = LONGEST_READ
    refused_up_to: int = 0
    known: dict[int, bytes] = field(default_factory=dict)
    refused: list[tuple[int, int]] = field(default_factory=list)
    largest: int = 0
    replied: bool = False
    flags: list[str] = field(default_factory=list)

    async def marker_at(self, base: int) -> bytes | None:
        """Look for the marker with a full block; a device that refuses it may allow less."""
        self.block = LONGEST_READ
        if not await self._fetch(base, min(self.block, LAST_REGISTER + 1 - base)):
            if not await self._fetch(base, 2):
                return None
            if self._cached(base, 2) == MARKER:
                await self._learn_block(base)
        return self._cached(base, 2)

    async def _learn_block(self, base: int) -> None:
        while self.block > SMALL_BLOCK:
            self.block //= 2
            if await self._fetch(base, self.block):
                return

    async def bytes_at(self, addr: int, count: int) -> bytes | None:
        """The bytes of `count` registers, already read or in a new block; None if refused.

        Where a block was refused, a small one is tried and then single headers up to its end: the
        map ends there, or a part of it may not be read.
        """
        cached = self._cached(addr, count)
        if cached is not None:
            return cached
        room = LAST_REGISTER + 1 - addr
        if addr >= self.refused_up_to and count < self.block:
            wanted = min(self.block, room)
            if await self._fetch(addr, wanted):
                return self._cached(addr, count)
            self.refused_up_to = addr + wanted
            if count < SMALL_BLOCK <= room and await self._fetch(addr, SMALL_BLOCK):
                return self._cached(addr, count)
        if count > room or not await self._fetch(addr, count):
            return None
        return self._cached(addr, count)

    async def _fetch(self, addr: int, count: int) -> bool:
        try:
            data = await self._patient_read(addr, count)
        except ExceptionReply as fault:
            self.replied = True
            if fault.code in {1, 2, 3, 4}:
                self.refused.append((addr, count))
                return False
            raise
        except ShortReply:
            self.refused.append((addr, count))
            await self.connection.connect()
            return False
        self.replied = True
        self.largest = max(self.largest, count)
        self.known[addr] = data
        return True

    async def _patient_read(self, addr: int, count: int) -> bytes:
        """A device that is busy while it starts is asked again a moment later."""
        for _ in range(MOST_WAITS):
            try:
                return await self.connection.read(self.unit, addr, count, self.priority)
            except ExceptionReply as fault:
                if fault.code not in BUSY:
                    raise
            await asyncio.sleep(BUSY_PAUSE_S)
        return await self.connection.read(self.unit, addr, count, self.priority)

    def _cached(self, addr: int, count: int) -> bytes | None:
        for start, data in self.known.items():
            if start <= addr and addr + count <= start + len(data) // 2:
                return data[2 * (addr - start) : 2 * (addr - start + count)]
        return None

    def longest_read(self, models: list[ModelAt]) -> int:
        """What the device answers: less than 125 only if a read inside its map was refused."""
        if self.largest == LONGEST_READ or not models:
            return LONGEST_READ
        end = models[-1].addr + models[-1].length + 2
        if any(addr + count <= end and count > self.largest for addr, count in self.refused):
            return self.largest
        return LONGEST_READ


async def _chain(walk: _Walk, addr: int) -> list[ModelAt]:
    models: list[ModelAt] = []
    while len(models) < MOST_MODELS:
        header = await walk.bytes_at(addr, 2)
        if header is None:
            walk.flags.append(f"the chain breaks off at {addr}: no further model and no end mark")
            return models
        model_id = int.from_bytes(header[:2], "big")
        length = int.from_bytes(header[2:], "big")
        if model_id == END_MODEL:
            return models
        if model_id == 0 or addr + 2 + length > LAST_REGISTER:
            walk.flags.append(f"the chain breaks off at {addr}: no model has id {model_id}")
            return models
        models.append(ModelAt(model_id, addr, length))
        known = definition(model_id)
        if known is not None and not known.fits(length):
            walk.flags.append(f"model {model_id} at {addr}: length {length} is not the defined one")
        addr += 2 + length
    walk.flags.append(f"the chain has more than {MOST_MODELS} models; the rest is left out")
    return models


async def _identity(walk: _Walk, models: list[ModelAt]) -> Identity:
    common = next((model for model in models if model.id == COMMON_MODEL), None)
    if common is None:
        walk.flags.append("the device has no common model (1), so it does not say who it is")
        return Identity("", "", "", "", "")
    wanted = min(common.length, 64)
    data = (await walk.bytes_at(common.addr + 2, wanted) if wanted else None) or b""

    def field_at(register: int, size: int) -> str:
        return (text(data[2 * register : 2 * (register + size)]) or "").strip()

    return Identity(
        manufacturer=field_at(0, 16),
        model=field_at(16, 16),
        options=field_at(32, 8),
        version=field_at(40, 8),
        serial_number=field_at(48, 16),
    )
