"""Planning and study pages in a real browser: accessible, reflowing, without complaints (IC-9)."""

from datetime import datetime

import pytest
from pytest_django.live_server_helper import LiveServer

from derms.accounts.models import User
from interconnection.services import planning
from interconnection.services.planning import PlannedDer
from tests.devices.walking import walking
from tests.interconnection.test_planning import what_if
from tests.interconnection.test_studies import harbour, run_what_waits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_pages_of_a_planner_are_accessible(
    live_server: LiveServer, enzo: User, at: datetime
) -> None:
    harbour(at)
    planning.request_capacity_map(feeder="HARBOUR", at=at, by="enzo")
    mapped = run_what_waits(at)
    study = what_if(at, PlannedDer("T9", "ABC", 4_000_000))

    with walking(live_server.url, enzo) as walker:
        found: dict[str, list[str]] = {}
        for path, name in (
            ("/engineering/plans/", "planning"),
            ("/engineering/plans/HARBOUR", "capacity"),
            (f"/engineering/studies/{mapped.pk}", "map"),
            (f"/engineering/studies/{study.pk}", "study"),
        ):
            found |= walker.look(path)
            walker.picture(name)
        complaints = walker.complaints

    assert found == {}
    assert complaints == []
