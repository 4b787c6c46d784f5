"""The control desk of one device: knows what it holds, plans, writes and proves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from devices.capabilities import (
    ControlRequest,
    ControlState,
    Function,
    Measurement,
    ModelAt,
    SettingsUnknown,
    WritePlan,
)
from devices.sunspec import controls
from devices.sunspec.beating import Heart
from devices.sunspec.blocks import Blocks
from devices.sunspec.exchange import Priority
from devices.sunspec.held import Held
from devices.sunspec.quirks.quirk import Quirks
from devices.sunspec.readplan import whole
from devices.sunspec.settings import GROUND_MODELS, Settings

HEARTBEATS = ((715, "ControllerHb", 0xFFFFFFFF), (802, "CtrlHb", 0xFFFF))
# Short models with everything that is commanded often; those with curves are read when needed.
QUICK_MODELS = (123, 124, 703, 704)


class Desk:
    """`settings` are None until something was read; `measured` is the last measurement."""

    def __init__(self, blocks: Blocks, models: Mapping[int, ModelAt], quirks: Quirks) -> None:
        self.settings: Settings | None = None
        self.measured: Measurement | None = None
        self._blocks = blocks
        self._models = models
        self._quirks = quirks
        self._hearts: tuple[Heart, ...] = ()
        self._hearts_of: Settings | None = None

    @property
    def functions(self) -> frozenset[Function]:
        """Exact once the models were read, from the device's chain before."""
        return frozenset(function for function in Function if self._may_have(function))

    def _may_have(self, function: Function) -> bool:
        held = self.settings.held if self.settings is not None else {}
        models = [control.model for control in controls.controls_of(function)]
        if any(model in self._models and model not in held for model in models):
            return True
        return self.settings is not None and controls.has(self.settings, function)

    async def read(
        self, model_ids: Iterable[int], priority: Priority = Priority.COMMAND
    ) -> Settings:
        """Read whole models anew; what was read of others before is kept."""
        wanted = [self._models[m] for m in dict.fromkeys(model_ids) if m in self._models]
        blocks = await self._blocks.read(whole(wanted), priority)
        return self.take(
            Held(window.model, block.data, block.missing) for window, block in blocks.items()
        )

    def take(self, models: Iterable[Held]) -> Settings:
        """Take over models that were just read."""
        held = dict(self.settings.held) if self.settings is not None else {}
        held |= {model.model.id: model for model in models}
        measured = self.measured
        self.settings = Settings(held, None if measured is None else measured.frequency_hz)
        return self.settings

    async def read_settings(self, function: Function | None = None) -> Settings:
        """What percentages refer to, and the controls: those of one function, or all.

        Without a function the short models are read anew and the longer ones once.
        """
        if function is not None:
            wanted = tuple(control.model for control in controls.controls_of(function))
        else:
            held = self.settings.held if self.settings is not None else {}
            wanted = (*QUICK_MODELS, *(m for m in controls.MODELS if m not in held))
        return await self.read((*GROUND_MODELS, *wanted))

    async def read_control(self, function: Function) -> ControlState:
        """One request, as soon as the ground is known."""
        settings = self.settings or await self.read_settings(function)
        models = {control.model for control in controls.controls_of(function)}
        unread = models & self._models.keys() - settings.held.keys()
        if unread:
            settings = await self.read(unread)
        control = controls.control_for(settings, function)
        return controls.state(await self.read([control.model]), function)

    def states(self) -> tuple[ControlState, ...]:
        """What the device held for each of its functions when it was last read.

        What its power contradicts is left out: some makers' control registers tell nothing.
        """
        settings = self.settings
        if settings is None:
            return ()
        power_w = None if self.measured is None else self.measured.active_power_w
        return controls.states(settings, power_w)

    def plan(self, request: ControlRequest, *, ignore_local: bool = False) -> WritePlan:
        if self.settings is None or not self._is_read(request.function):
            raise SettingsUnknown("read_settings() has not been called on this device yet")
        if not ignore_local:
            controls.refuse_local(self.settings)
        return controls.plan(self.settings, self._quirks, request)

    def _is_read(self, function: Function) -> bool:
        held = self.settings.held if self.settings is not None else {}
        models = {control.model for control in controls.controls_of(function)}
        return not models & self._models.keys() - held.keys()

    @property
    def hearts(self) -> tuple[Heart, ...]:
        """The counters that the device implements; looked for anew when something was read."""
        settings = self.settings
        if settings is not self._hearts_of:
            self._hearts_of = settings
            hearts = () if settings is None else tuple(_hearts(settings))
            if hearts != self._hearts:
                self._hearts = hearts
        return self._hearts


def _hearts(settings: Settings) -> Iterator[Heart]:
    for model_id, name, most in HEARTBEATS:
        if settings.has(model_id, name):
            held = settings.held[model_id]
            place = held.points[name]
            yield Heart(held.model.addr + place.offset, place.type, most)
