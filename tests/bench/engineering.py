"""From submit to ready for approval, and the page of a study on a large feeder (IC-3, IC-4)."""

import statistics
import time
from datetime import timedelta

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from derms.accounts.roles import Role
from derms.demo.network import seed_facts
from interconnection.models import Study
from interconnection.powerflow.facts import circuit_of
from interconnection.powerflow.feeders import feeder as feeder_model
from interconnection.powerflow.radial import RadialPlan, make_feeder
from interconnection.services import application_studies as studies
from interconnection.services.applications import save_planned_date
from interconnection.services.findings import set_policy
from interconnection.services.network import connect_usage_point, load_feeder
from interconnection.services.network_versions import keep_version
from interconnection.statuses import ApplicationStatus
from tests.bench.figures import Figure
from tests.bench.options import Options
from tests.bench.tables import empty_tables
from tests.factories import (
    AT,
    make_agreement,
    make_application,
    make_customer,
    make_equipment,
    make_person,
    make_tariff_version,
    make_unit,
    make_usage_point,
)
from tests.interconnection.applying import fill

READY_S, PAGE_MS = 5.0, 500.0
TRUNK, LATERALS = 400, 2_600


def measure(options: Options) -> list[Figure]:
    return [_submit_to_ready(options), _study_page(options)]


def _submit_to_ready(options: Options) -> Figure:
    """A small complete application on the portal's own page, the policy switched on."""
    empty_tables()
    set_policy(
        rule_set="SGIP", may_mark_ready=True, ready_up_to_w=25_000, reason="Bench.", at=AT,
        by=make_person("adam", Role.ADMINISTRATOR),
    )  # fmt: skip
    feeder = load_feeder(model=feeder_model("MILLBROOK"))
    seed_facts({"MILLBROOK": feeder}, at=AT)
    tariff, took = make_tariff_version(), []
    for number in range(5 if options.is_quick else 20):
        person = make_person(f"owner{number}", Role.CUSTOMER)
        point = make_usage_point(make_customer(f"Customer {number}", user=person))
        connect_usage_point(usage_point=point, feeder=feeder, phases="A", is_alone=True)
        draft = fill(point, tariff, person, AT, serial_number=f"S-{number}")
        now = timezone.now()
        day = now.date() + timedelta(days=60)
        save_planned_date(application=draft, planned_in_service_date=day, at=now)
        draft.units.update(equipment=make_equipment(active_power_w=8_000))
        client = Client(SERVER_NAME="localhost")
        client.force_login(person)
        began = time.perf_counter()
        client.post(reverse("portal_apply_review", args=[draft.reference]), secure=True)
        took.append(time.perf_counter() - began)
        draft.refresh_from_db()
        assert draft.status == ApplicationStatus.DECISION_PROPOSED, draft.status
    return _figure("submit_to_ready_s", took, "s, page and screens", READY_S)


def _study_page(options: Options) -> Figure:
    """The page of a done study on a feeder of 3,000 buses."""
    empty_tables()
    engineer = make_person("enzo", Role.ENGINEER)
    study = _studied()
    client = Client(SERVER_NAME="localhost")
    client.force_login(engineer)
    took = []
    for _ in range(5 if options.is_quick else 20):
        began = time.perf_counter()
        answer = client.get(reverse("engineering_study", args=[study.pk]), secure=True)
        took.append(1000 * (time.perf_counter() - began))
        assert answer.status_code == 200, answer
    print(f"{len(answer.content) / 1000:,.0f} kB")
    empty_tables()
    return _figure("study_page_ms", took, "ms, page rendered", PAGE_MS)


def _studied() -> Study:
    plan = RadialPlan(
        "BIG", "Big", 12_470, 20_000_000, None, "bench", TRUNK, LATERALS, (50, 150, 300),
        9_400_000, 0.27, 0.38, 30_000_000,
    )  # fmt: skip
    model = make_feeder(plan, seed=3)
    circuit = circuit_of(model)
    print(f"{len(circuit.buses):,} buses")
    keep_version(name="BIG", circuit=circuit, source_name="bench", source_sha256="",
                 remarks=(), at=AT, by="enzo")  # fmt: skip
    feeder = load_feeder(model=model)
    person, tariff = make_person("owner", Role.CUSTOMER), make_tariff_version()
    point = make_usage_point(make_customer("Owner", user=person), phases="ABC")
    connect_usage_point(usage_point=point, feeder=feeder, phases="ABC")
    application = make_application(
        point, agreement=make_agreement(point, tariff, accepted_by=person),
        status=ApplicationStatus.IN_REVIEW,
    )  # fmt: skip
    make_unit(application)
    studies.request_study(application=application, at=timezone.now(), by="enzo")
    study = studies.take_next_study(at=timezone.now(), worker="bench")
    assert study is not None
    studies.run_study_to_its_end(study=study, clock=timezone.now, worker="bench")
    study.refresh_from_db()
    assert study.result is not None, study.failure
    return study


def _figure(name: str, took: list[float], unit: str, most: float) -> Figure:
    median = statistics.median(took)
    return Figure(
        name, median, unit, spread=(min(took), max(took)), target=f"< {most:g}",
        is_met=median < most,
    )  # fmt: skip
