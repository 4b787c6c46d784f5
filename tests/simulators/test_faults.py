"""DV-7: silent, slow, garbage and drops can be switched on for one machine, and off again."""

import socket
import struct
import time

import pytest
from pymodbus.exceptions import ModbusIOException

from simulators.errors import FleetError
from simulators.wire.faults import garble
from tests.simulators.running import RunningFleet

KEY = "ada-pv"
TRANSACTION = 0x0102


def answer(running: RunningFleet, timeout_s: float = 0.5) -> bytes | None:
    """Ask for the marker; None when nothing comes, empty when the machine hangs up."""
    spec = running.spec(KEY)
    frame = struct.pack(">HHHBBHH", TRANSACTION, 0, 6, spec.unit, 3, spec.base, 2)
    with socket.create_connection((spec.host, spec.port), timeout=timeout_s) as connection:
        connection.sendall(frame)
        try:
            return connection.recv(300)
        except TimeoutError:
            return None


def switch(running: RunningFleet, kind: str, latency_ms: int | None = None) -> None:
    running.call(lambda: running.server.set_fault(KEY, kind, latency_ms))


def test_silent_machine_accepts_and_never_answers(running: RunningFleet) -> None:
    switch(running, "silent")

    assert answer(running) is None

    switch(running, "none")

    assert (answer(running) or b"")[9:] == b"SunS"


def test_slow_machine_answers_after_its_latency(running: RunningFleet) -> None:
    switch(running, "slow", 300)

    began = time.monotonic()
    late = answer(running, 2.0)

    assert (late or b"")[9:] == b"SunS"
    assert 0.29 < time.monotonic() - began < 1.0


def test_slow_machine_keeps_the_order_of_its_answers(running: RunningFleet) -> None:
    switch(running, "slow", 100)
    spec = running.spec(KEY)
    frames = [struct.pack(">HHHBBHH", n, 0, 6, spec.unit, 3, spec.base, 1) for n in range(5)]

    with socket.create_connection((spec.host, spec.port), timeout=2) as connection:
        connection.sendall(b"".join(frames))
        stream = connection.makefile("rb")
        order = [int.from_bytes(stream.read(11)[:2], "big") for _ in range(5)]

    assert order == [0, 1, 2, 3, 4]


def test_dropping_machine_hangs_up_on_every_request(running: RunningFleet) -> None:
    switch(running, "drops")

    assert answer(running) == b""
    assert answer(running) == b""


def test_garbage_is_never_taken_for_an_answer_by_an_independent_client(
    running: RunningFleet,
) -> None:
    switch(running, "garbage")
    spec = running.spec(KEY)
    accepted = 0

    for _ in range(5):
        client = running.client(KEY, timeout_s=0.2)
        try:
            reply = client.read_holding_registers(spec.base, count=2, device_id=spec.unit)
            accepted += not reply.isError() and reply.registers == [0x5375, 0x6E53]
        except ModbusIOException:
            continue

    assert accepted == 0


@pytest.mark.parametrize("turn", range(10))
def test_each_garbled_answer_breaks_the_protocol(turn: int) -> None:
    sound = struct.pack(">HHHBBB", TRANSACTION, 0, 7, 1, 3, 4) + b"SunS"

    spoilt = garble(sound, turn)

    transaction, protocol, length = struct.unpack_from(">HHH", spoilt)
    assert (
        transaction != TRANSACTION
        or protocol != 0
        or length != len(spoilt) - 6
        or spoilt[7] != 3
        or spoilt[8] != 4  # fewer registers than were asked for
    )


def test_other_machines_are_not_touched(running: RunningFleet) -> None:
    switch(running, "silent")

    assert running.value("ada-battery", 702, "WMaxRtg") == 5_000


def test_unknown_fault_or_machine_is_refused_in_words(running: RunningFleet) -> None:
    with pytest.raises(FleetError, match="choose one of"):
        switch(running, "tired")
    with pytest.raises(FleetError, match="no device 'nobody'"):
        running.call(lambda: running.server.set_fault("nobody", "silent", None))
