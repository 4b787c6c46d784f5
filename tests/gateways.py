"""Fixtures for tests that start gateway workers: servers and a fleet which they may break."""

from collections.abc import Iterator

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.devices.own_services import OwnServices, own_services, tables_are_empty
from tests.devices.running import FleetProcess


@pytest.fixture(scope="module")
def own_servers(
    tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker
) -> Iterator[OwnServices]:
    with django_db_blocker.unblock(), own_services(tmp_path_factory.mktemp("own") / "var") as own:
        yield own


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FleetProcess]:
    """Twelve simulated devices with a log of their own."""
    with FleetProcess(tmp_path_factory.mktemp("fleet"), 12) as running:
        yield running


@pytest.fixture
def own(own_servers: OwnServices) -> OwnServices:
    """The servers with empty tables and an empty broker."""
    tables_are_empty()
    own_servers.redis().flushall()
    return own_servers
