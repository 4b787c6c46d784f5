"""Flows as data: who acts at each step, what is asked, and where each answer leads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from derms.lib.words import day, mark, say

DONE, DECLINED = "done", "declined"
ENDS = frozenset({DONE, DECLINED})
LONG_TEXT_MAX, TEXT_MAX = 2000, 120


class Actor(StrEnum):
    """Whose turn it is."""

    CUSTOMER = "customer"
    CUSTOMER_SERVICE = "customer_service"
    ENGINEERING = "engineering"
    OPERATIONS = "operations"
    TECHNICIAN = "technician"
    NOBODY = "nobody"


ACTOR_WORDS: dict[str, str] = {
    Actor.CUSTOMER: mark("Customer"),
    Actor.CUSTOMER_SERVICE: mark("Customer service"),
    Actor.ENGINEERING: mark("Engineering"),
    Actor.OPERATIONS: mark("Operations"),
    Actor.TECHNICIAN: mark("Field technician"),
    Actor.NOBODY: mark("Nobody"),
}


@dataclass(frozen=True, kw_only=True)
class Question:
    """One thing that is asked when a request is made; `choices` are (key, words)."""

    key: str
    label: str
    kind: str = "text"  # text, long, day or choice
    help: str = ""
    is_required: bool = True
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Way:
    """One answer at a step and where it leads; `asks` labels the words that must come with it.

    `orders` names the kind of field order that it opens, `works` the kind of work request.
    What carries `by_itself` is taken by the product when that order or work request ends.
    """

    key: str
    label: str
    to: str
    asks: str = ""
    orders: str = ""
    works: str = ""
    by_itself: bool = False


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step: for the desk, in the customer's words, who acts, what exactly is asked."""

    key: str
    label: str
    plain: str
    actor: Actor
    ask: str
    ways: tuple[Way, ...] = ()
    # A side step, such as a question to the customer, is no stage of its own in the picture.
    is_aside: bool = False


@dataclass(frozen=True, kw_only=True)
class Flow:
    """One kind of request from its questions to its end, within `allowed_days` business days."""

    kind: str
    label: str
    plain: str
    intro: str
    allowed_days: int
    questions: tuple[Question, ...]
    steps: tuple[Step, ...]
    needs_point: bool = True
    # Done by the pages of another floor, which keeps this request's place up to date.
    is_mirrored: bool = False

    @property
    def first(self) -> Step:
        return self.steps[0]

    def step(self, key: str) -> Step:
        """Raises KeyError for a step that the flow has not."""
        return next(step for step in self.steps if step.key == key) if key in self else _no(key)

    def label_of(self, key: str) -> str:
        """The desk's word for a step, or for an end."""
        return self.step(key).label if key in self else key

    def __contains__(self, key: str) -> bool:
        return any(step.key == key for step in self.steps)


def _no(key: str) -> Step:
    raise KeyError(key)


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One stage of the picture; `state` is done, current or todo."""

    label: str
    plain: str
    state: str
    note: str


def way_of(step: Step, key: str) -> Way | None:
    return next((way for way in step.ways if way.key == key), None)


def ways_by_hand(step: Step) -> tuple[Way, ...]:
    """What a person may answer at this step."""
    return tuple(way for way in step.ways if not way.by_itself)


def stages(
    flow: Flow, *, step_key: str, passed: Mapping[str, str], note: str, is_over: bool
) -> tuple[Stage, ...]:
    """The picture of a request: `passed` has a note for each step that was left."""
    line = [step for step in flow.steps if not step.is_aside or step.key == step_key]
    here = next((n for n, step in enumerate(line) if step.key == step_key), 0)
    drawn = []
    for n, step in enumerate(line):
        if n == here and not is_over:
            state, words = "current", note
        elif step.key in passed and (n < here or is_over):
            state, words = "done", passed[step.key]
        else:
            state, words = "todo", ""
        drawn.append(Stage(label=step.label, plain=step.plain, state=state, note=words))
    return tuple(drawn)


def problems(flow: Flow) -> list[str]:
    """What is wrong with a flow: ways to nowhere, steps nobody reaches or leaves."""
    found = [
        f"{flow.kind}: {step.key} leads to {way.to}"
        for step in flow.steps
        for way in step.ways
        if way.to not in flow and way.to not in ENDS
    ]
    if flow.is_mirrored:
        return found
    reached = {flow.first.key} | {way.to for step in flow.steps for way in step.ways}
    found += [
        f"{flow.kind}: nobody reaches {one.key}" for one in flow.steps if one.key not in reached
    ]
    found += [f"{flow.kind}: nobody leaves {one.key}" for one in flow.steps if not one.ways]
    if DONE not in reached:
        found.append(f"{flow.kind} is never done")
    return found


def check_answers(
    questions: Sequence[Question], answers: Mapping[str, str], *, today: date
) -> dict[str, list[str]]:
    """What is wrong with the answers, in words beside the question each belongs to."""
    wrong = {}
    for question in questions:
        words = _wrong(question, answers.get(question.key, "").strip(), today=today)
        if words:
            wrong[question.key] = [words]
    return wrong


def shown(question: Question, answer: str) -> str:
    """An answer in words, as people read it."""
    if question.kind == "choice":
        return say(dict(question.choices).get(answer, answer))
    if question.kind == "day" and answer:
        return day(date.fromisoformat(answer))
    return answer


def _wrong(question: Question, answer: str, *, today: date) -> str:
    if not answer:
        return say("Please answer this.") if question.is_required else ""
    if question.kind == "choice" and answer not in dict(question.choices):
        return say("Choose one of the list.")
    if question.kind == "day":
        return _wrong_day(answer, today=today)
    longest = LONG_TEXT_MAX if question.kind == "long" else TEXT_MAX
    if len(answer) > longest:
        return say("Use at most {longest} characters.", longest=longest)
    return (
        say("This holds a character that cannot be kept. Type it again.") if "\0" in answer else ""
    )


def _wrong_day(answer: str, *, today: date) -> str:
    try:
        wished = date.fromisoformat(answer)
    except ValueError:
        return say("Type the day as year-month-day, such as 2026-09-01.")
    if wished < today:
        return say("This day is over. Choose today or later.")
    return say("Choose a day within the next two years.") if (wished - today).days > 730 else ""
