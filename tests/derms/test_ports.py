"""Ports: the pages' own, refused in words when taken, and free ones behind it."""

import socket
from collections.abc import Iterator

import pytest

from derms import ports
from tests.ports import free_port


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind((ports.HOST, 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_taken_port_is_refused_with_a_way_out(
    taken_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORT", str(taken_port))

    with pytest.raises(ports.PortError) as refused:
        ports.web_port("python3 manage.py demo")

    said = str(refused.value)
    assert f"Port {taken_port} on 127.0.0.1 cannot be used: another program uses it." in said
    way_out = said.splitlines()[-1]
    assert way_out.startswith("Choose another one: PORT=")
    assert way_out.endswith(" python3 manage.py demo")
    named = int(way_out.split("PORT=")[1].split()[0])
    assert _taken([named]) == []


@pytest.mark.parametrize("named", ["http", "0", "65536", "-1", "8000.0"])
def test_port_that_is_none_is_refused(named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", named)

    with pytest.raises(ports.PortError, match="must be a number from 1 to 65535"):
        ports.web_port("demo")


def test_named_free_port_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    free = free_port()
    monkeypatch.setenv("PORT", str(free))

    assert ports.web_port("demo") == free


def test_two_blocks_that_are_held_have_no_port_in_common() -> None:
    first, reservation = ports.reserve_block(3)

    second, other = ports.reserve_block(3)

    assert abs(second - first) >= 3
    assert _taken([first, first + 1, first + 2]) == [first, first + 1, first + 2]
    reservation.release()
    other.release()


def test_reserved_port_goes_to_nobody_else_until_it_is_released() -> None:
    port = free_port()
    reservation = ports.Reservation([port])
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)

    with pytest.raises(OSError, match="in use"):
        server.bind((ports.HOST, port))
    reservation.release()
    server.bind((ports.HOST, port))

    server.close()


def test_taken_port_is_named_by_the_reservation(taken_port: int) -> None:
    free = free_port()

    assert _taken([free, taken_port]) == [taken_port]


def _taken(wanted: list[int]) -> list[int]:
    reservation = ports.Reservation(wanted)
    reservation.release()
    return reservation.taken


def test_single_ports_are_free_and_outside_of_all_blocks() -> None:
    first, second = ports.single_ports(2)

    assert first != second
    for port in (first, second):
        assert not ports.FIRST_INTERNAL <= port <= ports.LAST_INTERNAL
        with socket.create_server((ports.HOST, port)):
            assert port not in ports.single_ports(50)
