"""Live push: services publish after commit, each web process listens once and fans out.

Topics are Redis channels under `derms.live.`; a message is one JSON document. A slow browser loses
the oldest frames, never the newest, and never slows the others.
"""

import asyncio
import contextlib
import json
import logging
import random
from collections.abc import Callable, Sequence
from typing import Any

import redis
import redis.asyncio
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.db import transaction

logger = logging.getLogger(__name__)
PREFIX = "derms.live."
QUEUE_LENGTH = 20
_publisher: redis.Redis | None = None

Listener = Callable[[str, str], None]


def publish(topic: str, payload: dict[str, Any]) -> None:
    """Publish now. A missing Redis costs the push only: browsers then poll the page's snapshot."""
    publish_many(topic, [payload])


def publish_many(topic: str, payloads: Sequence[dict[str, Any]]) -> None:
    """Publish each of these now, in one round trip."""
    global _publisher  # noqa: PLW0603  one connection per process, made on first use
    if not payloads:
        return
    try:
        if _publisher is None:
            _publisher = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2)
        pipeline = _publisher.pipeline(transaction=False)
        for payload in payloads:
            pipeline.publish(PREFIX + topic, json.dumps(payload, separators=(",", ":")))
        pipeline.execute()
    except redis.RedisError:
        logger.warning("push_lost topic=%s", topic)


def publish_after_commit(topic: str, payload: dict[str, Any]) -> None:
    transaction.on_commit(lambda: publish(topic, payload), robust=True)


class Hub:
    """One Redis subscription per process; listeners get (topic, text) on the event loop."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()
        self._task: asyncio.Task[None] | None = None

    def add(self, listener: Listener) -> None:
        self._listeners.add(listener)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run())

    def remove(self, listener: Listener) -> None:
        self._listeners.discard(listener)

    async def _run(self) -> None:
        delay_s = 0.5
        while True:
            try:
                # redis-py 8 would otherwise drop an idle subscription every five seconds.
                client = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_timeout=None)
                async with client, client.pubsub() as subscription:
                    await subscription.psubscribe(PREFIX + "*")
                    delay_s = 0.5
                    async for message in subscription.listen():
                        if message["type"] == "pmessage":
                            self._fan_out(message["channel"].decode(), message["data"].decode())
            except (redis.RedisError, OSError):
                logger.warning("live_subscription_lost retry_in_s=%.1f", delay_s)
            await asyncio.sleep(delay_s * random.uniform(0.7, 1.3))  # noqa: S311  jitter
            delay_s = min(30.0, delay_s * 2)

    def _fan_out(self, channel: str, text: str) -> None:
        topic = channel.removeprefix(PREFIX)
        for listener in tuple(self._listeners):
            listener(topic, text)


HUB = Hub()


class LiveConsumer(AsyncWebsocketConsumer):
    """A browser's socket with a bounded queue; the oldest frame goes first when it is slow."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._frames: asyncio.Queue[str] = asyncio.Queue(QUEUE_LENGTH)
        self._writer: asyncio.Task[None] | None = None

    def may_listen(self) -> bool:
        """Whether the signed-in person may have this socket at all."""
        raise NotImplementedError

    def on_message(self, topic: str, text: str) -> None:
        """Translate one published message; call `push` with what this browser should get."""
        raise NotImplementedError

    async def connect(self) -> None:
        if not self.may_listen():
            await self.close(code=4403)
            return
        await self.accept()
        HUB.add(self.on_message)
        self._writer = asyncio.get_running_loop().create_task(self._write())

    async def disconnect(self, code: int) -> None:
        HUB.remove(self.on_message)
        if self._writer is not None:
            self._writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._writer

    def push(self, text: str) -> None:
        if self._frames.full():
            self._frames.get_nowait()
        self._frames.put_nowait(text)

    async def _write(self) -> None:
        while True:
            await self.send(text_data=await self._frames.get())
