"""Journeys go through the whole product, started once for all of them."""

import os
from collections.abc import Iterator

import pytest

from derms import embedded
from tests.journeys.product import ROOT, Product, running

DEVICES = 24


@pytest.fixture(scope="package")
def product() -> Iterator[Product]:
    """The whole product with a small fleet; nothing of it is left afterwards."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    with running(embedded.state_folder(ROOT) / f"product-{worker}", devices=DEVICES) as started:
        yield started
