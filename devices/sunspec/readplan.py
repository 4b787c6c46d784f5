"""Which registers to ask for: wanted parts of neighbouring models merged into few requests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from devices.capabilities import ModelAt


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a model that is wanted: `first` and `count` in registers from its ID register."""

    model: ModelAt
    first: int
    count: int

    @property
    def addr(self) -> int:
        return self.model.addr + self.first

    @property
    def end(self) -> int:
        return self.addr + self.count


@dataclass(frozen=True, slots=True)
class Run:
    """Registers read in one go: `requests` are (address, count), nearly always exactly one.

    `parts` are the windows in it, each with the byte at which it begins.
    """

    requests: tuple[tuple[int, int], ...]
    parts: tuple[tuple[Window, int], ...]


@lru_cache(maxsize=4096)
def plan(windows: tuple[Window, ...], longest: int, *, merge: bool = True) -> tuple[Run, ...]:
    """Cut windows into runs of at most `longest` registers; devices of one signature share it.

    Two windows share a run when their models are neighbours in the chain: nothing between them
    is outside the device's map. A window that is longer than `longest` gets several requests.
    """
    runs: list[list[Window]] = []
    for window in sorted(windows, key=lambda window: window.addr):
        if runs and merge and _joins(runs[-1], window, longest):
            runs[-1].append(window)
        else:
            runs.append([window])
    return tuple(_run(members, longest) for members in runs)


def _joins(run: list[Window], window: Window, longest: int) -> bool:
    model = run[-1].model
    is_neighbour = window.model.addr == model.addr + model.length + 2
    return is_neighbour and window.end - run[0].addr <= longest


def _run(members: list[Window], longest: int) -> Run:
    start, end = members[0].addr, members[-1].end
    requests = tuple((at, min(longest, end - at)) for at in range(start, end, longest))
    return Run(requests, tuple((window, 2 * (window.addr - start)) for window in members))


def whole(models: Iterable[ModelAt]) -> tuple[Window, ...]:
    """Windows over complete models, headers included."""
    return tuple(Window(model, 0, model.length + 2) for model in models)
