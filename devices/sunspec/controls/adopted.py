"""Curves and droops of the 700 family: written into a stored one, then adopted by the device.

The first stored curve is read-only and shows the active one. Another is filled, AdptCrvReq asks for
it, the device checks it and says by AdptCrvRslt how that went, and Ena puts it in force.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from typing_extensions import override

from devices.capabilities import (
    Adoption,
    Compare,
    ControlRequest,
    NotSupported,
    RegisterWrite,
    WritePlan,
)
from devices.parameters import Parameters
from devices.sunspec.controls.stored import READ_WRITE, StoredControl
from devices.sunspec.quirks.quirk import Quirks
from devices.sunspec.settings import Settings

ACTIVE = 1
COMPLETED = 1


class AdoptedControl(StoredControl):
    """`parts` are the runs of neighbouring writable points of one stored curve."""

    enable = "Ena"
    request: ClassVar[str] = "AdptCrvReq"
    result: ClassVar[str] = "AdptCrvRslt"
    after_reversion: ClassVar[str] = "RvrtCrv"
    kept: ClassVar[tuple[str, ...]] = ()
    mandatory: ClassVar[tuple[str, ...]]

    @abstractmethod
    def parts(self, points: int) -> tuple[tuple[str, ...], ...]:
        """Runs of neighbouring points of a curve with this many points."""

    @abstractmethod
    def fill(self, settings: Settings, index: int, asked: Parameters) -> dict[str, int]:
        """Raw values for a stored curve's points."""

    @abstractmethod
    def asked(self, request: ControlRequest) -> tuple[Parameters, int]:
        """The request's parameters, and how many points they have."""

    @override
    def lacks(self, settings: Settings) -> str | None:
        if not settings.reaches(self.model, self.request, self.result):
            return ""
        return super().lacks(settings)

    @override
    def active(self, settings: Settings) -> int | None:
        """The first, unless the device lets it be written: then the one it last adopted."""
        chosen = settings.raw(self.model, self.request) or 0
        was_adopted = settings.raw(self.model, self.result) == COMPLETED
        if self._selects(settings) and was_adopted and chosen in self.indices(settings):
            return chosen
        return ACTIVE

    def _selects(self, settings: Settings) -> bool:
        """Whether the device may follow a stored curve where it stands, and copies none."""
        return settings.raw(self.model, self.field(ACTIVE, "ReadOnly")) == READ_WRITE

    @override
    def choose(self, settings: Settings, request: ControlRequest) -> int | None:
        """Neither the active one nor the one to return to, as long as there is another."""
        spared = {settings.raw(self.model, self.after_reversion)}
        if self._selects(settings):
            spared.add(settings.raw(self.model, self.request))
        writable = [i for i in self.indices(settings) if self.is_writable(settings, i)]
        others = [i for i in writable if i != ACTIVE]
        unspared = [i for i in others if i not in spared]
        return next(iter((*unspared, *others, *writable)), None)

    @override
    def plan(self, settings: Settings, quirks: Quirks, request: ControlRequest) -> WritePlan:
        enable = settings.write(
            self.model, (self.enable,), {self.enable: int(request.enable)}, enable=self.enable
        )
        if not request.enable:
            return WritePlan(request, (enable,), None, reverts_in_device=False)
        index = self.choose(settings, request)
        if index is None:
            raise NotSupported(f"the device holds no curve in model {self.model} to write into")
        asked, points = self.asked(request)
        filled = self._copied(settings) | self.fill(settings, index, asked)
        prepared = self._prepared(settings, index, filled, points)
        timer = self.timer_value(settings, request)
        after = (settings.write(self.model, (self.timer,), timer),) if timer else ()
        return WritePlan(
            request=request,
            writes=(*prepared, *after, enable),
            value_w=None,
            reverts_in_device=request.reversion_s > 0 and bool(timer),
            notes=self.notes(settings, request, has_ramp=False),
            parameters=self.rounded(settings, index, filled, asked),
            adoption=self._adoption(settings, index, prepared),
        )

    def _prepared(
        self, settings: Settings, index: int, filled: dict[str, int], points: int
    ) -> tuple[RegisterWrite, ...]:
        """The stored curve's writes, leaving out what the device does not implement.

        A curve that was never used may show its points as missing: the active one tells.
        """
        values = {self.field(index, name): raw for name, raw in filled.items()}
        there = {
            self.field(index, name)
            for name in filled
            if name in self.mandatory
            or name.startswith("Pt_")
            or settings.has(self.model, self.field(index, name))
            or settings.has(self.model, self.field(ACTIVE, name))
        }
        writes = []
        for part in self.parts(points):
            run: list[str] = []
            for name in (*(self.field(index, n) for n in part), ""):
                if name in there:
                    run.append(name)
                elif run:
                    writes.append(settings.write(self.model, tuple(run), values, always=there))
                    run = []
        return tuple(writes)

    @abstractmethod
    def rounded(
        self, settings: Settings, index: int, filled: dict[str, int], asked: Parameters
    ) -> Parameters | None:
        """What the filled curve makes the device do."""

    def _copied(self, settings: Settings) -> dict[str, int]:
        """What the request says nothing about stays as it is in the active curve."""
        held = {n: settings.raw(self.model, self.field(ACTIVE, n)) for n in self.kept}
        return {name: raw for name, raw in held.items() if raw is not None}

    def _adoption(
        self, settings: Settings, index: int, prepared: tuple[RegisterWrite, ...]
    ) -> Adoption:
        request = settings.addr(self.model, self.request)
        result = settings.addr(self.model, self.result)
        done = RegisterWrite(result, (COMPLETED,), (Compare.EXACT,))
        chosen = RegisterWrite(request, (index,), (Compare.EXACT,))
        distance = settings.addr(self.model, self.field(index, self.scaled_first))
        distance -= settings.addr(self.model, self.field(ACTIVE, self.scaled_first))
        copied = tuple(
            RegisterWrite(w.addr - distance, w.registers, w.compare, w.sizes) for w in prepared
        )
        selected = (*prepared, chosen, done)
        if index == ACTIVE:
            proofs: tuple[tuple[RegisterWrite, ...], ...] = ((*prepared, done),)
        elif self._selects(settings):
            proofs = (copied, selected)
        else:
            proofs = (copied,)
        asks = RegisterWrite(request, (index,), (Compare.IGNORED,))
        return Adoption(len(prepared), asks, result, proofs)

    @property
    def scaled_first(self) -> str:
        return self.parts(2)[0][0]
