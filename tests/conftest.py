"""What every test gets: one PostgreSQL and one Valkey of our own, for the whole run."""

import os
from pathlib import Path

import pytest

from derms import embedded
from derms.postgres_binaries import EmbeddedError

pytest_plugins = ["tests.cast"]
ROOT = Path(__file__).resolve().parent.parent


def pytest_configure(config: pytest.Config) -> None:
    """Start the embedded services once, never in an xdist worker."""
    has_servers = "DATABASE_URL" in os.environ and "REDIS_URL" in os.environ
    if hasattr(config, "workerinput") or has_servers:
        return
    services = embedded.Services(embedded.state_folder(ROOT), durable=False)
    try:
        services.start()
    except EmbeddedError as error:
        raise pytest.UsageError(str(error)) from error
    config.add_cleanup(services.stop)
