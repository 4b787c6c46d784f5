"""DV-7: the endpoints answer as Modbus TCP demands; pymodbus and raw sockets are the clients."""

import socket
import struct
from typing import BinaryIO

from tests.simulators.running import RunningFleet


def test_marker_is_found_at_the_base_with_both_read_functions(running: RunningFleet) -> None:
    client, spec = running.client("ada-pv"), running.spec("ada-pv")

    holding = client.read_holding_registers(spec.base, count=2, device_id=spec.unit)
    inputs = client.read_input_registers(spec.base, count=2, device_id=spec.unit)

    assert holding.registers == inputs.registers == [0x5375, 0x6E53]


def test_more_than_125_registers_are_refused_with_exception_3(running: RunningFleet) -> None:
    spec = running.spec("ada-pv")

    answer = exchange(running, "ada-pv", request(1, spec.unit, 3, spec.base, 126))

    assert answer[7:] == bytes((0x83, 3))


def test_reading_past_the_end_of_the_map_is_refused_with_exception_2(running: RunningFleet) -> None:
    client, spec = running.client("ada-pv"), running.spec("ada-pv")

    answer = client.read_holding_registers(spec.base + 2_000, count=2, device_id=spec.unit)

    assert answer.isError()
    assert answer.exception_code == 2


def test_writing_past_the_end_of_the_map_is_refused_with_exception_2(running: RunningFleet) -> None:
    client, spec = running.client("ada-pv"), running.spec("ada-pv")

    answer = client.write_register(spec.base + 2_000, 1, device_id=spec.unit)

    assert answer.exception_code == 2


def test_read_only_register_refuses_writes_with_exception_3(running: RunningFleet) -> None:
    assert running.write("ada-pv", 701, "W", 1) == 3
    assert running.write("ada-pv", 704, "WMaxLimPctRvrtTms", 0, 60, 0, 0) == 3
    assert running.write("ada-pv", 704, "WMaxLimPct_SF", 0) == 3


def test_half_of_a_32_bit_setting_is_refused(running: RunningFleet) -> None:
    assert running.write("ada-pv", 704, "WMaxLimPctRvrtTms", 0) == 3


def test_value_out_of_range_is_refused_and_changes_nothing(running: RunningFleet) -> None:
    assert running.write("ada-pv", 704, "WMaxLimPct", 10_001) == 3
    assert running.write("ada-pv", 704, "WMaxLimPctEna", 2) == 3
    assert running.write("ada-pv", 704, "WMaxLimPctEna", 1, 10_001) == 3

    assert running.value("ada-pv", 704, "WMaxLimPct") == 100
    assert running.value("ada-pv", 704, "WMaxLimPctEna") == 0


def test_setting_a_machine_does_not_have_is_refused(running: RunningFleet) -> None:
    assert running.write("ada-pv", 702, "WChaRteMax", 1_000) == 3
    assert running.write(running.first("pv", "legacy"), 124, "StorCtl_Mod", 1) == 3


def test_single_register_can_be_written_with_function_6(running: RunningFleet) -> None:
    client, spec = running.client("ada-pv"), running.spec("ada-pv")
    address = running.address("ada-pv", 704, "WMaxLimPct")

    answer = client.write_register(address, 7_000, device_id=spec.unit)

    assert not answer.isError()
    assert running.value("ada-pv", 704, "WMaxLimPct") == 70


def test_unknown_function_and_foreign_unit_get_their_exceptions(running: RunningFleet) -> None:
    spec = running.spec("ada-pv")

    assert exchange(running, "ada-pv", request(1, spec.unit, 1, 0, 8))[7:] == bytes((0x81, 1))
    assert exchange(running, "ada-pv", request(1, 99, 3, spec.base, 2))[7:] == bytes((0x83, 11))


def test_pipelined_requests_are_answered_in_order(running: RunningFleet) -> None:
    spec = running.spec("ada-pv")
    burst = b"".join(request(n, spec.unit, 3, spec.base, n) for n in range(1, 21))

    with socket.create_connection((spec.host, spec.port), timeout=2) as connection:
        connection.sendall(burst)
        stream = connection.makefile("rb")
        answers = [read_answer(stream) for _ in range(20)]

    assert [int.from_bytes(a[:2], "big") for a in answers] == list(range(1, 21))
    assert [a[8] for a in answers] == [2 * n for n in range(1, 21)]


def test_request_cut_into_single_bytes_is_answered(running: RunningFleet) -> None:
    spec = running.spec("ada-pv")

    with socket.create_connection((spec.host, spec.port), timeout=2) as connection:
        for byte in request(7, spec.unit, 3, spec.base, 2):
            connection.sendall(bytes((byte,)))
        answer = read_answer(connection.makefile("rb"))

    assert answer[9:] == b"SunS"


def test_stream_that_is_not_modbus_is_closed(running: RunningFleet) -> None:
    spec = running.spec("ada-pv")

    with socket.create_connection((spec.host, spec.port), timeout=2) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")

        assert connection.recv(100) == b""


def test_machine_with_a_wrong_map_answers_but_shows_no_marker(running: RunningFleet) -> None:
    client, spec = running.client("wrongmap-pv"), running.spec("wrongmap-pv")

    first = client.read_holding_registers(0, count=100, device_id=spec.unit)
    usual = client.read_holding_registers(40_000, count=2, device_id=spec.unit)

    assert len(first.registers) == 100
    assert first.registers[:2] != [0x5375, 0x6E53]
    assert usual.exception_code == 2


def request(transaction: int, unit: int, function: int, address: int, count: int) -> bytes:
    return struct.pack(">HHHBBHH", transaction, 0, 6, unit, function, address, count)


def exchange(running: RunningFleet, key: str, frame: bytes) -> bytes:
    spec = running.spec(key)
    with socket.create_connection((spec.host, spec.port), timeout=2) as connection:
        connection.sendall(frame)
        return read_answer(connection.makefile("rb"))


def read_answer(stream: BinaryIO) -> bytes:
    head = stream.read(6)
    return head + stream.read(int.from_bytes(head[4:6], "big"))
