"""A captured register dump as a device: what was read is served, what is written is kept.

The dump is a JSON object with `segments`, each a contiguous run of 16-bit holding registers:
`{"start": 40000, "hex": "53756e53…"}`, big-endian. Whatever else it says is ignored. Registers
outside the segments are refused with exception 2, as the captured device may have done.
"""

import asyncio
import json
import signal
import time
from functools import partial
from pathlib import Path
from typing import Any

import uvloop

from simulators.errors import FleetError
from simulators.personalities import Personality
from simulators.running.journal import Journal
from simulators.wire.codes import ILLEGAL_ADDRESS, ILLEGAL_VALUE
from simulators.wire.connection import ModbusConnection
from simulators.wire.delay import DelayLines
from simulators.wire.port import Port

HIGHEST_ADDRESS = 65_535


class Dump:
    """Registers by address, in contiguous runs."""

    def __init__(self, runs: dict[int, bytearray]) -> None:
        self.runs = runs

    def _place(self, address: int, count: int) -> tuple[bytearray, int] | None:
        for start, words in self.runs.items():
            if start <= address and address + count <= start + len(words) // 2:
                return words, 2 * (address - start)
        return None

    def read(self, address: int, count: int) -> bytes | None:
        found = self._place(address, count)
        return bytes(found[0][found[1] : found[1] + 2 * count]) if found else None

    def write(self, address: int, words: bytes) -> bool:
        found = self._place(address, len(words) // 2)
        if found:
            found[0][found[1] : found[1] + len(words)] = words
        return found is not None

    @property
    def size(self) -> int:
        return sum(len(words) // 2 for words in self.runs.values())


def load_dump(path: Path) -> Dump:
    """Read a dump; raises FleetError naming what is wrong with which segment."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FleetError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise FleetError(f"{path} is not JSON: {error}") from error
    segments = document.get("segments") if isinstance(document, dict) else None
    if not isinstance(segments, list) or not segments:
        raise FleetError(f"{path} holds no segments; a dump needs [{{start, hex}}, …]")
    runs: dict[int, bytearray] = {}
    for number, segment in enumerate(segments, start=1):
        start, words = _segment(path, number, segment)
        if any(start < s + len(w) // 2 and s < start + len(words) // 2 for s, w in runs.items()):
            raise FleetError(f"{path}, segment {number}: it overlaps another one")
        runs[start] = words
    return Dump(_joined(runs))


def _segment(path: Path, number: int, segment: Any) -> tuple[int, bytearray]:  # noqa: ANN401 - JSON
    try:
        start = int(segment["start"])
        words = bytearray.fromhex("".join(str(segment["hex"]).split()))
    except (KeyError, TypeError, ValueError) as error:
        raise FleetError(f"{path}, segment {number}: it needs start and hex ({error!r})") from error
    if not words or len(words) % 2:
        raise FleetError(f"{path}, segment {number}: {len(words)} bytes are no whole registers")
    if not 0 <= start <= HIGHEST_ADDRESS + 1 - len(words) // 2:
        raise FleetError(f"{path}, segment {number}: it does not lie within 0 to 65535")
    return start, words


def _joined(runs: dict[int, bytearray]) -> dict[int, bytearray]:
    """Put runs together that follow one another without a gap."""
    joined: dict[int, bytearray] = {}
    last: int | None = None
    for start, words in sorted(runs.items()):
        if last is not None and last + len(joined[last]) // 2 == start:
            joined[last] += words
        else:
            joined[start], last = bytearray(words), start
    return joined


class ReplayPort(Port):
    """The port of one replayed device."""

    def __init__(
        self, dump: Dump, unit: int, habits: Personality, latency_ms: int, journal: Journal,
        *, read_only: bool,
    ) -> None:  # fmt: skip
        super().__init__(time.monotonic, habits, latency_ms, DelayLines())
        self.dump, self.unit, self.journal, self.read_only = dump, unit, journal, read_only

    def has(self, unit: int) -> bool:
        return unit == self.unit

    def read(self, unit: int, address: int, count: int) -> bytes | None:
        return self.dump.read(address, count)

    def write(self, unit: int, address: int, words: bytes) -> int:
        exception = 0
        if self.read_only:
            exception = ILLEGAL_VALUE
        elif not self.dump.write(address, words):
            exception = ILLEGAL_ADDRESS
        registers = [int.from_bytes(words[k : k + 2], "big") for k in range(0, len(words), 2)]
        self.journal.record(
            time.time(), "write", key="replay", unit=unit, addr=address, registers=registers,
            accepted=not exception, exception=exception,
        )  # fmt: skip
        self.journal.flush()
        return exception


async def _serve(port: ReplayPort, host: str, number: int) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    try:
        server = await loop.create_server(partial(ModbusConnection, port), host, number)
    except OSError as error:
        raise FleetError(f"cannot listen on {host}:{number}: {error.strerror}") from error
    print(f"ready: {port.dump.size} registers as unit {port.unit} on {host}:{number}", flush=True)
    await stop.wait()
    server.close()


def serve_replay(port: ReplayPort, host: str, number: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(port, host, number))
