"""When what is due: one heap and one timer for a whole zone, and a bound on new connections."""

import asyncio
import heapq
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
# What is due within the same grain is due together: fewer wake-ups, no visible lateness.
TOGETHER_S = 0.004
# Then others get their turn: replies, commands, the lease.
MOST_AT_ONCE = 250
# While others are pressed: so many, and then a pause. 1,250 a second, enough for most zones.
MOST_WHEN_PRESSED, PRESSED_PAUSE_S = 10, 0.008
SMOOTHING = 0.2


class DueHeap(Generic[T]):
    """Calls `due(item)` on the loop when an item's time has come; an item is in it once at most.

    Items of one grain share a place, so that thousands cost no search. While `is_pressed` says
    that something more urgent has much to do, only `most_when_pressed` of them pass each
    PRESSED_PAUSE_S. `lateness_s` is the worst delay since it was last taken.
    """

    def __init__(
        self,
        due: Callable[[T], None],
        *,
        is_pressed: Callable[[], bool] = lambda: False,
        most_when_pressed: int = MOST_WHEN_PRESSED,
    ) -> None:
        self._due = due
        self._is_pressed = is_pressed
        self._most_when_pressed = most_when_pressed
        self._grains: list[int] = []
        self._items: dict[int, list[T]] = {}
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.Handle | None = None
        self._timer_at = 0.0
        self.lateness_s = 0.0

    def add(self, at: float, item: T) -> None:
        grain = int(at / TOGETHER_S) + 1
        items = self._items.get(grain)
        if items is not None:
            items.append(item)
            return
        self._items[grain] = [item]
        heapq.heappush(self._grains, grain)
        if self._timer is None or grain * TOGETHER_S < self._timer_at:
            self._set_timer()

    def take_lateness_s(self) -> float:
        worst, self.lateness_s = self.lateness_s, 0.0
        return worst

    def stop(self) -> None:
        self._grains.clear()
        self._items.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = self._grains[0] * TOGETHER_S
        self._timer = self._loop.call_at(self._timer_at, self._tick)

    def _tick(self) -> None:
        self._timer = None
        now, done = self._loop.time(), 0
        is_pressed = self._is_pressed()
        most = self._most_when_pressed if is_pressed else MOST_AT_ONCE
        while self._grains and self._grains[0] * TOGETHER_S <= now:
            grain = self._grains[0]
            items = self._items[grain]
            self.lateness_s = max(self.lateness_s, now - (grain - 1) * TOGETHER_S)
            while items and done < most:
                done += 1
                self._due(items.pop())
            if items:
                self._timer_at = now + (PRESSED_PAUSE_S if is_pressed else 0.0)
                self._timer = self._loop.call_at(self._timer_at, self._tick)
                return
            del self._items[grain]
            heapq.heappop(self._grains)
        if self._grains and self._timer is None:
            self._set_timer()


@dataclass(slots=True)
class Tally:
    """What the sessions of a zone did in this term, counted where it happens."""

    polls: int = 0
    connects: int = 0
    _polls_before: int = 0
    _rate: float = 0.0

    def take_polls_per_s(self, since_s: float) -> float:
        """Polls ended in each second since the last question, smoothed over some seconds."""
        fresh = (self.polls - self._polls_before) / max(since_s, 1e-3)
        self._polls_before = self.polls
        self._rate = fresh if not self._rate else self._rate + (fresh - self._rate) * SMOOTHING
        return round(self._rate, 2)


class ConnectBudget:
    """At most `per_s` connection attempts a second over all endpoints, with a short burst."""

    def __init__(self, per_s: float, *, burst_s: float = 0.25) -> None:
        self._gap_s = 1.0 / per_s
        self._burst_s = burst_s
        self._next_at = 0.0

    async def take(self) -> None:
        now = asyncio.get_running_loop().time()
        self._next_at = max(self._next_at, now - self._burst_s) + self._gap_s
        if self._next_at > now:
            await asyncio.sleep(self._next_at - now)
