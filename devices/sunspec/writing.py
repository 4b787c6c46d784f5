"""Carrying out a plan: writes, the adoption of curves, and the proof by reading back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from devices.capabilities import (
    Adoption,
    Compare,
    ConnectionLost,
    DriverFault,
    ExceptionReply,
    NotAdopted,
    RegisterWrite,
    UnknownOutcome,
    WritePlan,
)
from devices.sunspec.blocks import Blocks
from devices.sunspec.exchange import Priority
from devices.sunspec.held import registers_in
from devices.sunspec.quirks.quirk import WRITE_MANY, WRITE_ONE

# Refusals that another way of writing the same may avoid.
WHOLE_REFUSED = frozenset({2, 3})
# By the function that was refused: some say "illegal address" to function 16 for one register.
OTHER_FUNCTION = {WRITE_ONE: frozenset({1}), WRITE_MANY: frozenset({1, 2})}
IN_PROGRESS, COMPLETED, FAILED = 0, 1, 2
ADOPTION_PAUSES_S = (0.02, 0.05, 0.1, 0.2, 0.3)


class Writing:
    """The way this device wants to be written to is learned and kept.

    `single_function` is 6 or 16; `in_pieces` says that blocks with registers the device does not
    implement are refused as a whole.
    """

    def __init__(
        self,
        blocks: Blocks,
        *,
        single_function: int,
        in_pieces: bool = False,
        adoption_patience_s: float = 10.0,
    ) -> None:
        self._blocks = blocks
        self._patience_s = adoption_patience_s
        self.single_function = single_function
        self.in_pieces = in_pieces
        self._single_works = False

    async def apply(self, plan: WritePlan) -> None:
        """Write the plan; raises UnknownOutcome when only read_back() can tell what happened."""
        adoption = plan.adoption
        if adoption is None:
            await self._write_all(plan.writes, is_begun=False)
            return
        is_adopted = await self._first_that_holds(adoption.proofs) is not None
        if not is_adopted:
            # A stored curve that nobody follows yet: a refusal here changes nothing.
            for write in plan.writes[: adoption.prepared_by]:
                await self.write(write)
            await self.adopt(adoption)
        await self._write_all(plan.writes[adoption.prepared_by :], is_begun=not is_adopted)

    async def _write_all(self, writes: Iterable[RegisterWrite], *, is_begun: bool) -> None:
        """In order; a refusal after something was written leaves the device in between."""
        for write in writes:
            try:
                await self.write(write)
            except (ExceptionReply, ConnectionLost) as fault:
                if not is_begun:
                    raise
                raise UnknownOutcome(f"only a part was written: {fault}") from fault
            is_begun = True

    async def write(self, write: RegisterWrite) -> None:
        """One write, the way this device takes it."""
        if len(write.registers) == 1:
            await self._write_one(write.addr, write.registers)
            return
        has_gaps = Compare.IGNORED in write.compare
        if has_gaps and self.in_pieces:
            await self._write_pieces(write)
            return
        try:
            await self._send(write.addr, write.registers, WRITE_MANY)
        except ExceptionReply as fault:
            if not has_gaps or fault.code not in WHOLE_REFUSED:
                raise
            await self._write_pieces(write)
            self.in_pieces = True

    async def write_point(self, addr: int, registers: tuple[int, ...]) -> None:
        """Write a single point, the way this device takes it."""
        if len(registers) == 1:
            await self._write_one(addr, registers)
        else:
            await self._send(addr, registers, WRITE_MANY)

    async def _write_pieces(self, write: RegisterWrite) -> None:
        """Leave out what is not implemented or holds its value; what puts it in force goes last."""
        data = await self._blocks.request(write.addr, len(write.registers), Priority.COMMAND)
        pieces = _pieces(write, registers_in(data))
        for number, (addr, registers) in enumerate(pieces):
            try:
                await self.write_point(addr, registers)
            except (ExceptionReply, ConnectionLost) as fault:
                if number == 0:
                    raise
                raise UnknownOutcome(f"only a part was written: {fault}") from fault

    async def _write_one(self, addr: int, registers: tuple[int, ...]) -> None:
        other = WRITE_MANY + WRITE_ONE - self.single_function
        try:
            await self._send(addr, registers, self.single_function)
        except ExceptionReply as fault:
            if fault.code not in OTHER_FUNCTION[self.single_function]:
                raise
            # The device lacks this function code: learn the other one.
            await self._send(addr, registers, other)
            self.single_function = other
        except UnknownOutcome:
            if self.single_function == WRITE_ONE and not self._single_works:
                # Some never answer function 6: the next try goes by the other one.
                self.single_function = WRITE_MANY
            raise
        self._single_works = True

    async def _send(self, addr: int, registers: tuple[int, ...], function: int) -> None:
        blocks = self._blocks
        await blocks.connection.write(blocks.unit, addr, registers, function=function)

    async def adopt(self, adoption: Adoption) -> None:
        """Ask the device to take over a curve, and wait until it has or says that it will not.

        Raises NotAdopted, or UnknownOutcome when it neither takes nor refuses it in time.
        """
        await self.write(adoption.request)
        loop = asyncio.get_running_loop()
        asked_at, failures, done_at = loop.time(), 0, 0.0
        while loop.time() - asked_at < self._patience_s:
            await asyncio.sleep(_pause_s(loop.time() - asked_at))
            result = await self._result(adoption)
            failures = failures + 1 if result == FAILED else 0
            if failures > 1:
                raise NotAdopted(
                    f"the device checked the curve and refused it (its result register says"
                    f" {FAILED}): the curve it had before holds"
                )
            if result != COMPLETED:
                done_at = 0.0
                continue
            if await self._first_that_holds(adoption.proofs) is not None:
                return
            done_at = done_at or loop.time()
            if loop.time() - done_at > self._patience_s / 5:
                raise NotAdopted(
                    "the device says that it took the curve over, and follows another one"
                )
        raise UnknownOutcome(
            f"the device has not taken the curve over within {self._patience_s:g} s"
        )

    async def _result(self, adoption: Adoption) -> int:
        try:
            data = await self._blocks.request(adoption.result_addr, 1, Priority.COMMAND)
        except DriverFault as fault:
            raise UnknownOutcome(f"nobody knows whether the curve was adopted: {fault}") from fault
        return int.from_bytes(data, "big")

    async def read_back(self, plan: WritePlan) -> tuple[bool, tuple[int, ...]]:
        """Whether the device holds the plan, and the registers that say so."""
        writes = plan.writes
        found: tuple[int, ...] = ()
        if plan.adoption is not None:
            adopted = await self._first_that_holds(plan.adoption.proofs)
            if adopted is None:
                return False, await self._registers(plan.adoption.proofs[0])
            writes, found = writes[plan.adoption.prepared_by :], adopted
        return await self._holds(writes, found)

    async def _first_that_holds(
        self, proofs: Iterable[tuple[RegisterWrite, ...]]
    ) -> tuple[int, ...] | None:
        for writes in proofs:
            holds, found = await self._holds(writes, ())
            if holds:
                return found
        return None

    async def _holds(
        self, writes: Iterable[RegisterWrite], found: tuple[int, ...]
    ) -> tuple[bool, tuple[int, ...]]:
        for write in writes:
            if all(rule is Compare.IGNORED for rule in write.compare):
                continue
            registers = await self._registers((write,))
            found += registers
            if not _agrees(write, registers):
                return False, found
        return True, found

    async def _registers(self, writes: Iterable[RegisterWrite]) -> tuple[int, ...]:
        found: tuple[int, ...] = ()
        for write in writes:
            count = len(write.registers)
            found += registers_in(await self._blocks.request(write.addr, count, Priority.COMMAND))
        return found


def _pause_s(waited_s: float) -> float:
    """Short at first: most devices are done within a few milliseconds."""
    return next((pause for pause in ADOPTION_PAUSES_S if waited_s < pause), ADOPTION_PAUSES_S[-1])


def _pieces(write: RegisterWrite, held: tuple[int, ...]) -> list[tuple[int, tuple[int, ...]]]:
    """Runs of whole points that must change, and the one that puts them in force at the end."""
    runs: list[list[int]] = []
    last: list[int] = []
    at, before = 0, -1
    for number, size in enumerate(write.sizes or (1,) * len(write.registers)):
        span = list(range(at, at + size))
        at += size
        is_ignored = write.compare[span[0]] is Compare.IGNORED
        changes = any(write.registers[i] != held[i] for i in span)
        if number == write.enables:
            last = span
        elif not is_ignored and changes:
            if runs and before == number - 1:
                runs[-1] += span
            else:
                runs.append(span)
            before = number
    ordered = [*runs, last] if last else runs
    return [(write.addr + run[0], tuple(write.registers[i] for i in run)) for run in ordered if run]


def _agrees(write: RegisterWrite, found: tuple[int, ...]) -> bool:
    for wanted, held, rule in zip(write.registers, found, write.compare, strict=True):
        if rule is Compare.EXACT and held != wanted:
            return False
        if rule is Compare.COUNTS_DOWN and held > wanted:
            return False
    return True
