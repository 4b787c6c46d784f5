"""When what is due: one heap and one timer for a whole zone, and a bound on new connections."""

import asyncio
import heapq
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
# Those due this soon after the first go with it: fewer wake-ups, no visible lateness.
TOGETHER_S = 0.004


class DueHeap(Generic[T]):
    """Calls `due(item)` on the loop when an item's time has come; an item is in it once at most.

    `lateness_s` is the worst delay since it was last taken.
    """

    def __init__(self, due: Callable[[T], None]) -> None:
        self._due = due
        self._heap: list[tuple[float, int, T]] = []
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._count = 0
        self.lateness_s = 0.0

    def add(self, at: float, item: T) -> None:
        self._count += 1
        heapq.heappush(self._heap, (at, self._count, item))
        if self._timer is None or at < self._timer_at:
            self._set_timer()

    def take_lateness_s(self) -> float:
        worst, self.lateness_s = self.lateness_s, 0.0
        return worst

    def stop(self) -> None:
        self._heap.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = self._heap[0][0]
        self._timer = self._loop.call_at(self._timer_at, self._tick)

    def _tick(self) -> None:
        self._timer = None
        now = self._loop.time()
        while self._heap and self._heap[0][0] <= now + TOGETHER_S:
            at, _, item = heapq.heappop(self._heap)
            self.lateness_s = max(self.lateness_s, now - at)
            self._due(item)
        if self._heap and self._timer is None:
            self._set_timer()


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
