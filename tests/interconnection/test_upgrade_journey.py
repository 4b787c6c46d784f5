"""A case above 90 % of its feeder, from the application to a device in service (IC-1 … IC-7, DV-1).

Over the pages of every role, with the engine's own power flow in its own process, network models
from OpenDSS files, and a simulated inverter that answers over Modbus TCP.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers.models import Notice, UsagePoint
from derms.accounts.models import User
from derms.accounts.roles import Role
from devices.models import ApprovedSetting, Device
from devices.selectors.settings import supported_functions
from interconnection import tasks
from interconnection.models import (
    DER,
    ApplicationUnit,
    CommissioningTest,
    Feeder,
    NetworkUpgrade,
    Restudy,
    Study,
)
from interconnection.models import InterconnectionApplication as Application
from interconnection.selectors.studies import result_of
from interconnection.services.conditions import add_standard_condition
from interconnection.statuses import ApplicationStatus, ConditionKind
from tests.devices.running import FleetProcess
from tests.factories import (
    connect,
    make_agreement,
    make_company,
    make_customer,
    make_der,
    make_feeder,
    make_person,
    make_representation,
    make_tariff_version,
    make_transformer,
    make_usage_point,
)
from tests.interconnection.applying import serve

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
CAPACITY_W, CONNECTED_W, ASKED_W = 1_000_000, 650_000, 300_000
# One circuit of 4.16 kV; the upgrade is a thicker conductor over its 4 km.
MODEL = """
Clear
New object=circuit.willow basekv=4.16 pu=1.0 MVAsc3=400 MVAsc1=300
New Linecode.c nphases=3 units=km rmatrix=[{r} | .01 {r} | .01 .01 {r}] normamps=600
~ xmatrix=[.15 | .02 .15 | .02 .02 .15] cmatrix=[10 | 0 10 | 0 0 10]
New Line.trunk bus1=sourcebus bus2=mid linecode=c length=2 units=km
New Line.end bus1=mid bus2=far linecode=c length=2 units=km
New Load.mill bus1=mid phases=3 kv=4.16 kw=400 pf=.98
New Load.town bus1=far phases=3 kv=4.16 kw=200 pf=.98
set voltagebases=[4.16]
calcv
solve
"""
PROFILE = "IEEE 1547-2018 category B, volt-var on"
THIN_OHM_PER_KM, THICK_OHM_PER_KM = 0.55, 0.12


@dataclass(frozen=True)
class Cast:
    """Each with a browser of their own."""

    ada: Client
    cleo: Client
    enzo: Client
    edda: Client
    olga: Client
    tess: Client
    tara: Client


@pytest.fixture(scope="module")
def inverter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Any]]:
    """A simulated inverter of 300 kW on three phases."""
    size: dict[str, Any] = {
        "rated_w": ASKED_W, "rated_va": ASKED_W, "label_rated_w": ASKED_W, "dc_rated_w": 330_000,
        "phases": "ABC", "generation": "ieee1547_2018", "personality": "", "fault": "",
    }  # fmt: skip
    with FleetProcess(tmp_path_factory.mktemp("fleet"), 4, **size) as fleet:
        yield next(one for one in fleet.devices if one["kind"] == "pv")


@pytest.fixture
def cast(ada: User, cleo: User, enzo: User, olga: User, tess: User, tara: User) -> Cast:
    def at_browser(person: User) -> Client:
        client = Client()
        client.force_login(person)
        return client

    return Cast(
        *map(at_browser, (ada, cleo, enzo, make_person("edda", Role.ENGINEER), olga, tess, tara))
    )


@pytest.fixture
def willow(ben: User) -> Feeder:
    """A weak feeder with 65 % of its capacity connected already."""
    feeder = make_feeder("WILLOW", rated_capacity_w=CAPACITY_W)
    feeder.buses.update(name="far", nominal_voltage_v=4_160)
    point = make_usage_point(make_customer("Ben Franklin", user=ben), phases="ABC")
    connect(point, make_transformer(feeder, rated_va=1_000_000, phases="ABC"))
    tariff = make_tariff_version("BULK", apparent_power_max_va=2_000_000)
    make_der(
        point,
        make_agreement(point, tariff, accepted_by=ben),
        active_power_rating_at_unity_power_factor_w=CONNECTED_W,
        apparent_power_max_rating_va=CONNECTED_W,
    )
    return feeder


@pytest.fixture
def point(ada: User, willow: Feeder, tara: User, tmp_path: Path) -> UsagePoint:
    """Ada's, with a company that sees what she has."""
    serve()
    customer = make_customer("Ada Lovelace", user=ada)
    make_representation(third_party=make_company("Sunpool", tara), customer=customer)
    point = make_usage_point(customer, phases="ABC")
    connect(point, make_transformer(willow, rated_va=500_000, phases="ABC"))
    import_model(tmp_path, THIN_OHM_PER_KM)
    assert set(willow.buses.values_list("name", flat=True)) == {"sourcebus", "mid", "far"}
    return point


