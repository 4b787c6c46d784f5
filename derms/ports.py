"""TCP ports on 127.0.0.1: the one people know, and free ones for what runs behind it."""

import os
import random
import socket
from collections.abc import Iterable
from itertools import islice

HOST = "127.0.0.1"
DEFAULT_WEB_PORT = 8000
# Below the range from which systems take ports for outgoing connections.
FIRST_INTERNAL, LAST_INTERNAL = 20_000, 32_000
FIRST_SINGLE, LAST_SINGLE = 32_001, 32_767


class PortError(Exception):
    """A port cannot be used; the message says which and the way out."""


def web_port(command: str) -> int:
    """Return PORT, or 8000; raises PortError when it is no port or taken."""
    named = os.environ.get("PORT") or str(DEFAULT_WEB_PORT)
    if not named.isdecimal() or not 0 < int(named) < 65_536:
        raise PortError(f"PORT is {named!r}; it must be a number from 1 to 65535.")
    port = int(named)
    if reason := _refusal(port):
        other = next(p for p in (8080, 8081, *range(8082, 65_536)) if not _refusal(p))
        raise PortError(
            f"Port {port} on {HOST} cannot be used: {reason}.\n"
            f"Choose another one: PORT={other} {command}"
        )
    return port


def single_ports(count: int) -> list[int]:
    """Return free ports that no block contains, for servers that start later."""
    ports = list(range(FIRST_SINGLE, LAST_SINGLE + 1))
    random.shuffle(ports)
    found = list(islice((port for port in ports if not _refusal(port)), count))
    if len(found) < count:
        raise PortError(f"No {count} free ports from {FIRST_SINGLE} to {LAST_SINGLE} on {HOST}.")
    return found


class Reservation:
    """Ports that nobody else gets until it is released, just before their server starts."""

    def __init__(self, ports: Iterable[int]) -> None:
        self._held: list[socket.socket] = []
        self.taken: list[int] = []
        for port in ports:
            holder = socket.socket()
            try:
                holder.bind((HOST, port))
                self._held.append(holder)
            except OSError:
                holder.close()
                # Old connections of a run that just ended block holding it, not using it.
                if _refusal(port):
                    self.taken.append(port)

    def release(self) -> None:
        for holder in self._held:
            holder.close()
        self._held.clear()


def reserve_block(count: int) -> tuple[int, Reservation]:
    """Hold `count` free ports in a row, from anywhere in the range; return the first as well."""
    middle = (FIRST_INTERNAL + LAST_INTERNAL) // 2
    first = random.randrange(FIRST_INTERNAL, middle)  # noqa: S311 - it spreads, it hides nothing
    while first + count <= LAST_INTERNAL:
        reservation = Reservation(range(first, first + count))
        if not reservation.taken:
            return first, reservation
        reservation.release()
        first = reservation.taken[-1] + 1
    raise PortError(
        f"No {count} free ports in a row from {FIRST_INTERNAL} to {LAST_INTERNAL} on {HOST}."
    )


def _refusal(port: int) -> str:
    """Return why the system refuses a listener there, nothing when it does not."""
    with socket.socket() as probe:
        # As servers do, so that connections of a run that just ended do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError:
            return "this user may not open it"
        except OSError:
            return "another program uses it"
    return ""
