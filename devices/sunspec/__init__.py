"""SunSpec over Modbus TCP: pure asyncio, without Django, clock or global state.

Public surface (everything else in this package is its own business):

    connection = Connection(host, port, timeout_s=2.0, min_gap_s=0.0, sweep=Sweep())
    await connection.connect()                       # Unreachable
    await connection.read(unit, addr, count, priority=Priority.POLL) -> bytes   # 2 * count bytes
    await connection.write(unit, addr, registers) # ExceptionReply, UnknownOutcome, ConnectionLost
    connection.close()

    discovery = await discover(connection, unit, bases=DEFAULT_BASES)

    device = SunSpecDevice(connection, unit, discovery, quirks=quirks_for(discovery.identity))
    device.functions                                 # frozenset[Function] it has
    device.kind                                      # "inverter", "meter" or "other"
    await device.measure(now) -> Measurement         # now: Callable[[], datetime]
    device.poll(now, told)                           # the same by callback, one at a time
    await device.read_nameplate() -> Nameplate
    await device.read_points() -> {model id: {point: value}}
    await device.read_settings()                     # before plan(); again at every slow poll
    device.plan(request) -> WritePlan                # pure
    await device.confirm(plan) -> bool               # may be asked before apply (after a crash)
    await device.apply(plan)                         # UnknownOutcome after a time-out
    await device.read_control(function) -> ControlState
    await device.read_slow(now) -> SlowReading       # every minute; DeviceChanged
    device.has_heartbeat; await device.beat(counter) # known after read_slow or read_settings
    device.learned -> Learned                        # keep it, give it back to the constructor

    Backoff(random=rng.random) .may_try(at) .failed(at, timed_out=...) .replied()

Every fault is a devices.capabilities.DriverFault.
"""

from devices.sunspec.backoff import Backoff, Circuit
from devices.sunspec.device import SunSpecDevice
from devices.sunspec.discovery import DEFAULT_BASES, discover
from devices.sunspec.exchange import Priority, Sweep
from devices.sunspec.quirks import quirks_for
from devices.sunspec.quirks.quirk import Quirks
from devices.sunspec.transport import Connection

__all__ = [
    "DEFAULT_BASES",
    "Backoff",
    "Circuit",
    "Connection",
    "Priority",
    "Quirks",
    "SunSpecDevice",
    "Sweep",
    "discover",
    "quirks_for",
]