def import_model(folder: Path, ohm_per_km: float) -> None:
    file = folder / "WILLOW.dss"
    file.write_text(MODEL.format(r=ohm_per_km))
    call_command("import_network", str(file), "--json")


def post(client: Client, name: str, *args: object, **entered: object) -> str:
    """Send a form and follow; the page that comes."""
    answer = client.post(reverse(name, args=args), entered, follow=True)
    body = answer.content.decode()
    assert answer.status_code == 200, re.sub(r"<[^>]+>", " ", body)[-3000:]
    return body


def page(client: Client, name: str, *args: object) -> str:
    answer = client.get(reverse(name, args=args))
    assert answer.status_code == 200
    return answer.content.decode()


def test_ninety_percent_of_a_feeder_is_studied_held_released_and_commissioned(
    cast: Cast, point: UsagePoint, inverter: Mapping[str, Any], tmp_path: Path
) -> None:
    application = ada_applies(cast, point, inverter)
    screens_fail(cast, application)
    thin = the_study_fails(cast, application)
    engineering_holds_it(cast, application)
    the_upgrade_releases_it(cast, application, tmp_path, thin)
    it_is_approved_by_two_people(cast, application)
    number = the_visit_is_ordered(cast, application)
    tess_tests_it(cast, application, number, inverter)
    two_people_permit_it(cast, application, number)
    it_is_handed_over(cast, application, inverter)


def ada_applies(cast: Cast, point: UsagePoint, inverter: Mapping[str, Any]) -> Application:
    version = make_tariff_version("PARTNER", apparent_power_max_va=500_000)
    post(cast.ada, "portal_apply", usage_point=point.pk)
    draft = Application.objects.get()
    post(cast.ada, "portal_apply_terms", draft.reference, version.pk, accepted_name="Ada Lovelace")
    post(cast.ada, "portal_apply_unit_new", draft.reference, **unit_of(inverter))
    day = timezone.localdate() + timedelta(days=60)
    post(cast.ada, "portal_apply_date", draft.reference, planned_in_service_date=day.isoformat())
    post(cast.ada, "portal_apply_review", draft.reference)
    draft.refresh_from_db()
    assert draft.status == ApplicationStatus.SUBMITTED
    return draft


