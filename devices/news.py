"""What browsers are told of commands: whose have changed. They look at the rows themselves."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

TOPIC = "commands"


def commands_changed(device_ids: Iterable[int], at: datetime) -> dict[str, Any]:
    """One message for any number of commands."""
    return {"devices": sorted(set(device_ids)), "at": at.isoformat()}
