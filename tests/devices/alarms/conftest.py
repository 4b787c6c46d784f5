"""No test of alarms passes while a cause could not be judged."""

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def every_cause_is_judged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert "cause_not_judged" not in caplog.text
