"""Many small askers, one statement: what is asked while a batch is under way forms the next one."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")
LONGEST_BATCH = 1000


class Batches(Generic[Item, Answer]):
    """`carry_out` gets a list and gives back an answer to each, in the same order.

    With `together_s` each batch first waits so long for company: for what nobody is waiting for.
    """

    def __init__(
        self,
        carry_out: Callable[[list[Item]], Awaitable[list[Answer]]],
        *,
        together_s: float = 0.0,
    ) -> None:
        self._carry_out = carry_out
        self._together_s = together_s
        self._waiting: list[tuple[Item, asyncio.Future[Answer]]] = []
        self._running: asyncio.Task[None] | None = None

    def submit(self, item: Item) -> asyncio.Future[Answer]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append((item, future))
        if self._running is None:
            self._running = loop.create_task(self._run())
        return future

    def cancel(self) -> None:
        """Give up: who still waits is cancelled."""
        if self._running is not None:
            self._running.cancel()
        for _, future in self._waiting:
            future.cancel()
        self._waiting.clear()

    async def _run(self) -> None:
        try:
            while self._waiting:
                if self._together_s:
                    await asyncio.sleep(self._together_s)
                batch = self._waiting[:LONGEST_BATCH]
                del self._waiting[:LONGEST_BATCH]
                await self._answer(batch)
        finally:
            self._running = None

    async def _answer(self, batch: list[tuple[Item, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await self._carry_out([item for item, _ in batch])
        except BaseException as error:
            for _, future in batch:
                if not future.done():
                    if isinstance(error, asyncio.CancelledError):
                        future.cancel()
                    else:
                        future.set_exception(error)
            if isinstance(error, asyncio.CancelledError):
                raise
            return
        for (_, future), answer in zip(batch, answers, strict=True):
            if not future.done():
                future.set_result(answer)
