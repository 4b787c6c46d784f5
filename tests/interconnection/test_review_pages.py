"""The engineer's review pages in a browser: axe, narrow screens, no script errors (IC-3, IC-5)."""

from typing import Any

import pytest
from django.urls import reverse

from customers.models import TariffVersion, UsagePoint
from derms.accounts.models import User
from derms.accounts.roles import Role
from interconnection.models import Feeder, ScreeningResult
from interconnection.screening.schedule import parse
from interconnection.services.conditions import Term, add_standard_condition
from interconnection.services.decisions import confirm_decision
from interconnection.services.overrides import ask_override
from interconnection.statuses import ConditionKind
from tests.devices.walking import walking
from tests.factories import AT, make_person
from tests.interconnection.engineering import application_in_review, proposed


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_review_facts_and_conditions_are_accessible(
    ada: User,
    ada_point: UsagePoint,
    ben: User,
    ben_point: UsagePoint,
    f12: Feeder,
    enzo: User,
    olga: User,
    tariff_version: TariffVersion,
    live_server: Any,
) -> None:
    flexible = add_standard_condition(
        code="flexible", title="Flexible connection", kind=ConditionKind.FLEXIBLE,
        wording="Keeps its export to this schedule: {schedule}",
    )  # fmt: skip
    approved = application_in_review(ben, ben_point, tariff_version)
    terms = [Term(flexible, 8_000, parse("Jun-Aug 10-16 3.5"))]
    confirm_decision(decision=proposed(approved, enzo, terms=terms), at=AT, by=olga)
    f12.sections.update(peak_load_w=100_000)
    application = application_in_review(ada, ada_point, tariff_version)
    failed = ScreeningResult.objects.get(run__application=application, code="section_peak")
    ask_override(
        result=failed, reason="New houses draw 80 kW.", at=AT,
        by=make_person("eva", Role.ENGINEER),
    )  # fmt: skip
    section = f12.sections.get()
    pages = {
        "queue": reverse("engineering_queue"),
        "review": reverse("engineering_application", args=[application.reference]),
        "facts": reverse("engineering_feeder_facts", args=["F12"]),
        "fact": reverse("engineering_element_facts", args=["F12", "section", section.pk]),
    }

    with walking(live_server.url, enzo) as walker:
        for name, url in pages.items():
            assert walker.look(url) == {}, name
            walker.picture(f"screens-{name}")
        assert walker.complaints == []
    with walking(live_server.url, ben) as walker:
        url = reverse("portal_application", args=[approved.reference])
        assert walker.look(url) == {}
        walker.picture("screens-conditions")
