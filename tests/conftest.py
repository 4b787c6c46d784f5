"""What every test gets: one PostgreSQL and one Valkey of our own, for the whole run."""

from pathlib import Path

import pytest
from django.db import connection
from hypothesis import HealthCheck, settings

from derms import catalogues, embedded
from derms.postgres_binaries import EmbeddedError
from tests import template_database

pytest_plugins = [
    "tests.browsing",
    "tests.cast",
    "tests.gateways",
    "tests.mail_server",
    "tests.phone_provider",
    "tests.parallel",
]
ROOT = Path(__file__).resolve().parent.parent
# A busy machine is no wrong answer.
settings.register_profile("derms", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("derms")


def pytest_configure(config: pytest.Config) -> None:
    """Start the embedded services and make the template once, never in an xdist worker."""
    connection.settings_dict["TEST"]["TEMPLATE"] = template_database.template_name()
    if hasattr(config, "workerinput"):
        return
    catalogues.compile_all(ROOT)
    services = embedded.Services(embedded.state_folder(ROOT), durable=False)
    try:
        services.start()
    except EmbeddedError as error:
        raise pytest.UsageError(str(error)) from error
    config.add_cleanup(services.stop)
    template_database.make()
