"""The library of conditions, and what one approval takes from it (IC-5)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from derms.lib.errors import InvalidInput
from interconnection.models import Decision, DecisionCondition, StandardCondition
from interconnection.screening.result import kilo
from interconnection.screening.schedule import Band, in_words
from interconnection.statuses import ConditionKind

LONGEST = 300
LIMITED = frozenset({ConditionKind.EXPORT_LIMIT, ConditionKind.FLEXIBLE})


@dataclass(frozen=True, slots=True)
class Term:
    """One of the library with this case's figures."""

    standard: StandardCondition
    export_limit_w: int | None = None
    schedule: Sequence[Band] = ()

    @property
    def words(self) -> str:
        limit_w = self.export_limit_w or 0
        filled = {
            "{limit}": f"{kilo(limit_w)} kW",
            "{profile}": self.standard.settings_profile,
            "{schedule}": in_words(self.schedule, limit_w),
        }
        words = self.standard.wording
        for place, value in filled.items():
            words = words.replace(place, value)
        return words


def add_standard_condition(
    *, code: str, title: str, kind: str, wording: str, settings_profile: str = ""
) -> StandardCondition:
    """Put one into the library; one with this code is replaced."""
    row, _ = StandardCondition.objects.update_or_create(
        code=code,
        defaults={
            "title": title,
            "kind": kind,
            "wording": wording,
            "settings_profile": settings_profile,
        },
    )
    return row


def check_terms(terms: Sequence[Term], *, asked_w: int) -> Mapping[str, list[str]]:
    """What is missing, by the field of the form."""
    faults: dict[str, list[str]] = {}
    for term in terms:
        kind, title = term.standard.kind, term.standard.title
        if kind in LIMITED and term.export_limit_w is None:
            faults["export_limit_w"] = [f"{title}: say how much may be exported."]
        if kind in LIMITED and (term.export_limit_w or 0) > asked_w:
            faults["export_limit_w"] = [
                f"The application has {kilo(asked_w)} kW: a limit above it limits nothing."
            ]
        if kind == ConditionKind.FLEXIBLE and not term.schedule:
            faults["schedule"] = [f"{title}: say in which months and hours less is exported."]
        if len(term.words) > LONGEST:
            faults["schedule"] = [f"{title} becomes longer than {LONGEST} characters; shorten it."]
    return faults


def write_terms(decision: Decision, terms: Sequence[Term]) -> None:
    """Keep them with their figures, in the transaction of the proposal."""
    if len({term.standard.pk for term in terms}) != len(terms):
        words = "A condition is named twice. Choose each once."
        raise InvalidInput(words, fields={"library": [words]})
    DecisionCondition.objects.bulk_create(
        [
            DecisionCondition(
                decision=decision,
                standard=term.standard,
                kind=term.standard.kind,
                wording=term.words,
                export_limit_w=term.export_limit_w if term.standard.kind in LIMITED else None,
                settings_profile=term.standard.settings_profile,
                schedule=[asdict(band) for band in term.schedule]
                if term.standard.kind == ConditionKind.FLEXIBLE
                else [],
            )
            for term in terms
        ]
    )
