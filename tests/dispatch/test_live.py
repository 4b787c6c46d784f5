"""The operators' socket: frames each second, values within two, shut out after sign-out (IX-3)."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.test import Client

from derms.accounts.models import User
from derms.asgi import application
from derms.lib import live
from derms.lib.live import HUB
from groups.models import DERGroup
from interconnection.models import DER
from tests.groups.scenes import device_of

pytestmark = pytest.mark.django_db(transaction=True)
Frame = dict[str, Any]
# asgiref's testing half carries no types.
Line: Any = ApplicationCommunicator


@pytest.fixture
def at() -> datetime:
    return datetime.now(UTC)


def session_of(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


class Browser:
    """A browser's end of the socket, without a network in between."""

    def __init__(self, client: Client | None) -> None:
        headers = [(b"origin", b"http://localhost"), (b"host", b"localhost")]
        if client is not None:
            cookie = f"sessionid={client.cookies['sessionid'].value}"
            headers.append((b"cookie", cookie.encode()))
        scope = {
            "type": "websocket",
            "path": "/ws/live",
            "headers": headers,
            "query_string": b"",
            "subprotocols": [],
        }
        self._line = Line(application, scope)

    async def connect(self) -> bool:
        await self._line.send_input({"type": "websocket.connect"})
        answer = await self._line.receive_output(timeout=5)
        return bool(answer["type"] == "websocket.accept")

    async def frame(self, timeout_s: float = 5) -> Frame:
        answer = await self._line.receive_output(timeout=timeout_s)
        frame: Frame = json.loads(answer["text"])
        return frame

    async def closing_code(self, *, within_s: float) -> int:
        deadline = time.monotonic() + within_s
        while (left := deadline - time.monotonic()) > 0:
            message = await self._line.receive_output(timeout=left)
            if message["type"] == "websocket.close":
                return int(message["code"])
        raise AssertionError(f"still open after {within_s} s")

    async def leave(self) -> None:
        await self._line.send_input({"type": "websocket.disconnect", "code": 1000})
        await self._line.wait(timeout=5)


@asynccontextmanager
async def console(client: Client) -> AsyncIterator[Browser]:
    """An open console; it leaves nothing running behind."""
    browser = Browser(client)
    try:
        assert await browser.connect()
        yield browser
    finally:
        await browser.leave()
        task = HUB._task
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def until(browser: Browser, holds: Callable[[Frame], bool], *, within_s: float) -> Frame:
    deadline = time.monotonic() + within_s
    while (left := deadline - time.monotonic()) > 0:
        frame = await browser.frame(left)
        if holds(frame):
            return frame
    raise AssertionError(f"not within {within_s} s")


def run(scene: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(scene(), 60))


def say(der: DER, power_w: float) -> None:
    said = {"at": time.time() * 1_000, "w": power_w, "v": 240.0, "q": "good", "state": "producing"}
    live.publish(
        "readings", {"t": datetime.now(UTC).isoformat(), "d": {str(device_of(der).pk): said}}
    )


def test_first_frame_holds_everything_and_numbers_grow_by_one(group: DERGroup, olga: User) -> None:
    client = session_of(olga)

    async def scene() -> None:
        async with console(client) as listener:
            first, second = await listener.frame(), await listener.frame()
        assert first["v"]["k.output"] == "21.0"
        assert first["v"][f"g{group.pk}.p"] == "21.0"
        assert first["v"]["b.F12.1"] == "21.0"
        assert first["pt"]["output"] == 21.0
        assert second["seq"] == first["seq"] + 1
        assert 0.5 < second["t"] - first["t"] < 2.5

    run(scene)


def test_value_is_on_the_screen_within_two_seconds_of_its_push(
    group: DERGroup, rooftops: list[DER], olga: User
) -> None:
    client = session_of(olga)

    async def scene() -> None:
        async with console(client) as listener:
            await listener.frame()
            await asyncio.sleep(1)  # until the hub has subscribed
            await sync_to_async(say)(rooftops[0], 7_000.0)
            await until(listener, lambda f: f["v"]["k.output"] == "22.0", within_s=2)

    run(scene)


def test_alarm_is_news_in_the_next_frame(group: DERGroup, olga: User) -> None:
    client = session_of(olga)

    async def scene() -> None:
        async with console(client) as listener:
            await listener.frame()
            await asyncio.sleep(1)
            await sync_to_async(live.publish)("alarms", {"id": 1, "status": "unacknowledged"})
            await until(listener, lambda f: "alarms" in f["ev"], within_s=2)

    run(scene)


def test_second_console_gets_the_same_frames(group: DERGroup, olga: User, otto: User) -> None:
    clients = session_of(olga), session_of(otto)

    async def scene() -> None:
        async with console(clients[0]) as one:
            await one.frame()
            async with console(clients[1]) as two:
                first = await two.frame()
                mine = await until(one, lambda f: f["seq"] == first["seq"] + 1, within_s=3)
                assert await two.frame() == mine

    run(scene)


@pytest.mark.parametrize("name", ["ada", "cleo", "enzo", "audrey", "dms"])
def test_other_roles_are_refused(name: str, request: pytest.FixtureRequest) -> None:
    client = session_of(request.getfixturevalue(name))

    async def scene() -> None:
        assert not await Browser(client).connect()

    run(scene)


def test_stranger_is_refused() -> None:
    async def scene() -> None:
        assert not await Browser(None).connect()

    run(scene)


def test_signing_out_closes_the_socket_within_five_seconds(group: DERGroup, olga: User) -> None:
    client = session_of(olga)

    async def scene() -> None:
        async with console(client) as listener:
            await listener.frame()
            await sync_to_async(client.logout)()
            assert await listener.closing_code(within_s=5) == 4401

    run(scene)


def test_losing_the_role_closes_the_socket_within_five_seconds(group: DERGroup, olga: User) -> None:
    client = session_of(olga)

    async def scene() -> None:
        async with console(client) as listener:
            await listener.frame()
            await sync_to_async(olga.role_grants.all().delete)()
            assert await listener.closing_code(within_s=5) == 4403

    run(scene)
