"""Sockets that stay open for certain roles only, and only while the person has them."""

import asyncio
from collections.abc import Mapping
from importlib import import_module
from typing import Any, ClassVar

from channels.auth import get_user
from channels.db import database_sync_to_async
from django.conf import settings
from typing_extensions import override

from derms.accounts.access import may_open
from derms.accounts.roles import Role
from derms.lib.live import LiveConsumer

# Who signs out, or loses the role, is shut out within five seconds.
RECHECK_S = 3.0
SIGNED_OUT, ROLE_LOST = 4401, 4403


class RoleConsumer(LiveConsumer):
    """A socket for `roles`; asked again and again of the database, not of what was true before."""

    roles: ClassVar[frozenset[Role]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._refusal: int | None = SIGNED_OUT
        self._watch: asyncio.Task[None] | None = None

    @override
    def may_listen(self) -> bool:
        return self._refusal is None

    async def begin(self) -> None:
        """What to do once this browser may listen."""

    async def end(self) -> None:
        """What to undo when it has left."""

    @override
    async def connect(self) -> None:
        self._refusal = await refusal_for(self.scope, self.roles)
        await super().connect()
        if self._refusal is None:
            await self.begin()
            self._watch = asyncio.get_running_loop().create_task(self._keep_watch())

    @override
    async def disconnect(self, code: int) -> None:
        await self.end()
        if self._watch is not None and self._watch is not asyncio.current_task():
            self._watch.cancel()
        await super().disconnect(code)

    async def _keep_watch(self) -> None:
        while self._refusal is None:
            await asyncio.sleep(RECHECK_S)
            self._refusal = await refusal_for(self.scope, self.roles)
        await self.close(code=self._refusal)


async def refusal_for(scope: Mapping[str, object], roles: frozenset[Role]) -> int | None:
    """Why this browser may not listen; None when it may."""
    session = scope.get("session")
    key = getattr(session, "session_key", None)
    if key is None:
        return SIGNED_OUT
    fresh = import_module(settings.SESSION_ENGINE).SessionStore(key)
    only_session: Any = {"session": fresh}
    user = await get_user(only_session)
    if not user.is_authenticated:
        return SIGNED_OUT
    allowed = await database_sync_to_async(may_open)(user, roles)
    return None if allowed else ROLE_LOST
