"""Every kind of request as data: nobody gets lost on its way (CS-4, CS-5)."""

from datetime import date

import pytest

from customers.flows.flow import (
    Actor,
    Flow,
    Question,
    Step,
    Way,
    check_answers,
    problems,
    shown,
    stages,
)
from customers.flows.kinds import CONNECT_DER, FLOWS, POWER_QUALITY
from customers.models import ServiceRequest

TODAY = date(2026, 6, 15)


@pytest.mark.parametrize("flow", FLOWS.values(), ids=lambda flow: flow.kind)
def test_every_flow_can_be_walked_from_its_first_step_to_an_end(flow: Flow) -> None:
    assert problems(flow) == []


def test_what_is_wrong_with_a_flow_is_named() -> None:
    lost = Flow(
        kind="lost",
        label="",
        plain="",
        intro="",
        allowed_days=1,
        questions=(),
        steps=(
            Step(
                key="a",
                label="",
                plain="",
                actor=Actor.CUSTOMER,
                ask="",
                ways=(Way(key="x", label="", to="nowhere"),),
            ),
            Step(key="b", label="", plain="", actor=Actor.CUSTOMER, ask=""),
        ),
    )

    assert problems(lost) == [
        "lost: a leads to nowhere",
        "lost: nobody reaches b",
        "lost: nobody leaves b",
        "lost is never done",
    ]


def test_kinds_and_actors_are_the_same_words_in_flows_and_tables() -> None:
    assert set(FLOWS) == set(ServiceRequest.Kind.values)
    assert {actor.value for actor in Actor} == set(ServiceRequest.NextActor.values)


def test_connecting_der_goes_the_way_of_the_report_to_the_letter() -> None:
    assert [(step.key, step.actor.value) for step in CONNECT_DER.steps] == [
        ("tariff", "customer"),
        ("register", "customer"),
        ("completeness", "customer_service"),
        ("engineering", "engineering"),
        ("operations", "operations"),
        ("plan", "customer_service"),
        ("verification", "technician"),
        ("permission", "engineering"),
    ]


def test_answers_are_checked_in_words() -> None:
    wrong = check_answers(
        POWER_QUALITY.questions, {"what": "ghosts", "when": " ", "story": "x" * 2001}, today=TODAY
    )

    assert wrong == {
        "what": ["Choose one of the list."],
        "when": ["Please answer this."],
        "story": ["Use at most 2000 characters."],
    }


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("2026-06-15", None),
        ("2026-06-14", "This day is over. Choose today or later."),
        ("2029-01-01", "Choose a day within the next two years."),
        ("tomorrow", "Type the day as year-month-day, such as 2026-09-01."),
        ("", "Please answer this."),
    ],
)
def test_a_day_must_be_one_that_can_come(answer: str, words: str | None) -> None:
    question = Question(key="day", label="Day", kind="day")

    wrong = check_answers([question], {"day": answer}, today=TODAY)

    assert wrong == ({"day": [words]} if words else {})
    if words is None:
        assert shown(question, answer) == "15 June 2026"


def test_the_picture_leaves_out_questions_that_were_not_asked() -> None:
    drawn = stages(
        POWER_QUALITY, step_key="visit", passed={"check": "Done 1 June"}, note="Due", is_over=False
    )

    assert [(stage.label, stage.state, stage.note) for stage in drawn] == [
        ("Check", "done", "Done 1 June"),
        ("Investigation", "current", "Due"),
        ("Engineering", "todo", ""),
    ]
