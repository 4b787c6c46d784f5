"""The pages of an application: each bad value in words beside its field, what was typed kept."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import TariffVersion, ThirdParty, ThirdPartyMember, UsagePoint
from derms.accounts.models import User
from interconnection.models import ApplicationUnit, EquipmentModel, InterconnectionApplication
from interconnection.services import applications
from interconnection.statuses import ApplicationStatus
from tests.factories import (
    make_agreement,
    make_application,
    make_customer,
    make_der,
    make_equipment,
    make_representation,
    make_tariff_version,
    make_unit,
    make_usage_point,
)
from tests.interconnection.applying import fill, send, serve

UNIT = {
    "technology": "photovoltaic",
    "manufacturer": "Helios",
    "model": "H8",
    "serial_number": "HX-9",
    "version": "1.0",
    "active_power_rating_at_unity_power_factor_w": "8",
    "apparent_power_max_rating_va": "8,4",
    "reactive_power_injected_max_rating_var": "3.52",
    "reactive_power_absorbed_max_rating_var": "3.52",
    "energy_capacity_wh": "",
    "active_power_charge_max_rating_w": "",
    "apparent_power_charge_max_rating_va": "",
    "dc_rating_w": "9.6",
    "ac_voltage_nominal_rating_v": "240",
    "ac_voltage_minimum_rating_v": "211",
    "ac_voltage_maximum_rating_v": "264",
    "normal_operating_performance_category": "B",
    "abnormal_operating_performance_category": "III",
}
BATTERY = {
    **UNIT,
    "technology": "battery",
    "dc_rating_w": "",
    "energy_capacity_wh": "10",
    "active_power_charge_max_rating_w": "5",
    "serial_number": "VB-9",
}


@pytest.fixture
def browser(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


@pytest.fixture
def draft(ada_point: UsagePoint, at: datetime) -> InterconnectionApplication:
    serve()
    return applications.start_application(usage_point=ada_point, at=at, by="ada")


def post_unit(browser: Client, draft: InterconnectionApplication, **changes: str) -> Any:
    source = BATTERY if changes.get("technology") == "battery" else UNIT
    return browser.post(
        reverse("portal_apply_unit_new", args=[draft.reference]), {**source, **changes}
    )


def words_beside(response: Any, field: str) -> str:
    return " ".join(response.context["form"].errors.get(field, []))


def test_an_application_is_made_page_by_page_without_a_script(
    browser: Client, ada_point: UsagePoint, tariff_version: TariffVersion
) -> None:
    serve()
    listed = make_equipment()

    started = browser.post(reverse("portal_apply"), {"usage_point": ada_point.pk})
    draft = InterconnectionApplication.objects.get()
    assert started["Location"] == reverse("portal_apply_tariff", args=[draft.reference])
    offers = browser.get(started["Location"])
    assert "Step 2 of 6" in offers.content.decode()

    terms_url = reverse("portal_apply_terms", args=[draft.reference, tariff_version.pk])
    assert tariff_version.text in browser.get(terms_url).content.decode()
    accepted = browser.post(terms_url, {"accepted_name": "Ada Lovelace"})
    assert accepted["Location"] == reverse("portal_apply_units", args=[draft.reference])

    list_url = reverse("portal_apply_equipment", args=[draft.reference])
    found = browser.get(list_url, {"technology": "photovoltaic", "q": "helios"})
    unit_url = reverse("portal_apply_unit_new", args=[draft.reference]) + f"?equipment={listed.pk}"
    assert unit_url in found.content.decode()
    prefilled = browser.get(unit_url).context["form"]
    assert prefilled["active_power_rating_at_unity_power_factor_w"].value() == "8"
    saved = browser.post(
        unit_url,
        {
            **{name: prefilled[name].value() or "" for name in prefilled.fields},
            "serial_number": "HX-9",
            "equipment": listed.pk,
        },
    )
    assert saved.status_code == 302
    assert post_unit(browser, draft, technology="battery").status_code == 302
    assert [unit.equipment for unit in draft.units.order_by("pk")] == [listed, None]

    browser.post(
        reverse("portal_apply_date", args=[draft.reference]),
        {"planned_in_service_date": f"{datetime.now(UTC).year + 1}-05-01"},
    )
    review = browser.get(reverse("portal_apply_review", args=[draft.reference]))
    assert "Still missing" not in review.content.decode()
    sent = browser.post(reverse("portal_apply_review", args=[draft.reference]), follow=True)

    draft.refresh_from_db()
    assert draft.status == ApplicationStatus.SUBMITTED
    assert draft.agreement is not None
    assert draft.agreement.accepted_from_address == "127.0.0.1"
    assert "Customer service acts next." in sent.content.decode()


def test_kilowatts_become_watts_and_a_comma_is_a_point(
    browser: Client, draft: InterconnectionApplication
) -> None:
    post_unit(browser, draft)

    unit = ApplicationUnit.objects.get()
    assert unit.active_power_rating_at_unity_power_factor_w == 8_000
    assert unit.apparent_power_max_rating_va == 8_400
    assert unit.dc_rating_w == 9_600


POWER = "active_power_rating_at_unity_power_factor_w"


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({POWER: "-8"}, POWER, "cannot be below zero"),
        ({POWER: "NaN"}, POWER, "Type a plain number"),
        ({POWER: "inf"}, POWER, "Type a plain number"),
        ({POWER: "eight"}, POWER, "Type a plain number"),
        ({POWER: ""}, POWER, "Type a number here"),
        ({POWER: "1e30"}, POWER, "too large to be one unit"),
        ({POWER: "25000", "apparent_power_max_rating_va": "25000"}, POWER, "decimal point"),
        ({POWER: "8.0001"}, POWER, "At most 3 digits"),
        ({POWER: "0"}, POWER, "must be above zero"),
        (
            {"apparent_power_max_rating_va": "7.9"},
            "apparent_power_max_rating_va",
            "cannot be smaller than the active power (8 kW)",
        ),
        (
            {"active_power_charge_max_rating_w": "5"},
            "active_power_charge_max_rating_w",
            "Only a battery charges",
        ),
        (
            {"technology": "battery", "active_power_charge_max_rating_w": ""},
            "active_power_charge_max_rating_w",
            "A battery needs a charging power",
        ),
        (
            {"technology": "battery", "energy_capacity_wh": "-1"},
            "energy_capacity_wh",
            "cannot be below zero",
        ),
        (
            {"normal_operating_performance_category": ""},
            "normal_operating_performance_category",
            "Choose category A or B",
        ),
        (
            {"abnormal_operating_performance_category": ""},
            "abnormal_operating_performance_category",
            "Choose category I, II or III",
        ),
        ({"technology": "fusion"}, "technology", "Choose photovoltaic or battery"),
        ({"ac_voltage_nominal_rating_v": "240.5"}, "ac_voltage_nominal_rating_v", "whole volts"),
        (
            {"specified_over_excited_power_factor": "1.2"},
            "active_power_rating_at_specified_over_excited_power_factor_w",
            "Give both",
        ),
    ],
)
def test_a_value_that_cannot_be_is_refused_beside_its_field_and_kept(
    browser: Client,
    draft: InterconnectionApplication,
    changes: dict[str, str],
    field: str,
    words: str,
) -> None:
    response = post_unit(browser, draft, **changes)

    assert response.status_code == 422
    assert words in words_beside(response, field)
    page = response.content.decode()
    assert 'value="HX-9"' in page or 'value="VB-9"' in page
    for value in changes.values():
        assert value == "" or value == "fusion" or f'value="{value}"' in page
    assert not draft.units.exists()


def test_a_serial_number_twice_is_refused_wherever_the_other_is(
    browser: Client,
    draft: InterconnectionApplication,
    ben: User,
    ben_point: UsagePoint,
    tariff_version: TariffVersion,
) -> None:
    make_unit(make_application(ben_point), manufacturer="Helios", serial_number="HX-9")
    make_der(
        ben_point,
        make_agreement(ben_point, tariff_version, accepted_by=ben),
        manufacturer="Helios",
        serial_number="HX-8",
    )
    post_unit(browser, draft, serial_number="HX-7")

    for serial, owner in (
        ("HX-9", "a unit of another application"),
        ("HX-8", "equipment that is already in service"),
        ("HX-7", "another unit of this application"),
    ):
        response = post_unit(browser, draft, serial_number=serial)
        assert f"already belongs to {owner}" in words_beside(response, "serial_number")


def test_withdrawn_equipment_is_not_listed_and_refused_when_chosen(
    browser: Client, draft: InterconnectionApplication
) -> None:
    withdrawn = make_equipment()
    EquipmentModel.objects.filter(pk=withdrawn.pk).update(withdrawn_on_date=date(2026, 1, 1))

    found = browser.get(
        reverse("portal_apply_equipment", args=[draft.reference]), {"technology": "photovoltaic"}
    )
    chosen = post_unit(browser, draft, equipment=str(withdrawn.pk))

    assert withdrawn.model not in found.content.decode()
    assert chosen.status_code == 422
    assert "was withdrawn from the list" in chosen.content.decode()


def test_an_address_outside_the_service_area_is_refused_in_words(
    browser: Client, ada_point: UsagePoint
) -> None:
    response = browser.post(
        reverse("portal_apply"),
        {"check_address": "1", "street": "5 Far Road", "postcode": "9999"},
    )

    assert response.status_code == 422
    assert "we do not serve postcode 9999" in response.content.decode()
    assert 'value="5 Far Road"' in response.content.decode()


@pytest.mark.parametrize(
    ("street", "words"),
    [("1 Sunny Lane", "one of your service points"), ("7 New Road", "no meter at 7 New Road")],
)
def test_an_address_inside_the_area_says_how_to_go_on(
    browser: Client, ada_point: UsagePoint, street: str, words: str
) -> None:
    serve()

    response = browser.post(
        reverse("portal_apply"), {"check_address": "1", "street": street, "postcode": "1001"}
    )

    assert response.status_code == 200
    assert words in response.content.decode()


def test_a_service_point_out_of_area_or_with_an_open_application_is_refused(
    browser: Client, ada_point: UsagePoint
) -> None:
    outside = browser.post(reverse("portal_apply"), {"usage_point": ada_point.pk})
    assert "is outside our service area" in words_beside(outside, "usage_point")

    serve()
    browser.post(reverse("portal_apply"), {"usage_point": ada_point.pk})
    second = browser.post(reverse("portal_apply"), {"usage_point": ada_point.pk})
    assert f"is already open at meter {ada_point.meter_number}" in words_beside(
        second, "usage_point"
    )
    assert InterconnectionApplication.objects.count() == 1


def test_somebody_elses_service_point_cannot_be_chosen(
    browser: Client, ada_point: UsagePoint, cem_point: UsagePoint
) -> None:
    serve()

    for chosen in (str(cem_point.pk), "", "x"):
        response = browser.post(reverse("portal_apply"), {"usage_point": chosen})
        assert response.status_code == 422

    assert not InterconnectionApplication.objects.exists()


def test_tariffs_that_do_not_fit_say_why(
    browser: Client, draft: InterconnectionApplication, tariff_version: TariffVersion
) -> None:
    make_tariff_version("STORAGE", technologies=["battery"])
    make_tariff_version("SMALL", apparent_power_max_va=5_000)
    make_unit(draft)

    page = browser.get(reverse("portal_apply_tariff", args=[draft.reference])).content.decode()

    assert "Storage does not admit photovoltaic (solar)" in page
    assert "Small admits at most 5 kVA at one service point" in page
    assert page.count("Read and accept") == 1


@pytest.mark.parametrize(
    ("technologies", "size", "words"),
    [
        (["battery"], 30_000, "does not admit photovoltaic"),
        (["photovoltaic"], 5_000, "admits at most 5 kVA"),
    ],
)
def test_a_tariff_that_does_not_admit_the_units_is_refused(
    browser: Client,
    draft: InterconnectionApplication,
    technologies: list[str],
    size: int,
    words: str,
) -> None:
    version = make_tariff_version("OTHER", technologies=technologies, apparent_power_max_va=size)
    make_unit(draft)

    response = browser.post(
        reverse("portal_apply_terms", args=[draft.reference, version.pk]),
        {"accepted_name": "Ada Lovelace"},
    )

    assert response.status_code == 422
    assert words in words_beside(response, "__all__")
    assert 'value="Ada Lovelace"' in response.content.decode()


def test_a_tariff_for_other_phases_is_refused(
    browser: Client, ada_point: UsagePoint, tariff_version: TariffVersion, at: datetime
) -> None:
    serve()
    on_two_phases = make_usage_point(ada_point.customer, phases="AB")
    draft = applications.start_application(usage_point=on_two_phases, at=at, by="ada")

    response = browser.post(
        reverse("portal_apply_terms", args=[draft.reference, tariff_version.pk]),
        {"accepted_name": "Ada Lovelace"},
    )

    assert "this service point is on phase AB" in words_beside(response, "__all__")


def test_a_unit_that_breaks_the_accepted_tariff_is_refused_beside_its_size(
    browser: Client,
    ada: User,
    ada_point: UsagePoint,
    tariff_version: TariffVersion,
    at: datetime,
) -> None:
    filled = fill(ada_point, tariff_version, ada, at)

    response = post_unit(browser, filled, **{POWER: "23", "apparent_power_max_rating_va": "23"})

    assert "admits at most 30 kVA" in words_beside(response, "apparent_power_max_rating_va")


def test_a_wrong_name_is_refused_and_kept(
    browser: Client, draft: InterconnectionApplication, tariff_version: TariffVersion
) -> None:
    url = reverse("portal_apply_terms", args=[draft.reference, tariff_version.pk])

    response = browser.post(url, {"accepted_name": "A. Nother"})

    assert "as it stands on the account: Ada Lovelace" in words_beside(response, "accepted_name")
    assert 'value="A. Nother"' in response.content.decode()


def test_a_tariff_that_is_over_is_not_found(
    browser: Client, draft: InterconnectionApplication, tariff_version: TariffVersion
) -> None:
    tariff_version.active_to = datetime.fromisoformat("2026-01-02T00:00:00+00:00")
    tariff_version.save(update_fields=["active_to"])

    url = reverse("portal_apply_terms", args=[draft.reference, tariff_version.pk])

    assert browser.get(url).status_code == 404


@pytest.mark.parametrize(
    ("typed", "words"),
    [("", "Choose a date"), ("soon", "year-month-day"), ("2001-01-01", "This date is over")],
)
def test_a_date_that_cannot_be_is_refused_and_kept(
    browser: Client, draft: InterconnectionApplication, typed: str, words: str
) -> None:
    response = browser.post(
        reverse("portal_apply_date", args=[draft.reference]), {"planned_in_service_date": typed}
    )

    assert response.status_code == 422
    assert words in words_beside(response, "planned_in_service_date")
    assert f'value="{typed}"' in response.content.decode() or not typed


def test_nothing_missing_is_sent_and_the_page_says_what(
    browser: Client, draft: InterconnectionApplication
) -> None:
    response = browser.post(reverse("portal_apply_review", args=[draft.reference]))

    assert response.status_code == 422
    assert "No equipment is named." in response.content.decode()
    assert browser.post(reverse("portal_apply_units", args=[draft.reference])).status_code == 422


def test_units_are_changed_and_removed(browser: Client, draft: InterconnectionApplication) -> None:
    post_unit(browser, draft)
    unit = draft.units.get()
    url = reverse("portal_apply_unit", args=[draft.reference, unit.pk])
    assert 'value="8.4"' in browser.get(url).content.decode()

    browser.post(url, {**UNIT, POWER: "7.5"})
    unit.refresh_from_db()
    assert unit.active_power_rating_at_unity_power_factor_w == 7_500

    browser.post(reverse("portal_apply_unit_remove", args=[draft.reference, unit.pk]))
    assert not draft.units.exists()
    assert browser.get(url).status_code == 404


def test_a_sent_application_leads_to_its_status_and_changes_nothing(
    browser: Client,
    ada: User,
    ada_point: UsagePoint,
    tariff_version: TariffVersion,
    at: datetime,
) -> None:
    sent = send(ada_point, tariff_version, ada, at)

    for name in ("portal_apply_tariff", "portal_apply_units", "portal_apply_review"):
        response = browser.get(reverse(name, args=[sent.reference]))
        assert response["Location"] == reverse("portal_application", args=[sent.reference])
    again = browser.post(reverse("portal_apply_review", args=[sent.reference]), follow=True)

    assert "is being checked: nothing was changed" in again.content.decode()
    assert post_unit(browser, sent).status_code == 302
    assert sent.units.count() == 1


PAGES = (
    "portal_application",
    "portal_withdraw",
    "portal_apply_tariff",
    "portal_apply_units",
    "portal_apply_equipment",
    "portal_apply_unit_new",
    "portal_apply_date",
    "portal_apply_review",
)


@pytest.mark.parametrize("name", PAGES)
def test_another_customers_application_does_not_exist(
    name: str, cem: User, draft: InterconnectionApplication
) -> None:
    stranger = Client()
    stranger.force_login(cem)

    for response in (
        stranger.get(reverse(name, args=[draft.reference])),
        stranger.post(reverse(name, args=[draft.reference]), UNIT),
    ):
        assert response.status_code in (404, 405)

    assert stranger.get(reverse(name, args=[draft.reference])).status_code == 404
    assert not draft.units.exists()


def test_a_third_party_applies_for_the_customers_it_represents_only(
    tara: User,
    ada_point: UsagePoint,
    cem_point: UsagePoint,
    tariff_version: TariffVersion,
    at: datetime,
) -> None:
    serve()
    sunpool = ThirdParty.objects.create(name="Sunpool", email="desk@sunpool.example")
    ThirdPartyMember.objects.create(third_party=sunpool, user=tara)
    make_representation(third_party=sunpool, customer=ada_point.customer, active_from=at)
    client = Client()
    client.force_login(tara)

    assert client.post(reverse("portal_apply"), {"usage_point": cem_point.pk}).status_code == 422
    client.post(reverse("portal_apply"), {"usage_point": ada_point.pk})

    started = InterconnectionApplication.objects.get()
    assert (started.customer, started.third_party) == (ada_point.customer, sunpool)
    url = reverse("portal_apply_terms", args=[started.reference, tariff_version.pk])
    client.post(url, {"accepted_name": "Ada Lovelace"})
    started.refresh_from_db()
    assert started.agreement is not None
    assert started.agreement.accepted_by == tara
    assert started.agreement.customer == ada_point.customer


def test_a_customer_without_service_points_is_told_what_to_do(cem: User) -> None:
    make_customer("Cem Yilmaz", user=cem)
    client = Client()
    client.force_login(cem)

    page = client.get(reverse("portal_apply"))

    assert "No service point is in your name." in page.content.decode()
