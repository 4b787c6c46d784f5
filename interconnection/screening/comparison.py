"""How a screen compares an aggregate with its limit, and says it in words."""

from dataclasses import dataclass
from fractions import Fraction

from interconnection.screening.case import Generation, ScreeningCase
from interconnection.screening.result import Input, Outcome, ScreenResult, Words, kilo

# Rational, so that equality is exact: the square root of 3 to eight figures.
SQRT3 = Fraction(17320508, 10_000_000)
NOT_IN_MODEL = (
    "Cannot be decided because the service point is not in the network model. "
    "Connect it to its service transformer, then run the screens again."
)
NO_SIZE = (
    "Cannot be decided because the application names no unit with a rating. "
    "Return it as incomplete."
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """An aggregate, its exact limit, and what to call them."""

    subject: str
    limit_name: str
    aggregate: int | Fraction
    limit: Fraction
    largest_w: int
    when_it_fails: str = ""

    def at_most(self, words: Words, inputs: tuple[Input, ...], formula: str) -> ScreenResult:
        """Equality passes."""
        passes = self.aggregate <= self.limit
        unit = f"k{words.unit}"
        room_w = max(0, self.largest_w)
        start = f"{self.subject} would be {kilo(float(self.aggregate))} {unit}"
        limit = f"{self.limit_name}, {kilo(float(self.limit))} {unit}"
        over = kilo(float(abs(self.aggregate - self.limit)))
        if passes:
            reason = f"{start}, within {limit}: {over} {unit} of room remains."
        else:
            reason = (
                f"{start}, {over} {unit} above {limit}. {passing_size(room_w)}{self.when_it_fails}"
            )
        return ScreenResult(
            words,
            Outcome.PASS if passes else Outcome.FAIL,
            reason,
            inputs,
            formula,
            float(self.aggregate),
            float(self.limit),
            float(self.limit - self.aggregate),
            room_w,
        )


def undecided(words: Words, case: ScreeningCase) -> ScreenResult:
    reason = NO_SIZE if case.proposed.active_power_w <= 0 else NOT_IN_MODEL
    proposed = Input("proposed", "This application", case.proposed.active_power_w, "W")
    return ScreenResult(words, Outcome.INCONCLUSIVE, reason, (proposed,))


def generation_inputs(case: ScreeningCase, there: Generation) -> tuple[Input, Input, Input]:
    return (
        Input("connected", "Connected", there.connected_w, "W"),
        Input("queued", "Ahead in the queue", there.queued_w, "W"),
        Input("proposed", "This application", case.proposed.active_power_w, "W"),
    )


def sum_words(case: ScreeningCase, there: Generation) -> str:
    """Connected + queued ahead + this, in kW."""
    return (
        f"{kilo(there.connected_w)} + {kilo(there.queued_w)} + {kilo(case.proposed.active_power_w)}"
    )


def percent(share: Fraction) -> str:
    return f"{float(share) * 100:.4g} %"


def passing_size(room_w: int) -> str:
    return f"Up to {kilo(room_w)} kW would pass." if room_w else "No size would pass."


def lookup(words: Words, inputs: tuple[Input, ...], outcome: Outcome, reason: str) -> ScreenResult:
    """A screen that compares no figures; where it fails, no size passes."""
    return ScreenResult(
        words, outcome, reason, inputs, largest_passing_w=0 if outcome == Outcome.FAIL else None
    )


def missing(words: Words, inputs: tuple[Input, ...], because: str, do: str) -> ScreenResult:
    """Missing data never passes; `do` says how to get it."""
    return ScreenResult(
        words, Outcome.INCONCLUSIVE, f"Cannot be decided because {because}. {do}", inputs
    )


def size_of(case: ScreeningCase, room_va: int) -> int:
    """The size in W whose apparent power fits `room_va`."""
    proposed = case.proposed
    return max(0, room_va) * proposed.active_power_w // proposed.apparent_power_va


def exempt(
    words: Words, case: ScreeningCase, inputs: tuple[Input, ...], limit_va: int
) -> ScreenResult | None:
    """Does not apply up to `limit_va`; None when it does."""
    asked_va = case.proposed.apparent_power_va
    if not limit_va or asked_va > limit_va:
        return None
    return ScreenResult(
        words,
        Outcome.NOT_APPLICABLE,
        f"Asked only above {kilo(limit_va)} kVA; this application has {kilo(asked_va)} kVA.",
        inputs,
    )


def yes_no(known: bool | None) -> str | None:  # noqa: FBT001  the value itself
    return None if known is None else "yes" if known else "no"
