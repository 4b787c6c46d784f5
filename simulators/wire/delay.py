"""Answers that wait the same time wait in one line, behind one timer for all connections."""

import asyncio
from collections import deque

# Timers this close together are one; an answer is late by no more than that.
GRAIN_S = 0.001


class DelayLine:
    """First in, first out, because every answer in it waits equally long."""

    def __init__(self, delay_ms: int) -> None:
        self._delay_s = delay_ms / 1000
        self._waiting: deque[tuple[float, asyncio.Transport, bytes]] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None

    def add(self, transport: asyncio.Transport, answer: bytes) -> None:
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        due = self._loop.time() + self._delay_s
        self._waiting.append((due, transport, answer))
        if len(self._waiting) == 1:
            self._loop.call_at(due, self._send)

    def _send(self) -> None:
        waiting, loop = self._waiting, self._loop
        if loop is None:
            return
        now = loop.time()
        while waiting and waiting[0][0] <= now:
            _, transport, answer = waiting[0]
            if not transport.is_closing():
                transport.write(answer)
            # Only now: an empty line is one without a timer.
            waiting.popleft()
        if waiting:
            loop.call_at(max(waiting[0][0], now + GRAIN_S), self._send)


class DelayLines:
    """One line for each length of time."""

    def __init__(self) -> None:
        self._lines: dict[int, DelayLine] = {}

    def of(self, delay_ms: int) -> DelayLine | None:
        if delay_ms <= 0:
            return None
        return self._lines.setdefault(delay_ms, DelayLine(delay_ms))
