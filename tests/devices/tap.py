"""A wire tap: a TCP proxy that notes when each client asked something, and may lose replies."""

import asyncio
import threading
import time
from typing import Self


class Tap:
    """Listens on `port` and passes everything on to a device; clients are numbered as they come.

    While `swallow_replies_to` holds a function code, replies to it are dropped.
    """

    def __init__(self, device_port: int) -> None:
        self.device_port = device_port
        self.port = 0
        self.clients: list[list[float]] = []
        self.swallow_replies_to: int | None = None
        self.swallowed = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def requests_after(self, at: float, *, client: int) -> int:
        """How many requests a client made since a moment of the monotonic clock."""
        if client >= len(self.clients):
            return 0
        return sum(moment > at for moment in self.clients[client])

    async def _listen(self) -> None:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]

    async def _end(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        moments: list[float] = []
        self.clients.append(moments)
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.device_port)
        back = asyncio.create_task(self._replies(up_reader, writer))
        try:
            while data := await reader.read(4096):
                moments.append(time.monotonic())
                up_writer.write(data)
        except ConnectionError:
            pass
        finally:
            back.cancel()
            up_writer.close()
            writer.close()

    async def _replies(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(4096):
            if self.swallow_replies_to is not None and data[7] == self.swallow_replies_to:
                self.swallowed += 1
                continue
            writer.write(data)
        writer.close()
