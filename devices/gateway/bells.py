"""How other threads of a gateway worker wake its loop."""

import asyncio
from collections.abc import Callable

Answer = Callable[[bool], None]
_listeners: dict[str, tuple[asyncio.AbstractEventLoop, Answer]] = {}


def listen(zone: str, loop: asyncio.AbstractEventLoop, answer: Answer) -> None:
    """Let `answer(devices_changed)` be called on the loop whenever the zone's bell rings."""
    _listeners[zone] = (loop, answer)


def hang_up(zone: str) -> None:
    _listeners.pop(zone, None)


def ring(zone: str, *, devices_changed: bool = False) -> bool:
    """Wake the loop that serves this zone in this process; false when there is none.

    A bell nobody hears costs a moment: the loop looks at the tables by itself as well.
    """
    listener = _listeners.get(zone)
    if listener is None:
        return False
    loop, answer = listener
    try:
        loop.call_soon_threadsafe(answer, devices_changed)
    except RuntimeError:  # the loop has just ended
        return False
    return True
