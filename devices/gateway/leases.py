"""Who may talk to a zone's devices: one worker at a time, by a lease in PostgreSQL.

Times of the row are the database's, so that workers need not agree on a clock. Locally a lease
ends earlier than in the row: it is counted from before the question that renewed it, less a margin.
"""

import time
from dataclasses import dataclass

from devices.gateway.database import Database, DatabaseAway

# A request sent at the last moment must have reached its device before the next owner connects.
MARGIN_SHARE, LONGEST_MARGIN_S = 0.1, 0.5
ACQUIRE = """
insert into devices_zonelease
    (zone_id, owner, fence, taken_at, expires_at, heartbeat_at, lateness_max_ms, polls_per_s,
     connects)
select id, %(owner)s, 1, clock_timestamp(),
    clock_timestamp() + %(lease)s * interval '1 second', clock_timestamp(), 0, 0, 0
from devices_zone where name = %(zone)s
on conflict (zone_id) do update set
    owner = excluded.owner, fence = devices_zonelease.fence + 1,
    taken_at = excluded.taken_at,
    expires_at = excluded.expires_at, heartbeat_at = excluded.heartbeat_at, lateness_max_ms = 0,
    polls_per_s = 0, connects = 0
where devices_zonelease.expires_at < clock_timestamp()
returning zone_id, fence
"""
RENEW = """
update devices_zonelease set expires_at = clock_timestamp() + %(lease)s * interval '1 second',
    heartbeat_at = clock_timestamp(), lateness_max_ms = %(lateness)s,
    polls_per_s = %(polls_per_s)s, connects = %(connects)s
where zone_id = %(zone)s and owner = %(owner)s and fence = %(fence)s
returning 1
"""
RELEASE = """
update devices_zonelease set expires_at = clock_timestamp()
where zone_id = %(zone)s and owner = %(owner)s and fence = %(fence)s
"""


@dataclass(slots=True)
class Lease:
    """The right to talk to one zone until `valid_until` on this machine's monotonic clock."""

    zone: str
    zone_id: int
    owner: str
    fence: int
    valid_until: float

    def is_mine(self) -> bool:
        """Asked right before anything goes out; correct also after the process was frozen."""
        return time.monotonic() < self.valid_until


class Leases:
    """Takes, renews and gives back leases for one worker."""

    def __init__(self, database: Database, *, owner: str, lease_s: float) -> None:
        self._database = database
        self.owner = owner
        self.lease_s = lease_s
        self._usable_s = lease_s - min(LONGEST_MARGIN_S, lease_s * MARGIN_SHARE)

    async def acquire(self, zone: str) -> Lease | None:
        """Take the zone if no other lease on it is left; raises DatabaseAway."""
        asked_at = time.monotonic()
        facts = {"owner": self.owner, "lease": self.lease_s, "zone": zone}
        async with self._database.use() as connection:
            row = await (await connection.execute(ACQUIRE, facts)).fetchone()
        if row is None:
            return None
        return Lease(zone, row[0], self.owner, row[1], asked_at + self._usable_s)

    async def renew(
        self,
        lease: Lease,
        lateness_max_ms: float,
        *,
        polls_per_s: float = 0.0,
        connects: int = 0,
    ) -> bool:
        """Extend the lease; false when somebody else has it. A silent database changes nothing."""
        asked_at = time.monotonic()
        facts = {
            "lease": self.lease_s,
            "lateness": lateness_max_ms,
            "polls_per_s": polls_per_s,
            "connects": connects,
        } | _key(lease)
        try:
            async with self._database.use(longest_s=self.lease_s / 2) as connection:
                row = await (await connection.execute(RENEW, facts)).fetchone()
        except DatabaseAway:
            return True
        if row is None:
            lease.valid_until = 0.0
            return False
        lease.valid_until = asked_at + self._usable_s
        return True

    async def release(self, lease: Lease) -> None:
        """Give the zone back at once, after the last connection was closed."""
        lease.valid_until = 0.0
        async with self._database.use() as connection:
            await connection.execute(RELEASE, _key(lease))


def _key(lease: Lease) -> dict[str, object]:
    return {"zone": lease.zone_id, "owner": lease.owner, "fence": lease.fence}
