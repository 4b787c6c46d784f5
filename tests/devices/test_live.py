"""The socket of a device's page: who gets it, and values within two seconds (IX-3)."""

import asyncio
import json
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.test import Client

from derms.accounts.models import RoleGrant, User
from derms.asgi import application
from derms.lib import live
from derms.lib.live import HUB
from devices.live import entry_of
from devices.models import Device
from tests.devices import scenes

Frame = dict[str, Any]
# asgiref's testing half carries no types.
Line: Any = ApplicationCommunicator
has_tables = pytest.mark.django_db(transaction=True)


class Page:
    """A browser's end of the socket, without a network in between."""

    def __init__(self, person: User | None, device_id: int) -> None:
        headers = [(b"origin", b"http://localhost"), (b"host", b"localhost")]
        if person is not None:
            client = Client()
            client.force_login(person)
            headers.append((b"cookie", f"sessionid={client.cookies['sessionid'].value}".encode()))
        scope = {
            "type": "websocket", "path": f"/ws/devices/{device_id}", "headers": headers,
            "query_string": b"", "subprotocols": [],
        }  # fmt: skip
        self._line = Line(application, scope)

    async def connect(self) -> bool:
        await self._line.send_input({"type": "websocket.connect"})
        answer = await self._line.receive_output(timeout=5)
        return bool(answer["type"] == "websocket.accept")

    async def frame_where(self, is_wanted: Callable[[Frame], bool], within_s: float = 8) -> Frame:
        deadline = time.monotonic() + within_s
        while True:
            left = deadline - time.monotonic()
            assert left > 0, f"no such frame within {within_s} s"
            message = await self._line.receive_output(timeout=left)
            frame: Frame = json.loads(message["text"])
            if is_wanted(frame):
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


def looking(page: Page, look: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def scene() -> None:
        assert await page.connect()
        try:
            await look()
        finally:
            await page.leave()
            if HUB._task is not None:
                HUB._task.cancel()
                HUB._task = None

    asyncio.run(scene())


def a_push(device: Device, at: datetime, **said: Any) -> dict[str, Any]:
    entry = {"at": int(at.timestamp() * 1000), "w": 2980, "var": -500, "v": 121.5, "hz": 60.0,
             "soc": None, "state": "throttled", "q": "good"} | said  # fmt: skip
    return {
        "t": at.isoformat(),
        "d": {"999999": {"at": 1, "w": 1, "q": "good"}, str(device.pk): entry},
    }


@has_tables
def test_a_pushed_value_reaches_the_page_and_moves_the_point_on_the_curve(
    olga: User, inverter: Device
) -> None:
    now = datetime.now(UTC)
    scenes.serve(inverter, now)
    scenes.discovered(inverter)
    scenes.answer(inverter, now)
    scenes.settings_in_order(inverter, now)
    page = Page(olga, inverter.pk)

    async def look() -> None:
        first = await page.frame_where(lambda frame: "w" in frame["v"])
        assert first["v"]["w"] == "4.32"
        later = datetime.now(UTC) + timedelta(seconds=1)
        await sync_to_async(live.publish)("readings", a_push(inverter, later))
        moved = await page.frame_where(lambda frame: frame["v"]["w"] == "2.98", within_s=3)
        assert moved["v"]["doing"] == "Held back"
        assert moved["pt"]["p"] == 2.98
        assert moved["v"]["at"] == pytest.approx(later.timestamp(), abs=0.01)
        assert moved["v"]["c.volt_var.x"] != first["v"]["c.volt_var.x"]
        assert moved["seq"] > first["seq"]

    looking(page, look)


@has_tables
def test_values_come_from_the_tables_where_a_push_is_lost(olga: User, inverter: Device) -> None:
    now = datetime.now(UTC)
    scenes.answer(inverter, now)
    page = Page(olga, inverter.pk)

    async def look() -> None:
        await page.frame_where(lambda frame: frame["v"].get("w") == "4.32")
        await sync_to_async(scenes.answer)(
            inverter, datetime.now(UTC), age_s=0, active_power_w=1_000.0
        )
        await page.frame_where(lambda frame: frame["v"]["w"] == "1.00")

    looking(page, look)


@has_tables
def test_news_name_the_region_that_changed(olga: User, inverter: Device) -> None:
    now = datetime.now(UTC)
    scenes.serve(inverter, now)
    scenes.answer(inverter, now)
    page = Page(olga, inverter.pk)

    async def look() -> None:
        await page.frame_where(lambda frame: "w" in frame["v"])
        await sync_to_async(scenes.ask)(inverter, datetime.now(UTC))
        news = await page.frame_where(lambda frame: "commands" in frame["ev"])
        assert "settings" in news["ev"]
        await sync_to_async(scenes.drifted)(inverter, datetime.now(UTC))
        await page.frame_where(lambda frame: "settings" in frame["ev"])
        await sync_to_async(scenes.answer)(
            inverter, datetime.now(UTC), quality="stale", reason="no reply"
        )
        silent = await page.frame_where(lambda frame: "state" in frame["ev"])
        assert silent["v"]["w.s"] == "none"
        assert silent["pt"]["p"] is None

    looking(page, look)


@has_tables
def test_only_its_readers_get_the_socket(inverter: Device, cem: User) -> None:
    for stranger in (None, cem):
        page = Page(stranger, inverter.pk)

        assert not asyncio.run(page.connect())


@has_tables
def test_who_loses_the_role_loses_the_socket(olga: User, inverter: Device) -> None:
    scenes.answer(inverter, datetime.now(UTC))
    page = Page(olga, inverter.pk)

    async def look() -> None:
        await page.frame_where(lambda frame: True)
        await sync_to_async(RoleGrant.objects.filter(user=olga).delete)()
        assert await page.closing_code(within_s=6) == 4403

    looking(page, look)


def test_one_entry_is_cut_out_of_a_message_of_thousands() -> None:
    entries = {str(n): {"at": n, "w": n * 10, "q": "good"} for n in range(1, 5_000)}
    text = json.dumps({"t": "now", "d": entries}, separators=(",", ":"))

    assert entry_of(text, 12) == {"at": 12, "w": 120, "q": "good"}
    assert entry_of(text, 4_999) == {"at": 4_999, "w": 49_990, "q": "good"}
    assert entry_of(text, 5_000) is None