def unit_of(inverter: Mapping[str, Any]) -> dict[str, str]:
    return {
        "technology": "photovoltaic",
        "manufacturer": inverter["manufacturer"],
        "model": inverter["model"],
        "serial_number": inverter["serial_number"],
        "version": inverter["version"],
        "active_power_rating_at_unity_power_factor_w": str(ASKED_W // 1000),
        "apparent_power_max_rating_va": str(ASKED_W // 1000),
        "reactive_power_injected_max_rating_var": "132",
        "reactive_power_absorbed_max_rating_var": "132",
        "dc_rating_w": "330",
        "ac_voltage_nominal_rating_v": "480",
        "ac_voltage_minimum_rating_v": "422",
        "ac_voltage_maximum_rating_v": "528",
        "normal_operating_performance_category": "B",
        "abnormal_operating_performance_category": "III",
    }


def screens_fail(cast: Cast, application: Application) -> None:
    """650 + 300 kW are above 90 % of 1,000 kW."""
    post(cast.cleo, "service_forward", application.reference, seen=seen(application))

    said = page(cast.enzo, "engineering_application", application.reference)

    assert "950 kW, 50 kW above 90 % of its feeder rating, 900 kW" in said
    assert "Up to 250 kW would pass. A study is needed." in said


def the_study_fails(cast: Cast, application: Application) -> Study:
    post(cast.enzo, "engineering_study_request", application.reference)
    tasks.run_studies()

    study = Study.objects.get()
    result = result_of(study)
    assert result is not None, study.failure
    assert study.verdict == "fail"
    broken = {
        one.name
        for scenario in result.scenarios
        for one in scenario.criteria
        if one.verdict == "fail"
    }
    assert "highest voltage" in broken
    said = page(cast.enzo, "engineering_study", study.pk)
    assert "WILLOW" in said
    return study


def engineering_holds_it(cast: Cast, application: Application) -> None:
    post(
        cast.enzo, "engineering_propose", application.reference, verdict="hold",
        reasons="The voltage at bus far would be too high.",
        upgrade_name="Thicker conductor to bus far", upgrade_date="2027-05-01",
    )  # fmt: skip
    confirm(cast, application)

    application.refresh_from_db()
    assert application.status == ApplicationStatus.HELD
    assert "Thicker conductor to bus far" in page(
        cast.ada, "portal_application", application.reference
    )


def confirm(cast: Cast, application: Application) -> None:
    decision = application.decisions.get(status="proposed")
    post(cast.olga, "operations_confirmation", decision.pk, answer="confirm", note="")


def the_upgrade_releases_it(
    cast: Cast, application: Application, folder: Path, before: Study
) -> None:
    """The new model comes in, the work is recorded, and nobody asks for the study."""
    import_model(folder, THICK_OHM_PER_KM)
    said = post(cast.enzo, "engineering_upgrade_in_service", NetworkUpgrade.objects.get().pk)
    assert "A study is queued" in said
    application.refresh_from_db()
    assert application.status == ApplicationStatus.HELD

    tasks.run_studies()
    tasks.answer_restudies()

    application.refresh_from_db()
    mark = Restudy.objects.get()
    assert mark.outcome == "released", mark.words
    assert mark.study is not None
    assert (mark.study.verdict, mark.study.version.number) == ("pass", before.version.number + 1)
    assert application.status == ApplicationStatus.IN_REVIEW
    assert Notice.objects.filter(template="application_resumed").count() == 1


def it_is_approved_by_two_people(cast: Cast, application: Application) -> None:
    post(
        cast.enzo, "engineering_propose", application.reference, verdict="approve",
        reasons="The study on the new conductor passes.",
        override_reason="Above 90 % of the rating; studied.",
        library=add_standard_condition(
            code="volt-var", title="Settings with volt-var", kind=ConditionKind.SETTINGS_PROFILE,
            wording="Runs with the settings {profile}", settings_profile=PROFILE,
        ).pk,
    )  # fmt: skip
    confirm(cast, application)
    application.refresh_from_db()
    assert application.status == ApplicationStatus.APPROVED


def the_visit_is_ordered(cast: Cast, application: Application) -> str:
    day = timezone.localdate() + timedelta(days=2)
    post(
        cast.cleo, "service_order_visit", application.reference, seen=seen(application),
        day=day.isoformat(), begins="09:00", ends="11:00",
    )  # fmt: skip
    application.refresh_from_db()
    assert application.status == ApplicationStatus.COMMISSIONING
    order = application.commissioning_order.service_order
    return str(order.number)


def tess_tests_it(
    cast: Cast, application: Application, number: str, inverter: Mapping[str, Any]
) -> None:
    post(cast.tess, "field_order_start", number)
    unit = ApplicationUnit.objects.get(application=application)
    address = {name: inverter[name] for name in ("host", "port", "unit")}
    said = post(cast.tess, "field_live_test", number, unit.pk, **address)
    test = CommissioningTest.objects.get()
    assert (test.outcome, test.settings_profile) == ("settings", PROFILE)
    differing = [line["label"] for line in test.setting_lines if line["blocks"]]
    assert differing == ["Volt-var curve"]
    assert "Volt-var curve: approved 92/100, 98/0, 102/0, 108/-100 in 5 s, found off." in said
    for line in application.commissioning_order.checklist:
        if not line["is_live_test"]:
            post(cast.tess, "field_order_tick", number, key=line["key"], is_done="on")
    refused = cast.tess.post(reverse("field_order_finish", args=[number]))
    assert "Volt-var curve: approved" in refused.content.decode()
    two_engineers_accept_the_settings(cast, application, test)
    post(cast.tess, "field_order_finish", number)


def two_engineers_accept_the_settings(
    cast: Cast, application: Application, test: CommissioningTest
) -> None:
    post(
        cast.enzo, "engineering_settings_override", application.reference, test.pk,
        reason="The maker switches it on with the next firmware, on 1 June.",
    )  # fmt: skip
    override = test.overrides.get()
    args = [application.reference, override.pk]
    alone = cast.enzo.post(
        reverse("engineering_settings_override_answer", args=args), {"answer": "confirm"}
    )
    assert alone.status_code == 409
    post(cast.edda, "engineering_settings_override_answer", *args, answer="confirm")
    override.refresh_from_db()
    assert override.status == "confirmed"


def two_people_permit_it(cast: Cast, application: Application, number: str) -> None:
    post(cast.edda, "engineering_permission", application.reference)
    application.refresh_from_db()
    assert application.status == ApplicationStatus.PERMITTED


def it_is_handed_over(cast: Cast, application: Application, inverter: Mapping[str, Any]) -> None:
    der = DER.objects.get(unit__application=application)
    device = Device.objects.get(der=der)
    assert der.agreement == application.agreement
    assert (device.zone.name, device.port) == ("willow", inverter["port"])
    assert "limit_active_power" in set(supported_functions(device, ()))
    assert ApprovedSetting.objects.filter(device=device, ended_at=None).exists()
    company = page(cast.tara, "portal_customer", application.customer_id)
    assert der.name in company


def seen(application: Application) -> int:
    last = application.status_changes.latest("pk")
    return int(last.pk)
