"""The cycle decides from what is written down (DI-3)."""

from datetime import datetime, timedelta

import pytest

from dispatch.cycle import (
    WAIT,
    CommandFacts,
    Deed,
    DispatchFacts,
    Progress,
    Stage,
    decide,
)
from tests.factories import AT

NEVER = AT + timedelta(days=1)
VERIFIED = CommandFacts("a", Progress.VERIFIED)
OPEN = CommandFacts("b", Progress.OPEN, "waits")
FAILED = CommandFacts("c", Progress.FAILED, "refused")


def facts(stage: Stage, *commands: CommandFacts, ends_at: datetime = NEVER) -> DispatchFacts:
    return DispatchFacts(
        stage=stage,
        selection_expires_at=AT + timedelta(seconds=30),
        executed_at=AT,
        ends_at=ends_at,
        commands=commands,
    )


@pytest.mark.parametrize(
    ("stage", "commands", "seconds", "deed"),
    [
        (Stage.PREPARING, (), 29, Deed.WAIT),
        (Stage.PREPARING, (), 30, Deed.LAPSE),
        (Stage.EXECUTING, (VERIFIED, OPEN), 5, Deed.WAIT),
        (Stage.EXECUTING, (VERIFIED, FAILED), 5, Deed.BECOME_ACTIVE),
        (Stage.EXECUTING, (VERIFIED, OPEN), 30, Deed.BECOME_ACTIVE),
        (Stage.EXECUTING, (OPEN, OPEN), 300, Deed.WAIT),
        (Stage.EXECUTING, (OPEN, FAILED), 300, Deed.WAIT),
        (Stage.EXECUTING, (FAILED, FAILED), 1, Deed.FAIL),
        (Stage.ACTIVE, (VERIFIED,), 300, Deed.WAIT),
    ],
)
def test_stage_commands_and_time_decide(
    stage: Stage, commands: tuple[CommandFacts, ...], seconds: int, deed: Deed
) -> None:
    decision = decide(facts(stage, *commands), AT + timedelta(seconds=seconds))

    assert decision.deed is deed


@pytest.mark.parametrize("stage", [Stage.EXECUTING, Stage.ACTIVE])
def test_end_of_its_time_begins_the_release(stage: Stage) -> None:
    decision = decide(
        facts(stage, OPEN, ends_at=AT + timedelta(minutes=1)), AT + timedelta(minutes=1)
    )

    assert decision.deed is Deed.BEGIN_RELEASE


def released(
    release: Progress, *, reverts_in_s: int | None = None, fault: str = ""
) -> CommandFacts:
    reverts_at = None if reverts_in_s is None else AT + timedelta(seconds=reverts_in_s)
    return CommandFacts("d", Progress.VERIFIED, "", release, fault, reverts_at)


@pytest.mark.parametrize(
    ("commands", "seconds", "deed"),
    [
        ((released(Progress.VERIFIED),), 1, Deed.BECOME_RELEASED),
        ((released(Progress.OVER),), 1, Deed.BECOME_RELEASED),
        ((released(Progress.OPEN),), 1, Deed.WAIT),
        ((released(Progress.OPEN, reverts_in_s=60),), 59, Deed.WAIT),
        ((released(Progress.OPEN, reverts_in_s=60),), 60, Deed.BECOME_RELEASED),
        ((released(Progress.FAILED, reverts_in_s=60),), 59, Deed.WAIT),
        ((released(Progress.FAILED, reverts_in_s=60),), 60, Deed.BECOME_RELEASED),
        ((released(Progress.FAILED),), 1, Deed.FAIL),
        ((FAILED,), 1, Deed.BECOME_RELEASED),
    ],
)
def test_release_ends_when_every_device_is_known_to_be_free(
    commands: tuple[CommandFacts, ...], seconds: int, deed: Deed
) -> None:
    decision = decide(facts(Stage.RELEASING, *commands), AT + timedelta(seconds=seconds))

    assert decision.deed is deed


def test_reason_names_three_and_counts_the_rest() -> None:
    many = [CommandFacts(f"m{number}", Progress.FAILED, "refused") for number in range(5)]

    decision = decide(facts(Stage.EXECUTING, *many), AT)

    assert decision.reason == (
        "No member took its set-point. m0: refused; m1: refused; m2: refused and 2 more."
    )


def test_waiting_is_silent() -> None:
    assert decide(facts(Stage.ACTIVE, VERIFIED), AT) == WAIT
