"""What a screen answers: outcome, figures, and the reason in words."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What a screen says; missing input never passes."""

    PASS = "pass"  # noqa: S105  an outcome
    FAIL = "fail"
    NOT_APPLICABLE = "not_applicable"
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
    this application, in W, that would pass with everything else as it is.
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


def worst(results: tuple[ScreenResult, ...]) -> Outcome:
    """What the whole set says: one failure fails, one open question leaves it open."""
    outcomes = {result.outcome for result in results}
    for outcome in (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.PASS):
        if outcome in outcomes:
            return outcome
    return Outcome.NOT_APPLICABLE


def largest_passing_w(results: tuple[ScreenResult, ...]) -> int | None:
    """The largest size that passes every screen that applies; None when one cannot be decided."""
    deciding = [r for r in results if r.outcome != Outcome.NOT_APPLICABLE]
    sizes = [r.largest_passing_w for r in deciding if r.largest_passing_w is not None]
    return min(sizes) if sizes and len(sizes) == len(deciding) else None
