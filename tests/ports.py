"""Ports for servers of tests, which no other test on this machine is given at the same time.

A port that the system says is free now may be taken a moment later, by another test or by any
outgoing connection. So numbers are counted up in one file for all test processes, below the range
of outgoing connections and beside the one that the product takes its own ports from.
"""

import fcntl
import os
import socket
import tempfile
from contextlib import ExitStack
from pathlib import Path

HOST = "127.0.0.1"
FIRST, LAST = 10_000, 19_999
COUNTER = Path(tempfile.gettempdir()) / f"derms-test-ports-{os.getuid()}"


def free_port() -> int:
    return free_range(1)


def free_ports(count: int) -> list[int]:
    first = free_range(count)
    return list(range(first, first + count))


def free_range(count: int) -> int:
    """The first of `count` neighbouring ports; raises OSError when there are no more."""
    with COUNTER.open("a+") as counter:
        fcntl.flock(counter, fcntl.LOCK_EX)
        counter.seek(0)
        first = _first_free(int(counter.read() or FIRST), count)
        counter.truncate(0)
        counter.write(str(first + count))
    return first


def _first_free(begin: int, count: int) -> int:
    starts = [*range(begin, LAST - count, max(count, 10)), *range(FIRST, LAST - count, count)]
    first: int
    for first in starts:
        if _are_free(first, count):
            return first
    raise OSError(f"no {count} neighbouring free ports from {FIRST} to {LAST}")


def _are_free(first: int, count: int) -> bool:
    with ExitStack() as held:
        for port in range(first, first + count):
            probe = held.enter_context(socket.socket())
            # As servers do: connections of a test that just ended do not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                return False
    return True
