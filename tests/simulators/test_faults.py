"""DV-7: every way of misbehaving can be switched on for one machine, and off again."""

import socket
import struct
import time
from collections.abc import Callable

import pytest
from pymodbus.exceptions import ModbusIOException

from simulators.errors import FleetError
from simulators.running.deeds import Deeds
from simulators.wire.faults import KINDS, garble
from tests.simulators.running import RunningFleet

KEY = "ada-pv"
TRANSACTION = 0x0102
HEAD = struct.Struct(">HHHBB")


def connect(running: RunningFleet, timeout_s: float = 0.5) -> socket.socket:
    spec = running.spec(KEY)
    return socket.create_connection((spec.host, spec.port), timeout=timeout_s)


def request(running: RunningFleet, transaction: int = TRANSACTION, count: int = 2) -> bytes:
    spec = running.spec(KEY)
    return struct.pack(">HHHBBHH", transaction, 0, 6, spec.unit, 3, spec.base, count)


def answer(running: RunningFleet, timeout_s: float = 0.5, count: int = 2) -> bytes | None:
    """Ask from the marker on; None when nothing comes, empty when the machine hangs up."""
    with connect(running, timeout_s) as connection:
        connection.sendall(request(running, count=count))
        try:
            return connection.recv(300)
        except TimeoutError:
            return None


def switch(running: RunningFleet, kind: str, number: int | None = None) -> None:
    running.call(lambda: running.server.set_fault(KEY, kind, number))


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

    with connect(running, 2) as connection:
        connection.sendall(b"".join(request(running, n, 1) for n in range(5)))
        stream = connection.makefile("rb")
        order = [int.from_bytes(stream.read(11)[:2], "big") for _ in range(5)]

    assert order == [0, 1, 2, 3, 4]


def test_late_answer_comes_after_that_of_the_next_request(running: RunningFleet) -> None:
    switch(running, "late", 200)

    with connect(running, 2) as connection:
        connection.sendall(b"".join(request(running, n, 1) for n in range(4)))
        stream = connection.makefile("rb")
        order = [int.from_bytes(stream.read(11)[:2], "big") for _ in range(4)]

    assert order == [0, 1, 3, 2]


def test_flaky_machine_answers_every_second_request(running: RunningFleet) -> None:
    switch(running, "flaky")

    assert [answer(running, 0.2) is None for _ in range(4)] == [True, False, True, False]


def test_dropping_machine_hangs_up_on_every_request(running: RunningFleet) -> None:
    switch(running, "drops")

    assert [answer(running) for _ in range(2)] == [b"", b""]


def test_closing_machine_hangs_up_before_anything_is_asked(running: RunningFleet) -> None:
    switch(running, "close")

    with connect(running) as connection:
        assert connection.recv(10) == b""


def test_connection_is_reset(running: RunningFleet) -> None:
    switch(running, "rst")

    with pytest.raises((ConnectionResetError, BrokenPipeError)):
        answer(running)

    switch(running, "none")

    assert (answer(running) or b"")[9:] == b"SunS"


def test_black_hole_takes_no_connection_and_comes_back(running: RunningFleet) -> None:
    with connect(running, 0.3) as established:
        switch(running, "black_hole")
        established.sendall(request(running))
        with pytest.raises(TimeoutError):
            established.recv(100)
    with pytest.raises(TimeoutError):
        connect(running, 0.4)

    switch(running, "none")
    time.sleep(0.1)

    assert (answer(running) or b"")[9:] == b"SunS"


def test_answer_drips_byte_by_byte(running: RunningFleet) -> None:
    switch(running, "drip", 20)

    with connect(running, 2) as connection:
        began = time.monotonic()
        connection.sendall(request(running))
        first = connection.recv(300)
        whole = first + connection.makefile("rb").read(12)

    assert len(first) == 1
    assert whole[9:] == b"SunS"
    assert time.monotonic() - began > 0.2


def test_answer_comes_in_pieces(running: RunningFleet) -> None:
    switch(running, "pieces")

    with connect(running, 2) as connection:
        connection.sendall(request(running, count=100))
        first = connection.recv(1_000)
        rest = connection.makefile("rb").read(209 - len(first))

    assert len(first) < 209
    assert (first + rest)[9:13] == b"SunS"


