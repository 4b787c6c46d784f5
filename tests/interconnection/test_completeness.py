"""The checklist of an application and the exact words to ask for what is missing (IC-1)."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from customers.tariffs.eligibility import Finding
from interconnection.screening.completeness import (
    ApplicationFacts,
    State,
    UnitOnFile,
    check_completeness,
)

TODAY = date(2026, 6, 15)
UNIT = UnitOnFile(
    name="Helios H8",
    serial_number="HX-1",
    serial_taken_by="",
    nameplate_errors={},
    is_listed=True,
    withdrawn_on_date=None,
    differs_from_list=(),
)
FACTS = ApplicationFacts(
    address="1 Sunny Lane, 1001 Millbrook",
    is_in_service_area=True,
    other_open_application="",
    tariff_name="Solar Partner",
    tariff_findings=(),
    planned_in_service_date=TODAY,
    sent_on_date=None,
    units=(UNIT,),
)


def test_a_full_application_is_complete() -> None:
    result = check_completeness(FACTS, today=TODAY)

    assert result.is_complete
    assert result.request_text == ""
    assert {line.state for line in result.lines} == {State.IN_ORDER}


@pytest.mark.parametrize(
    ("changes", "code", "request_words", "can_be_sent"),
    [
        ({"is_in_service_area": False}, "service_area", "is outside our service area", False),
        ({"other_open_application": "A-7"}, "other_application", "withdraw", False),
        ({"tariff_name": ""}, "tariff_accepted", "choose a tariff", False),
        (
            {"tariff_findings": (Finding(code="size", words="Too large."),)},
            "tariff_admits",
            "Too large. Please choose another tariff",
            False,
        ),
        ({"units": ()}, "units", "add the equipment", False),
        ({"planned_in_service_date": None}, "planned_date", "give the date", False),
        ({"planned_in_service_date": date(2026, 6, 14)}, "planned_date", "give the date", False),
        (
            {"units": (replace(UNIT, serial_number=""),)},
            "serial_missing",
            "give the serial number of Helios H8",
            True,
        ),
        (
            {"units": (replace(UNIT, serial_taken_by="equipment that is already in service"),)},
            "serial",
            "HX-1 already belongs to equipment that is already in service",
            False,
        ),
        (
            {"units": (replace(UNIT, nameplate_errors={"x": ["kVA below kW."]}),)},
            "nameplate",
            "correct the nameplate of Helios H8: kVA below kW.",
            False,
        ),
        (
            {"units": (replace(UNIT, withdrawn_on_date=TODAY),)},
            "equipment_withdrawn",
            "no longer certified",
            False,
        ),
    ],
)
def test_what_is_missing_is_asked_for_in_words(
    changes: dict[str, Any], code: str, request_words: str, can_be_sent: bool
) -> None:
    result = check_completeness(replace(FACTS, **changes), today=TODAY)

    (line,) = result.missing
    assert line.code == code
    assert line.why
    assert request_words in line.request
    assert result.request_text == line.request
    assert (result.keeps_from_sending == ()) == can_be_sent


@pytest.mark.parametrize(
    ("unit", "code"),
    [
        (replace(UNIT, is_listed=False), "not_listed"),
        (replace(UNIT, differs_from_list=("apparent power max rating va",)), "differs"),
        (replace(UNIT, withdrawn_on_date=date(2026, 6, 16)), "listed"),
    ],
)
def test_a_note_informs_and_stops_nothing(unit: UnitOnFile, code: str) -> None:
    result = check_completeness(replace(FACTS, units=(unit,)), today=TODAY)

    assert code in [line.code for line in result.lines]
    assert result.is_complete


@pytest.mark.parametrize(
    ("sent_on", "state"), [(date(2026, 6, 1), State.NOTE), (date(2026, 6, 15), State.MISSING)]
)
def test_a_date_that_passed_on_our_desk_is_not_the_customers_fault(
    sent_on: date, state: State
) -> None:
    facts = replace(FACTS, planned_in_service_date=date(2026, 6, 14), sent_on_date=sent_on)

    result = check_completeness(facts, today=TODAY)

    assert result.lines[-1].state is state


def test_several_requests_become_a_list() -> None:
    facts = replace(FACTS, units=(replace(UNIT, serial_number=""),), planned_in_service_date=None)

    text = check_completeness(facts, today=TODAY).request_text

    assert [line[:2] for line in text.splitlines()] == ["- ", "- "]
