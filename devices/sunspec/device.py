"""One SunSpec device behind a connection: reads it, and writes to it with proof."""

from __future__ import annotations

import asyncio

from devices.capabilities import (
    ControlRequest,
    ControlState,
    DeviceChanged,
    Discovery,
    ExceptionReply,
    Function,
    Learned,
    Measurement,
    ModelAt,
    Nameplate,
    NotSupported,
    Now,
    OutOfRange,
    PointValue,
    SettingsUnknown,
    SlowReading,
    WritePlan,
    difference,
)
from devices.sunspec import slow
from devices.sunspec.beating import Beat
from devices.sunspec.beating import Told as BeatTold
from devices.sunspec.blocks import REFUSED, Blocks
from devices.sunspec.codec import decode_model, decoder, text
from devices.sunspec.definitions import definition
from devices.sunspec.desk import Desk
from devices.sunspec.held import Held
from devices.sunspec.inverter import DER, LEGACY
from devices.sunspec.measuring import Counters, Reader
from devices.sunspec.meter import METER, METER_EXPORT_POSITIVE
from devices.sunspec.polling import FastPoll, Part, Source, Told, part_of
from devices.sunspec.quirks import PLAIN
from devices.sunspec.quirks.quirk import Quirks
from devices.sunspec.readplan import Run, plan, whole
from devices.sunspec.transport import Connection
from devices.sunspec.writing import Writing

