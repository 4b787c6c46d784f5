"""Ports of the tests themselves: never handed out twice, never one that is in use."""

import socket
from concurrent.futures import ThreadPoolExecutor

from tests.ports import HOST, free_port, free_range


def test_ports_asked_for_at_the_same_time_differ() -> None:
    with ThreadPoolExecutor(8) as askers:
        given = list(askers.map(lambda _: free_range(3), range(40)))

    ports = [first + offset for first in given for offset in range(3)]
    assert len(set(ports)) == len(ports)


def test_port_in_use_is_not_given() -> None:
    port = free_port()
    with socket.create_server((HOST, port + 1)):
        assert free_port() != port + 1