def spoilt(running: RunningFleet, kind: str) -> tuple[int, int, int, int, int, bytes]:
    """Transaction, protocol, length, unit and function of an answer, and the rest."""
    switch(running, kind)
    frame = answer(running, count=4) or b""
    return (*HEAD.unpack_from(frame), frame[8:])


WRONG: dict[str, Callable[[tuple[int, int, int, int, int, bytes], int], bool]] = {
    "wrong_tid": lambda a, unit: a[0] != TRANSACTION and a[4] == 3,
    "wrong_unit": lambda a, unit: a[3] != unit and a[0] == TRANSACTION,
    "wrong_function": lambda a, unit: a[4] not in {3, 0x83} and a[3] == unit,
    "short_reply": lambda a, unit: a[5][0] == 2 and a[2] == len(a[5]) + 2,
    "short_frame": lambda a, unit: a[2] > len(a[5]) + 2,
    "huge_length": lambda a, unit: a[2] == 0xFFFF,
    "busy": lambda a, unit: (a[4], a[5]) == (0x83, b"\x06"),
    "exception": lambda a, unit: (a[4], a[5]) == (0x83, b"\x0b"),
}  # fmt: skip


@pytest.mark.parametrize("kind", WRONG)
def test_answer_is_wrong_in_the_way_its_fault_names(running: RunningFleet, kind: str) -> None:
    assert WRONG[kind](spoilt(running, kind), running.spec(KEY).unit)


def test_one_bit_of_each_answer_is_flipped(running: RunningFleet) -> None:
    sound = answer(running, count=4) or b""
    switch(running, "bit_flips")

    for _ in range(6):
        frame = answer(running, count=4) or b""
        assert sum((a ^ b).bit_count() for a, b in zip(sound, frame, strict=True)) == 1


def test_failed_update_shows_another_version_and_impossible_scale_factors(
    running: RunningFleet,
) -> None:
    sound = running.scan(KEY)
    switch(running, "bad_firmware")
    client, unit = running.client(KEY), running.spec(KEY).unit
    factor = client.read_holding_registers(running.address(KEY, 701, "W_SF"), device_id=unit)
    version = client.read_holding_registers(running.address(KEY, 1, "Vr"), count=8, device_id=unit)
    switch(running, "none")
    mended = running.scan(KEY)

    text = b"".join(word.to_bytes(2, "big") for word in version.registers)
    assert factor.registers == [99]
    assert text.startswith(b"0.0.0-failed")
    assert mended.common[0].Vr.value == sound.common[0].Vr.value
    assert mended.models[701][0].W.cvalue == sound.models[701][0].W.cvalue


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

    frame = garble(sound, turn)

    transaction, protocol, length = struct.unpack_from(">HHH", frame)
    assert (
        transaction != TRANSACTION
        or protocol != 0
        or length != len(frame) - 6
        or frame[7] != 3
        or frame[8] != 4  # fewer registers than were asked for
    )


def test_other_machines_are_not_touched(running: RunningFleet) -> None:
    switch(running, "silent")

    assert running.value("ada-battery", 702, "WMaxRtg") == 5_000


def test_fault_of_a_selection_reaches_all_of_it(running: RunningFleet) -> None:
    deeds = Deeds(running.simulation, running.server)

    keys = running.call(lambda: deeds.fault("kind:battery", "busy", None))

    assert len(keys) > 1
    assert {running.server.fault_of(key).kind for key in keys} == {"busy"}
    assert running.server.fault_of(KEY).kind == "none"


def test_unknown_fault_machine_or_number_is_refused_in_words(running: RunningFleet) -> None:
    deeds = Deeds(running.simulation, running.server)

    with pytest.raises(FleetError, match="choose one of"):
        deeds.fault(KEY, "tired", None)
    with pytest.raises(FleetError, match="no device 'nobody'"):
        deeds.fault("nobody", "silent", None)
    with pytest.raises(FleetError, match="exception 300 must be between 1 and 255"):
        deeds.fault(KEY, "exception", 300)


def test_each_fault_says_what_it_does() -> None:
    assert all(KINDS.values())
    assert len(set(KINDS.values())) == len(KINDS)
