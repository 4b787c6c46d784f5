"""Quick screens: applications a second as pure functions, and an application's page (IC-3)."""

import random
import statistics
import time
from dataclasses import replace

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from derms.accounts.models import User
from derms.accounts.roles import Role
from derms.demo.network import SUBSTATION_VA, seed_facts
from interconnection.models import InterconnectionApplication
from interconnection.powerflow.feeders import feeder as feeder_model
from interconnection.screening.case import Generation, ScreeningCase
from interconnection.screening.rules import RULE_SETS, RuleSet
from interconnection.screening.screens import evaluate
from interconnection.services.network import connect_usage_point, load_feeder
from interconnection.services.screening import run_screens
from interconnection.statuses import ApplicationStatus
from tests.bench.figures import Figure
from tests.bench.options import Options
from tests.bench.tables import empty_tables
from tests.factories import (
    AT,
    make_agreement,
    make_application,
    make_customer,
    make_person,
    make_tariff_version,
    make_unit,
    make_usage_point,
)
from tests.interconnection.screening.cases import CASE, SECTION, sized

PER_S, PAGE_MS = 1_000, 150
APPLICATIONS = 60


def measure(options: Options) -> list[Figure]:
    return [_per_second(options), _page(options)]


def _per_second(options: Options) -> Figure:
    """One core, no database: every case another size and another network nearby."""
    cases = [_case(number) for number in range(500 if options.is_quick else 2_000)]
    slowest = 0.0
    rates: list[float] = []
    for rules in RULE_SETS.values():
        told = [_rate(cases, rules) for _ in range(options.rounds + 2)]
        median = statistics.median(told)
        print(f"{rules.name}: {median:,.0f} applications per CPU-second", flush=True)
        if not rates or median < slowest:
            rates, slowest = told, median
    return Figure(
        "screens_per_s",
        slowest,
        "applications per CPU-second",
        spread=(min(rates), max(rates)),
        target=f"> {PER_S:,}",
        is_met=slowest > PER_S,
    )


def _rate(cases: list[ScreeningCase], rules: RuleSet) -> float:
    began = time.process_time()
    for case in cases:
        evaluate(case, rules)
    return len(cases) / (time.process_time() - began)


def _case(number: int) -> ScreeningCase:
    dice = random.Random(number)  # noqa: S311  for a bench
    there = Generation(*(dice.randrange(400_000) for _ in range(4)))
    size_w = dice.randrange(3_000, 400_000)
    sections = tuple(
        replace(SECTION, name=f"S{one}", head_device=f"R{one}", generation=there)
        for one in range(dice.randrange(1, 5))
    )
    return replace(CASE, proposed=sized(size_w, size_w * 11 // 10), sections=sections)


def _page(options: Options) -> Figure:
    """An application's whole page, screened, on a feeder with a queue; as a browser asks."""
    applications = _queue()
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.get(username="enzo"))
    took = []
    for number in range(40 if options.is_quick else 200):
        one = applications[number % len(applications)]
        began = time.perf_counter()
        answer = client.get(reverse("engineering_application", args=[one.reference]), secure=True)
        took.append(1000 * (time.perf_counter() - began))
        assert answer.status_code == 200, one
    with CaptureQueriesContext(connection) as asked:
        client.get(reverse("engineering_application", args=[one.reference]), secure=True)
    began = time.perf_counter()
    run_screens(application=one, at=AT, by="enzo")
    ran_ms = 1000 * (time.perf_counter() - began)
    print(f"{len(asked)} questions to the database; running the screens took {ran_ms:.0f} ms")
    empty_tables()
    median = statistics.median(took)
    return Figure(
        "screens_page_ms",
        median,
        "ms, page rendered",
        spread=(min(took), max(took)),
        target=f"< {PAGE_MS}",
        is_met=median < PAGE_MS,
    )


def _queue() -> list[InterconnectionApplication]:
    empty_tables()
    make_person("enzo", Role.ENGINEER)
    owner, tariff = make_person("owner", Role.CUSTOMER), make_tariff_version()
    feeders = {name: load_feeder(model=feeder_model(name)) for name in SUBSTATION_VA}
    seed_facts(feeders, at=AT)
    applications = []
    for number in range(APPLICATIONS):
        point = make_usage_point(make_customer(f"Customer {number}"))
        connect_usage_point(usage_point=point, feeder=feeders["MILLBROOK"], phases="A")
        application = make_application(
            point,
            agreement=make_agreement(point, tariff, accepted_by=owner),
            status=ApplicationStatus.IN_REVIEW,
        )
        make_unit(application)
        run_screens(application=application, at=AT, by="enzo")
        applications.append(application)
    return applications
