"""A small web server for rendered pages: our static files, our policy and a live socket."""

import asyncio
import contextlib
import json
import mimetypes
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import uvicorn
from django.conf import settings
from django.contrib.staticfiles import finders

# What headers of operators ask for: no alarm stands here, and no forecast has moved.
NOTHING_NEW = frozenset({"/operations/alarms/counts", "/operations/forecasts/news"})
Page = Callable[[], str]
Json = dict[str, Any]


class Site:
    """Pages by path; `posts` keeps what forms sent, `say` speaks through the live socket."""

    def __init__(self, pages: dict[str, Page]) -> None:
        self.pages = pages
        self.answers: dict[str, str] = {}
        self.posts: list[tuple[str, dict[str, list[str]]]] = []
        self.connections = 0
        self.url = ""
        self._sockets: set[asyncio.Queue[Json | None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def say(self, **frame: Any) -> None:
        """Send one frame to every browser."""
        self._tell(frame)

    def hang_up(self) -> None:
        self._tell(None)

    def _tell(self, frame: Json | None) -> None:
        assert self._loop is not None
        for waiting in tuple(self._sockets):
            self._loop.call_soon_threadsafe(waiting.put_nowait, frame)

    async def __call__(self, scope: Json, receive: Any, send: Any) -> None:
        self._loop = asyncio.get_running_loop()
        if scope["type"] == "websocket":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _live(self, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        frames: asyncio.Queue[Json | None] = asyncio.Queue()
        self._sockets.add(frames)
        self.connections += 1
        leaving = asyncio.ensure_future(receive())
        try:
            while not leaving.done():
                coming = asyncio.ensure_future(frames.get())
                await asyncio.wait({coming, leaving}, return_when=asyncio.FIRST_COMPLETED)
                if not coming.done():
                    coming.cancel()
                    return
                if (frame := coming.result()) is None:
                    await send({"type": "websocket.close", "code": 1011})
                    return
                await send({"type": "websocket.send", "text": json.dumps(frame)})
        finally:
            leaving.cancel()
            self._sockets.discard(frames)

    async def _answer(self, scope: Json, receive: Any, send: Any) -> None:
        path = scope["path"]
        if scope["method"] == "POST":
            self.posts.append((path, parse_qs((await receive()).get("body", b"").decode())))
        status, kind, body = self._content(path)
        policy = "; ".join(
            f"{name} {' '.join(values)}"
            for name, values in settings.CONTENT_SECURITY_POLICY["DIRECTIVES"].items()
        )
        headers = [
            (b"content-type", kind.encode()),
            (b"content-security-policy", policy.encode()),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _content(self, path: str) -> tuple[int, str, bytes]:
        html = "text/html; charset=utf-8"
        if path in NOTHING_NEW:
            return 200, html, b""
        if path in self.answers:
            return 200, html, self.answers[path].encode()
        if path in self.pages:
            text = self.pages[path]()
            return 200, "application/json" if path.endswith(".json") else html, text.encode()
        is_static = path.startswith(settings.STATIC_URL)
        found = finders.find(path.removeprefix(settings.STATIC_URL)) if is_static else None
        if isinstance(found, str):
            kind = mimetypes.guess_type(found)[0] or "application/octet-stream"
            return 200, kind, Path(found).read_bytes()
        return 404, html, b"<title>Not found</title>"


@contextlib.contextmanager
def serving(site: Site) -> Iterator[Site]:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(site, log_level="warning", lifespan="off", ws="websockets-sansio")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    site.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    while not server.started and thread.is_alive():
        time.sleep(0.02)
    try:
        yield site
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()
