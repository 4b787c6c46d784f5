"""A statement's metered energy, kept as small as a Green Button file needs it (pure).

Whole Wh by stretch, as the file says them; of most stretches the gap before is 0 and the length
900 s, so that a month comes to a few kilobytes.
"""

import json
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from dispatch.statements.facts import Energy

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


def packed(energy: Sequence[Energy]) -> bytes:
    rows = []
    reached = EPOCH
    for one in energy:
        begins, ends = one.begins_at.astimezone(UTC), one.ends_at.astimezone(UTC)
        length = ends - begins
        rows.append(
            [
                0 if begins == reached else round((begins - reached).total_seconds()),
                900 if length == QUARTER else round(length.total_seconds()),
                _whole(one.injected_wh),
                _whole(one.absorbed_wh),
                int(bool(one.heard_s)),
            ]
        )
        reached = ends
    return zlib.compress(json.dumps(rows, separators=(",", ":")).encode(), 9)


def unpacked(content: bytes) -> list[Energy]:
    found = []
    reached = EPOCH
    for before_s, length_s, injected_wh, absorbed_wh, is_heard in json.loads(
        zlib.decompress(content)
    ):
        begins_at = reached + timedelta(seconds=before_s)
        reached = begins_at + timedelta(seconds=length_s)
        heard_s = float(length_s * is_heard)
        found.append(Energy(begins_at, reached, injected_wh, absorbed_wh, heard_s))
    return found


def _whole(energy_wh: float | None) -> int | None:
    return None if energy_wh is None else round(energy_wh)
