"""Places where a test may stop or end this process as a fault would, and nobody else can.

DERMS_FAILPOINT names one place and a signal this process sends to itself there, as in
`after_write:SIGKILL`:

    before_write    the last look at table and lease is done, nothing is on the wire yet
    after_write     the device has answered the write, nothing is recorded yet

Unset, as it must be outside tests, nothing happens.
"""

import os
import signal
import time

_PLACE, _, _SIGNAL = os.environ.get("DERMS_FAILPOINT", "").partition(":")
_NUMBER = signal.Signals[_SIGNAL] if _PLACE else None


def reach(place: str) -> None:
    if _NUMBER is not None and place == _PLACE:
        os.kill(os.getpid(), _NUMBER)
        # The kernel may reach another thread first: this one must not get any further meanwhile.
        time.sleep(0.5)
