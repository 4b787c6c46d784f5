"""The control desk of one device: knows what it holds, plans, writes and proves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from devices.capabilities import (
    Compare,
    ControlRequest,
    ControlState,
    ExceptionReply,
    Function,
    ModelAt,
    NotSupported,
    RegisterWrite,
    SettingsUnknown,
    WritePlan,
)
from devices.sunspec import controls
from devices.sunspec.blocks import Blocks
from devices.sunspec.exchange import Priority
from devices.sunspec.quirks.quirk import WRITE_MANY, WRITE_ONE, Quirks
from devices.sunspec.readplan import whole
from devices.sunspec.settings import GROUND_MODELS, Held, Settings

HEARTBEATS = ((715, "ControllerHb", 0xFFFFFFFF), (802, "CtrlHb", 0xFFFF))


class Desk:
    """`settings` are None until something was read."""

    def __init__(
        self,
        blocks: Blocks,
        models: Mapping[int, ModelAt],
        quirks: Quirks,
        *,
        single_write_function: int,
    ) -> None:
        self.settings: Settings | None = None
        self.single_write_function = single_write_function
        self._blocks = blocks
        self._models = models
        self._quirks = quirks

    @property
    def functions(self) -> frozenset[Function]:
        """Exact once the settings were read, from the device's models before."""
        settings = self.settings
        if settings is None:
            return frozenset(b.function for b in controls.BLOCKS if b.model in self._models)
        return frozenset(f for f in Function if _has(settings, f))

    async def read(
        self, model_ids: Iterable[int], priority: Priority = Priority.COMMAND
    ) -> Settings:
        """Read whole models anew; what was read of others before is kept."""
        wanted = [self._models[m] for m in model_ids if m in self._models]
        blocks = await self._blocks.read(whole(wanted), priority)
        return self.take(
            Held.of_bytes(window.model, block.data, block.missing)
            for window, block in blocks.items()
        )

    def take(self, models: Iterable[Held]) -> Settings:
        """Take over models that were just read."""
        before = self.settings or Settings({})
        held = {**before.held, **{model.model.id: model for model in models}}
        self.settings = Settings(held, before.nominal_hz)
        return self.settings

    async def read_settings(self) -> Settings:
        return await self.read((*GROUND_MODELS, *controls.MODELS))

    async def read_control(self, function: Function) -> ControlState:
        settings = self.settings or await self.read_settings()
        block = controls.block_for(settings, function)
        return controls.state(await self.read([block.model]), function)

    def states(self) -> tuple[ControlState, ...]:
        """What the device held for each of its functions when it was last read."""
        settings = self.settings
        if settings is None:
            return ()
        return tuple(controls.state(settings, f) for f in Function if _has(settings, f))

    def plan(self, request: ControlRequest) -> WritePlan:
        if self.settings is None:
            raise SettingsUnknown("read_settings() has not been called on this device yet")
        return controls.plan(self.settings, self._quirks, request)

    def heartbeats(self, counter: int = 0) -> list[RegisterWrite]:
        """The writes of one beat; each register starts anew before "not implemented" is reached."""
        settings = self.settings
        if settings is None:
            return []
        return [
            settings.write(model_id, (name,), {name: counter % most}, {})
            for model_id, name, most in HEARTBEATS
            if settings.has(model_id, name)
        ]

    async def apply(self, plan: WritePlan) -> None:
        for write in plan.writes:
            await self.write(write)

    async def write(self, write: RegisterWrite) -> None:
        connection, unit = self._blocks.connection, self._blocks.unit
        if len(write.registers) > 1:
            await connection.write(unit, write.addr, write.registers)
            return
        try:
            await connection.write(
                unit, write.addr, write.registers, function=self.single_write_function
            )
        except ExceptionReply as fault:
            if fault.code != 1:
                raise
            # The device lacks this function code: learn the other one.
            self.single_write_function = WRITE_MANY + WRITE_ONE - self.single_write_function
            await connection.write(
                unit, write.addr, write.registers, function=self.single_write_function
            )

    async def read_back(self, plan: WritePlan) -> tuple[bool, tuple[int, ...]]:
        """Whether the device holds the plan, and the registers that say so."""
        found: tuple[int, ...] = ()
        for write in plan.writes:
            if all(rule is Compare.IGNORED for rule in write.compare):
                continue
            data = await self._blocks.request(write.addr, len(write.registers), Priority.COMMAND)
            registers = registers_in(data)
            found += registers
            if not _agrees(write, registers):
                return False, found
        return True, found


def _has(settings: Settings, function: Function) -> bool:
    try:
        controls.block_for(settings, function)
    except NotSupported:
        return False
    return True


def registers_in(data: bytes) -> tuple[int, ...]:
    return tuple(int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2))


def _agrees(write: RegisterWrite, found: tuple[int, ...]) -> bool:
    for wanted, held, rule in zip(write.registers, found, write.compare, strict=True):
        if rule is Compare.EXACT and held != wanted:
            return False
        if rule is Compare.COUNTS_DOWN and held > wanted:
            return False
    return True
