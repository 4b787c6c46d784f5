"""What a screen answers: outcome, figures, and the reason in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What a screen says; missing input never passes."""

    PASS = "pass"  # noqa: S105  an outcome
    FAIL = "fail"
    NOT_APPLICABLE = "not_applicable"
    SKIPPED = "skipped"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Input:
    """One figure a screen looked at; `key` is stable, None says that nobody has it."""

    key: str
    label: str
    value: int | str | None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """What stays the same for every application: name, rule and where the rule comes from."""

    code: str
    title: str
    rule: str
    citation: str
    unit: str


@dataclass(frozen=True, slots=True)
class ScreenResult:
    """One screen on one application.

    `value`, `limit` and `margin` are in `words.unit`; `largest_passing_w` is the largest size of
    this application, in W, that would pass with everything else as it is; None where size does
    not matter or nothing can be said.
    """

    words: Words
    outcome: Outcome
    reason: str
    inputs: tuple[Input, ...]
    formula: str = ""
    value: float | None = None
    limit: float | None = None
    margin: float | None = None
    largest_passing_w: int | None = None


def kilo(amount: float) -> str:
    """Thousands, exact to a unit: 13000 is "13", 298950 is "298.95"."""
    whole = f"{amount / 1000:,.3f}"
    return whole.rstrip("0").rstrip(".")


UNASKED = frozenset({Outcome.NOT_APPLICABLE, Outcome.SKIPPED})


def worst(results: Iterable[ScreenResult]) -> Outcome:
    """What the whole set says: one failure fails, one open question leaves it open."""
    outcomes = {result.outcome for result in results}
    for outcome in (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.PASS):
        if outcome in outcomes:
            return outcome
    return Outcome.NOT_APPLICABLE


def largest_passing_w(results: Iterable[ScreenResult]) -> int | None:
    """The largest size that passes every screen that applies; None when one cannot be decided.

    A screen that passes at every size sets no limit; one that fails at every size says 0.
    """
    deciding = [result for result in results if result.outcome not in UNASKED]
    if any(result.outcome == Outcome.INCONCLUSIVE for result in deciding):
        return None
    return min(
        (r.largest_passing_w for r in deciding if r.largest_passing_w is not None), default=None
    )
