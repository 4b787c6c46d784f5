"""Whether a programme admits a service point and its equipment, and why not (pure)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from customers.tariffs.eligibility import Finding, UnitFacts, kva, technology_words
from derms.lib.words import say


@dataclass(frozen=True, kw_only=True)
class ProgrammeRules:
    """The rules of one programme version, as data; what is empty asks nothing."""

    name: str
    active_from: datetime
    active_to: datetime | None
    technologies: frozenset[str] = frozenset()
    tariff_codes: frozenset[str] = frozenset()
    tariff_names: tuple[str, ...] = ()
    postcodes: frozenset[str] = frozenset()
    apparent_power_min_va: int = 0
    apparent_power_max_va: int | None = None
    needs_control: bool = False
    places_left: int | None = None


@dataclass(frozen=True, kw_only=True)
class PlaceFacts:
    """What a programme asks about a service point: where, under which tariffs, which equipment."""

    postcode: str
    tariff_codes: frozenset[str]
    is_controlled: bool
    units: tuple[UnitFacts, ...]


def check_programme(
    rules: ProgrammeRules, place: PlaceFacts, *, at: datetime
) -> tuple[Finding, ...]:
    """Everything that stands against taking part, in words; nothing means it qualifies."""
    return tuple(
        Finding(code=code, words=words)
        for code, words in (
            ("not_in_force", _time(rules, at)),
            ("location", _location(rules, place)),
            ("tariff", _tariff(rules, place)),
            ("technology", _technology(rules, place)),
            ("size", _size(rules, place)),
            ("communication", _control(rules, place)),
            ("places", _places(rules)),
        )
        if words
    )


def _time(rules: ProgrammeRules, at: datetime) -> str:
    if rules.active_from <= at and (rules.active_to is None or at < rules.active_to):
        return ""
    return say("{name} is not open now.", name=rules.name)


def _location(rules: ProgrammeRules, place: PlaceFacts) -> str:
    if not rules.postcodes or place.postcode in rules.postcodes:
        return ""
    return say(
        "It is for postcodes {postcodes}; yours is {postcode}.",
        postcodes=_or(sorted(rules.postcodes)),
        postcode=place.postcode,
    )


def _tariff(rules: ProgrammeRules, place: PlaceFacts) -> str:
    if not rules.tariff_codes or rules.tariff_codes & place.tariff_codes:
        return ""
    return say(
        "It needs the tariff {tariffs}.",
        tariffs=_or(rules.tariff_names or sorted(rules.tariff_codes)),
    )


def _technology(rules: ProgrammeRules, place: PlaceFacts) -> str:
    if not rules.technologies or _admitted(rules, place):
        return ""
    wanted = _or(map(technology_words, sorted(rules.technologies)))
    return say("It is for {wanted}; none is registered here.", wanted=wanted)


def _size(rules: ProgrammeRules, place: PlaceFacts) -> str:
    units = _admitted(rules, place)
    total_va = sum(unit.apparent_power_max_va for unit in units)
    if units and total_va < rules.apparent_power_min_va:
        return say(
            "It needs at least {least}; yours has {total}.",
            least=kva(rules.apparent_power_min_va),
            total=kva(total_va),
        )
    most = rules.apparent_power_max_va
    if most is not None and total_va > most:
        return say(
            "It admits at most {most}; yours has {total}.", most=kva(most), total=kva(total_va)
        )
    return ""


def _control(rules: ProgrammeRules, place: PlaceFacts) -> str:
    if not rules.needs_control or place.is_controlled:
        return ""
    return say("It needs a tariff under which the utility may control your equipment.")


def _places(rules: ProgrammeRules) -> str:
    return say("All places are taken.") if rules.places_left == 0 else ""


def _admitted(rules: ProgrammeRules, place: PlaceFacts) -> list[UnitFacts]:
    wanted = rules.technologies
    return [unit for unit in place.units if not wanted or unit.technology in wanted]


def _or(words: Iterable[str]) -> str:
    *first, last = words
    return say("{first} or {last}", first=", ".join(first), last=last) if first else last