# Where the state of charge stands, best first.
STORAGE_POINTS = ((713, "SoC"), (802, "SoC"), (124, "ChaState"))
POLLS_WITHOUT_SOC = 3


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
        learned: Learned | None = None,
    ) -> None:
        self.connection = connection
        self.unit = unit
        self.discovery = discovery
        self.quirks = quirks
        self.flags = discovery.flags
        if learned is None or learned.base != discovery.base or learned.quirks != quirks.name:
            learned = Learned(discovery.base, quirks.single_write_function, quirks.longest_read)
        connection.min_gap_s = max(connection.min_gap_s, quirks.min_gap_s, learned.min_gap_s)
        self._blocks = Blocks(
            connection,
            unit,
            longest=min(discovery.longest_read, quirks.longest_read, learned.longest_read),
            refused=learned.refused,
        )
        self._models: dict[int, ModelAt] = {}
        for model in discovery.models:
            self._models.setdefault(model.id, model)
        self._desk = Desk(self._blocks, self._models, quirks)
        self._writing = Writing(
            self._blocks,
            single_function=learned.single_write_function,
            in_pieces=learned.writes_in_pieces,
            adoption_patience_s=quirks.adoption_patience_s,
        )
        self._reader = self._find_reader(as_meter=as_meter)
        self._main = self._find_main()
        self._storage = None if self.kind == "meter" else self._find_storage()
        self._counters = Counters(learned.has_injected, learned.has_absorbed)
        self._polls_without_soc = 0
        self._beat = Beat(connection, unit)
        self._runs: tuple[Run, ...] = ()
        self._main_part = self._storage_part = Part(0, 0, 0)
        self._plan_polls(merge=True)

    def _find_reader(self, *, as_meter: bool) -> Reader | None:
        meter = METER_EXPORT_POSITIVE if self.quirks.meter_positive_is_export else METER
        readers = (meter,) if as_meter else (DER, LEGACY, meter)
        for reader in readers:
            if any(model in self._models for model in reader.models):
                return reader
        return None

    def _find_main(self) -> Source | None:
        if self._reader is None:
            return None
        model = next(self._models[m] for m in self._reader.models if m in self._models)
        return Source(model, decoder(model.id, self._reader.wanted, model.length))

    def _find_storage(self) -> Source | None:
        for model_id, point in STORAGE_POINTS:
            if model_id in self._models:
                model = self._models[model_id]
                source = Source(model, decoder(model_id, (point,), model.length))
                return source if source.decoder.count else None
        return None

    def _plan_polls(self, *, merge: bool) -> None:
        storage = None if self._main is None else self._storage
        sources = [source for source in (self._main, storage) if source is not None]
        self._runs = plan(
            tuple(source.window for source in sources), self._blocks.longest, merge=merge
        )
        self._main_part = part_of(self._main, self._runs)
        self._storage_part = part_of(self._storage, self._runs)
        self._poll = self._new_poll()

    @property
    def kind(self) -> str:
        """What the unit is measured as: inverter, meter or other."""
        if self._reader is None:
            return "other"
        return "inverter" if self._reader in {DER, LEGACY} else "meter"

    @property
    def functions(self) -> frozenset[Function]:
        """What it can be asked; exact once the settings were read, from its models before."""
        return self._desk.functions

    @property
    def learned(self) -> Learned:
        """What was found out so far; give it back to the constructor at the next start."""
        return Learned(
            base=self.discovery.base,
            single_write_function=self._writing.single_function,
            writes_in_pieces=self._writing.in_pieces,
            longest_read=self._blocks.longest,
            min_gap_s=self.connection.min_gap_s,
            refused=self._blocks.refused,
            quirks=self.quirks.name,
            has_injected=self._counters.has_injected,
            has_absorbed=self._counters.has_absorbed,
        )

    async def measure(self, now: Now) -> Measurement:
        """Read the fast points, in one request or two; `now` is asked when they have come."""
        future: asyncio.Future[Measurement] = asyncio.get_running_loop().create_future()

        def told(outcome: Measurement | Exception) -> None:
            if future.done():
                return
            if isinstance(outcome, Exception):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)

        self._start(self._new_poll(), now, told)
        return await future

    def poll(self, now: Now, told: Told, *, timeout_s: float = 0.0) -> None:
        """Like `measure`, for thousands: one at a time, and `told` gets what comes of it.

        With `timeout_s` each reply is waited for so long, in place of the connection's own time.
        """
        self._start(self._poll, now, told, timeout_s)

    def _start(self, poll: FastPoll, now: Now, told: Told, timeout_s: float = 0.0) -> None:
        if self._runs:
            poll.start(now, told, timeout_s)
        else:
            told(NotSupported(f"unit {self.unit} has no model with measurements"))

    def _new_poll(self) -> FastPoll:
        return FastPoll(
            self.connection, self.unit, self._runs, self._decode_fast, self._ask_for_less
        )

    def _decode_fast(self, payloads: list[bytes], now: Now) -> Measurement:
        if self._main is None or self._reader is None:
            raise NotSupported(f"unit {self.unit} has no model with measurements")
        data, at = self._main_part.within(payloads)
        values, faults = self._main.decoder.decode(data, at)
        soc: float | None = None
        if self._storage is not None:
            data, at = self._storage_part.within(payloads)
            soc = self._storage.decoder.decode(data, at)[0][0]
            self._note_storage(soc)
        measurement = self._reader.to_measurement(values, faults, now(), soc)
        self._desk.measured = measurement
        return self._counters.checked(measurement)

    def _note_storage(self, soc: float | None) -> None:
        """A PV inverter with an empty storage model must not cost a second request for ever."""
        self._polls_without_soc = 0 if soc is not None else self._polls_without_soc + 1
        if self._polls_without_soc >= POLLS_WITHOUT_SOC:
            self._storage = None
            self._plan_polls(merge=True)

    def _ask_for_less(self, fault: ExceptionReply, now: Now, told: Told) -> bool:
        if fault.code not in REFUSED or not self._give_in():
            return False
        self._start(self._new_poll(), now, told)
        return True

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
        settings = await self._desk.read_settings()
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
        self._blocks.forget_refusals()
        known = [model for model in self.discovery.models if definition(model.id) is not None]
        blocks = {w.model: block for w, block in (await self._blocks.read(whole(known))).items()}
        for model in self.discovery.models:
            key = str(model.id)
            key = f"{key}@{model.addr}" if key in points else key
            points[key] = {}
            if model in blocks:
                points[key], words = decode_model(
                    model.id, blocks[model].data, blocks[model].missing
                )
                flags += words
        self.flags = tuple(dict.fromkeys(flags))
        return points

    async def read_slow(self, now: Now) -> SlowReading:
        """What it does for each function and how it is: polls, so that commands go between.

        Raises DeviceChanged when another serial number answers than was discovered.
        """
        windows = list(whole(self._models[m] for m in slow.MODELS if m in self._models))
        identity = slow.identity_window(self._models)
        if identity is not None:
            windows.append(identity)
        blocks = await self._blocks.read(windows)
        firmware = self.discovery.identity.version
        if identity is not None:
            firmware = self._same_device(blocks.pop(identity).data)
        settings = self._desk.take(
            Held(window.model, block.data, block.missing) for window, block in blocks.items()
        )
        return SlowReading(
            supervision=slow.supervision(settings, firmware, now()),
            states=self._desk.states(),
            points=slow.figures(settings),
        )

    def _same_device(self, data: bytes) -> str:
        """The version in the bytes of version and serial number, if the latter is ours."""
        at = 2 * slow.VERSION_COUNT
        serial, known = (text(data[at:]) or "").strip(), self.discovery.identity.serial_number
        if serial and known and serial != known:
            raise DeviceChanged(
                f"unit {self.unit} at {self.connection} says its serial number is {serial},"
                f" and it was {known}: somebody must look at it"
            )
        return (text(data[:at]) or "").strip()

    @property
    def has_heartbeat(self) -> bool:
        """Known once settings or slow points were read."""
        return bool(self._desk.hearts)

    async def beat(self, counter: int) -> None:
        """Write the controller's sign of life; the counter may grow without bound.

        Once one has worked, beat_again() does the same for less.
        """
        self._beat.has_worked = False
        for heart in self._desk.hearts:
            await self._writing.write_point(heart.addr, heart.registers(counter))
        self._beat.has_worked = True

    def beat_again(self, counter: int, told: BeatTold) -> bool:
        """Begin a beat as the last one, without a task; false as long as none has worked.

        `told` is called once, with None or with what went wrong; then beat() is to be tried anew.
        """
        if not self._beat.has_worked:
            return False
        self._beat.start(counter, self._desk.hearts, self._writing.single_function, told)
        return True

    async def read_settings(self, function: Function | None = None) -> None:
        """What plan() needs: for one function in few requests, without one for all of them."""
        await self._desk.read_settings(function)
        if self._storage is None and self.kind == "inverter":
            self._storage = self._find_storage()
            self._polls_without_soc = 0
            self._plan_polls(merge=True)

    async def look_at_switch(self) -> None:
        """Read the local/remote switch anew, if there is one: plan() refuses while it is local."""
        settings = self._desk.settings
        if settings is None or settings.is_local is not None:
            await self._desk.read((715, 802))

    async def read_control(self, function: Function) -> ControlState:
        """What the device holds for a function right now (one request once settings are known)."""
        return await self._desk.read_control(function)

    def plan(self, request: ControlRequest) -> WritePlan:
        return self._desk.plan(request)

    def difference(self, request: ControlRequest, found: ControlState) -> str:
        """In words, how what was found differs from what the request makes of this device.

        Empty when it agrees; what cannot be planned on this device is said in its own words.
        """
        try:
            return difference(self._desk.plan(request, ignore_local=True), found)
        except (NotSupported, OutOfRange, SettingsUnknown) as fault:
            return str(fault)

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
        """Write the plan; raises UnknownOutcome when only confirm() can tell what happened.

        Where the plan needs it the device also adopts a curve; raises NotAdopted if it refuses.
        """
        await self._writing.apply(plan)

    async def adopt(self, plan: WritePlan) -> None:
        """Only the handshake of a plan that needs adoption; apply() does it at its place."""
        if plan.adoption is not None:
            await self._writing.adopt(plan.adoption)

    async def confirm(self, plan: WritePlan) -> bool:
        """Compare raw registers with the plan; timers may have counted down since."""
        return (await self._writing.read_back(plan))[0]

    async def read_back(self, plan: WritePlan) -> tuple[bool, tuple[int, ...]]:
        """Whether the device holds the plan, and the registers that say so."""
        return await self._writing.read_back(plan)

    async def _read_values(self, model_id: int) -> dict[str, PointValue]:
        if model_id not in self._models:
            return {}
        ((window, block),) = (await self._blocks.read(whole([self._models[model_id]]))).items()
        return decode_model(window.model.id, block.data, block.missing)[0]
