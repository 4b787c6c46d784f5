"""Places where a test may end this process as a crash would, and nobody else can.

DERMS_FAILPOINT names one place: `after_write` lies between the write on the wire and its record.
The process then kills itself without a last word. Unset, as it must be outside tests, nothing
happens.
"""

import os
import signal

_CHOSEN = os.environ.get("DERMS_FAILPOINT", "")


def reach(place: str) -> None:
    if place == _CHOSEN:
        os.kill(os.getpid(), signal.SIGKILL)
