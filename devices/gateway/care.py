"""What a zone does beside polling and commands, put together: slow polls and all they feed."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from django.utils import timezone

from devices.capabilities import Discovery, Now
from devices.gateway.condition import Conditions
from devices.gateway.confirming import Confirmations
from devices.gateway.database import Database
from devices.gateway.drift import Drift
from devices.gateway.facts import Facts
from devices.gateway.heartbeat import Heartbeats
from devices.gateway.keeping import Keeper
from devices.gateway.session import Unit
from devices.gateway.slow import SlowPolls


class Care:
    """One term of one zone; it ends with `close`."""

    def __init__(
        self,
        database: Database,
        units: Mapping[int, Unit],
        keeper: Keeper,
        *,
        now: Now,
        is_mine: Callable[[], bool],
        is_pressed: Callable[[], bool],
        slow_period_s: float,
    ) -> None:
        self.conditions = Conditions(database, now, is_mine)
        self.signs = Confirmations(database)
        self._facts = Facts(database, units)
        self._heartbeats = Heartbeats(now=now, is_pressed=is_pressed)
        self._drift = Drift(
            database, now=now, is_mine=is_mine, clock=_clock_of(now), rewrite=keeper.rewrite
        )
        self.slow = SlowPolls(
            now=now,
            period_s=slow_period_s,
            drift=self._drift,
            conditions=self.conditions,
            heartbeats=self._heartbeats,
            facts=self._facts,
            is_pressed=is_pressed,
        )
        self._storing = asyncio.get_running_loop().create_task(self.conditions.run())

    def discovered(self, device_id: int, found: Discovery) -> None:
        self._facts.discovered(device_id, found)

    def forget(self, device_ids: Iterable[int]) -> None:
        for device_id in device_ids:
            self._heartbeats.forget(device_id)

    def close(self) -> None:
        self._storing.cancel()
        for part in (self.slow, self._heartbeats, self._drift, self._facts, self.signs):
            part.close()


def _clock_of(now: Now) -> Callable[[datetime], str]:
    """Times as people here read them: today's without the day."""

    def clock(at: datetime) -> str:
        local, today = timezone.localtime(at), timezone.localtime(now()).date()
        return f"{local:%H:%M}" if local.date() == today else f"{local:%H:%M on %d %b %Y}"

    return clock
