"""One SunSpec device behind a connection: reads it, and writes to it with proof."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from devices.capabilities import (
    Compare,
    ControlRequest,
    ControlState,
    Discovery,
    ExceptionReply,
    Function,
    Measurement,
    ModelAt,
    Nameplate,
    NotSupported,
    Now,
    PointValue,
    RegisterWrite,
    SettingsUnknown,
    WritePlan,
)
from devices.sunspec import controls
from devices.sunspec.codec import Decoder, decode_model, decoder
from devices.sunspec.definitions import definition
from devices.sunspec.exchange import Priority
from devices.sunspec.inverter import DER, LEGACY
from devices.sunspec.measuring import Reader
from devices.sunspec.meter import METER, METER_EXPORT_POSITIVE
from devices.sunspec.quirks import PLAIN
from devices.sunspec.quirks.quirk import WRITE_MANY, WRITE_ONE, Quirks
from devices.sunspec.readplan import Run, Window, plan, whole
from devices.sunspec.settings import SETTINGS_MODELS, Settings
from devices.sunspec.transport import Connection

# Where the state of charge stands, best first.
STORAGE_POINTS = ((713, "SoC"), (802, "SoC"), (124, "ChaState"))
REFUSED = frozenset({2, 3, 4})
MOST_SPLITS = 64
SMALLEST_PIECE = 4
POLLS_WITHOUT_SOC = 3


@dataclass(frozen=True, slots=True)
class _Source:
    """One model read at every poll, and the decoder of what is wanted of it."""

    model: ModelAt
    decoder: Decoder

    @property
    def window(self) -> Window:
        return Window(self.model, self.decoder.first, self.decoder.count)


class SunSpecDevice:
    """Implements the protocols of devices.capabilities over one unit's chain of models.

    A unit that holds both an inverter and meters measures the inverter, unless `as_meter`.
    """

    def __init__(
        self,
        connection: Connection,
        unit: int,
        discovery: Discovery,
        *,
        quirks: Quirks = PLAIN,
        as_meter: bool = False,
    ) -> None:
        self.connection = connection
        self.unit = unit
        self.discovery = discovery
        self.quirks = quirks
        self.flags = discovery.flags
        connection.min_gap_s = max(connection.min_gap_s, quirks.min_gap_s)
        self._longest = min(discovery.longest_read, quirks.longest_read)
        self._single_function = quirks.single_write_function
        self._models: dict[int, ModelAt] = {}
        for model in discovery.models:
            self._models.setdefault(model.id, model)
        self._settings: Settings | None = None
        self._reader = self._find_reader(as_meter=as_meter)
        self._main = self._find_main()
        self._storage = None if self.kind == "meter" else self._find_storage()
        self._polls_without_soc = 0
        self._runs: tuple[Run, ...] = ()
        self._plan_polls(merge=True)

    def _find_reader(self, *, as_meter: bool) -> Reader | None:
        meter = METER_EXPORT_POSITIVE if self.quirks.meter_positive_is_export else METER
        readers = (meter,) if as_meter else (DER, LEGACY, meter)
        for reader in readers:
            if any(model in self._models for model in reader.models):
                return reader
        return None

    def _find_main(self) -> _Source | None:
        if self._reader is None:
            return None
        model = next(self._models[m] for m in self._reader.models if m in self._models)
        return _Source(model, decoder(model.id, self._reader.wanted, model.length))

    def _find_storage(self) -> _Source | None:
        for model_id, point in STORAGE_POINTS:
            if model_id in self._models:
                model = self._models[model_id]
                source = _Source(model, decoder(model_id, (point,), model.length))
                return source if source.decoder.count else None
        return None

    def _plan_polls(self, *, merge: bool) -> None:
        sources = [source for source in (self._main, self._storage) if source is not None]
        self._runs = plan(tuple(source.window for source in sources), self._longest, merge=merge)

    @property
    def kind(self) -> str:
        """What the unit is measured as: inverter, meter or other."""
        if self._reader is None:
            return "other"
        return "inverter" if self._reader in {DER, LEGACY} else "meter"

    @property
    def functions(self) -> frozenset[Function]:
        """What it can be asked; exact once the settings were read, from its models before."""
        if self._settings is None:
            return frozenset(b.function for b in controls.BLOCKS if b.model in self._models)
        return frozenset(f for f in Function if self._has(self._settings, f))

    def _has(self, settings: Settings, function: Function) -> bool:
        try:
            controls.block_for(settings, function)
        except NotSupported:
            return False
        return True

    async def measure(self, now: Now) -> Measurement:
        """Read the fast points, in one request or two; `now` is asked when they have come."""
        if self._main is None or self._reader is None:
            raise NotSupported(f"unit {self.unit} has no model with measurements")
        blocks = await self._poll()
        data, at = blocks[self._main.window]
        values, faults = self._main.decoder.decode(data, at)
        soc: float | None = None
        if self._storage is not None:
            data, at = blocks[self._storage.window]
            soc = self._storage.decoder.decode(data, at)[0][0]
            self._note_storage(soc)
        return self._reader.to_measurement(values, faults, now(), soc)

    def _note_storage(self, soc: float | None) -> None:
        """A PV inverter with an empty storage model must not cost a second request for ever."""
        self._polls_without_soc = 0 if soc is not None else self._polls_without_soc + 1
        if self._polls_without_soc >= POLLS_WITHOUT_SOC:
            self._storage = None
            self._plan_polls(merge=True)

    async def _poll(self) -> dict[Window, tuple[bytes, int]]:
        while True:
            try:
                return await self._read_runs()
            except ExceptionReply as fault:
                if fault.code not in REFUSED or not self._give_in():
                    raise

    async def _read_runs(self) -> dict[Window, tuple[bytes, int]]:
        blocks: dict[Window, tuple[bytes, int]] = {}
        for run in self._runs:
            data = b""
            for addr, count in run.requests:
                data += await self.connection.read(self.unit, addr, count)
            for window, at in run.parts:
                blocks[window] = (data, at)
        return blocks

    def _give_in(self) -> bool:
        """Ask for less after a refusal: first unmerged, then without the state of charge."""
        if any(len(run.parts) > 1 for run in self._runs):
            self._plan_polls(merge=False)
            return True
        if self._storage is not None:
            self._storage = None
            self._plan_polls(merge=False)
            return True
        return False

    async def read_nameplate(self) -> Nameplate:
        settings = await self._read_settings()
        capacity = await self._read_values(713) | await self._read_values(802)
        rating = capacity.get("WHRtg")
        return settings.nameplate(float(rating) if isinstance(rating, int | float) else None)

    async def read_state_of_charge_pct(self) -> float | None:
        for model_id, point in STORAGE_POINTS:
            value = (await self._read_values(model_id)).get(point)
            if isinstance(value, int | float):
                return float(value)
        return None

    async def read_points(self) -> dict[str, dict[str, PointValue]]:
        """Decode everything; a second model of one id gets the key `id@address`.

        Sets `flags` to what the walk and the decoding found wrong.
        """
        flags = list(self.discovery.flags)
        points: dict[str, dict[str, PointValue]] = {}
        known = [model for model in self.discovery.models if definition(model.id) is not None]
        blocks = await self._read_whole(known, Priority.POLL)
        for model in self.discovery.models:
            key = str(model.id)
            key = f"{key}@{model.addr}" if key in points else key
            points[key] = {}
            if model in blocks:
                points[key], words = decode_model(model.id, *blocks[model])
                flags += words
        self.flags = tuple(dict.fromkeys(flags))
        return points

    async def read_settings(self) -> None:
        await self._read_settings()
        if self._storage is None and self.kind == "inverter":
            self._storage = self._find_storage()
            self._polls_without_soc = 0
            self._plan_polls(merge=True)

    async def _read_settings(self, *only: int) -> Settings:
        wanted = [self._models[m] for m in only or SETTINGS_MODELS if m in self._models]
        blocks = await self._read_whole(wanted, Priority.COMMAND)
        held = self._settings or Settings({}, {}, {})
        registers, values = dict(held.registers), dict(held.values)
        for model, (data, missing) in blocks.items():
            registers.pop(model.id, None)
            values[model.id] = decode_model(model.id, data, missing)[0]
            if not missing:
                registers[model.id] = _registers(data)
        self._settings = Settings(self._models, registers, values)
        return self._settings

    async def read_control(self, function: Function) -> ControlState:
        """What the device holds for a function right now (one request once settings are known)."""
        settings = self._settings or await self._read_settings()
        block = controls.block_for(settings, function)
        return controls.state(await self._read_settings(block.model), function)

    def plan(self, request: ControlRequest) -> WritePlan:
        if self._settings is None:
            raise SettingsUnknown("read_settings() has not been called on this device yet")
        return controls.plan(self._settings, self.quirks, request)

    def plan_active_power_limit(self, request: ControlRequest) -> WritePlan:
        return self._plan_only(Function.LIMIT_ACTIVE_POWER, request)

    def plan_active_power(self, request: ControlRequest) -> WritePlan:
        return self._plan_only(Function.SET_ACTIVE_POWER, request)

    def plan_connection(self, request: ControlRequest) -> WritePlan:
        return self._plan_only(Function.CONNECT, request)

    def _plan_only(self, function: Function, request: ControlRequest) -> WritePlan:
        if request.function is not function:
            raise NotSupported(f"{request.function} was asked where {function} is planned")
        return self.plan(request)

    async def apply(self, plan: WritePlan) -> None:
        """Write the plan; raises UnknownOutcome when only confirm() can tell what happened."""
        for write in plan.writes:
            await self._write(write)

    async def _write(self, write: RegisterWrite) -> None:
        if len(write.registers) > 1:
            await self.connection.write(self.unit, write.addr, write.registers)
            return
        try:
            await self.connection.write(
                self.unit, write.addr, write.registers, function=self._single_function
            )
        except ExceptionReply as fault:
            if fault.code != 1:
                raise
            # The device lacks this function code: learn the other one.
            self._single_function = WRITE_MANY + WRITE_ONE - self._single_function
            await self.connection.write(
                self.unit, write.addr, write.registers, function=self._single_function
            )

    async def confirm(self, plan: WritePlan) -> bool:
        """Compare raw registers with the plan; timers may have counted down since."""
        return (await self.read_back(plan))[0]

    async def read_back(self, plan: WritePlan) -> tuple[bool, tuple[int, ...]]:
        """Whether the device holds the plan, and the registers that say so."""
        found: tuple[int, ...] = ()
        for write in plan.writes:
            if all(rule is Compare.IGNORED for rule in write.compare):
                continue
            data = await self.connection.read(
                self.unit, write.addr, len(write.registers), Priority.COMMAND
            )
            found += _registers(data)
            if not _agrees(write, _registers(data)):
                return False, found
        return True, found

    async def _read_values(self, model_id: int) -> dict[str, PointValue]:
        if model_id not in self._models:
            return {}
        model = self._models[model_id]
        ((data, missing),) = (await self._read_whole([model], Priority.POLL)).values()
        return decode_model(model_id, data, missing)[0]

    async def _read_whole(
        self, models: Iterable[ModelAt], priority: Priority
    ) -> dict[ModelAt, tuple[bytes, frozenset[int]]]:
        """Complete models, with the registers (from each model's ID on) that were refused."""
        blocks: dict[ModelAt, tuple[bytes, frozenset[int]]] = {}
        splits = [MOST_SPLITS]
        for run in plan(whole(models), self._longest):
            data, refused = b"", set[int]()
            for addr, count in run.requests:
                piece, holes = await self._read_around(addr, count, priority, splits)
                data, refused = data + piece, refused | holes
            for window, at in run.parts:
                end = at + 2 * window.count
                missing = frozenset(r - window.addr for r in refused)
                blocks[window.model] = (data[at:end], missing & frozenset(range(window.count)))
        return blocks

    async def _read_around(
        self, addr: int, count: int, priority: Priority, splits: list[int]
    ) -> tuple[bytes, set[int]]:
        """Read what may be read: halve refused requests until the hole is small."""
        try:
            return await self.connection.read(self.unit, addr, count, priority), set()
        except ExceptionReply as fault:
            if fault.code not in REFUSED:
                raise
        splits[0] -= 1
        if count <= SMALLEST_PIECE or splits[0] <= 0:
            return bytes(2 * count), set(range(addr, addr + count))
        half = count // 2
        left, holes = await self._read_around(addr, half, priority, splits)
        right, more = await self._read_around(addr + half, count - half, priority, splits)
        return left + right, holes | more


def _registers(data: bytes) -> tuple[int, ...]:
    return tuple(int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2))


def _agrees(write: RegisterWrite, found: tuple[int, ...]) -> bool:
    for wanted, held, rule in zip(write.registers, found, write.compare, strict=True):
        if rule is Compare.EXACT and held != wanted:
            return False
        if rule is Compare.COUNTS_DOWN and held > wanted:
            return False
    return True
