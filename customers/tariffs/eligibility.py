"""Whether a tariff admits a site, its units and their dispatch; portal, desk and groups ask."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from derms.lib import words
from derms.lib.words import mark, say

TECHNOLOGY_WORDS = {
    "photovoltaic": mark("photovoltaic (solar)"),
    "battery": mark("battery storage"),
}
PHASE_WORDS = {"ABC": mark("three-phase")}


@dataclass(frozen=True, kw_only=True)
class TariffRules:
    """The rules of one tariff version, as data."""

    name: str
    technologies: frozenset[str]
    apparent_power_max_va: int
    phases: frozenset[str]
    required_communication: str
    may_join_groups: bool
    dispatches_per_month_max: int | None
    active_from: datetime
    active_to: datetime | None
    postcodes: frozenset[str] = frozenset()  # empty: everywhere
    needs_interval_meter: bool = False
    opt_outs_per_month_max: int = 0
    required_forms: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SiteFacts:
    """What a tariff asks about a service point."""

    phases: str
    postcode: str = ""
    has_interval_meter: bool = True


@dataclass(frozen=True, kw_only=True)
class UnitFacts:
    """What a tariff asks about one DER unit."""

    name: str
    technology: str
    apparent_power_max_va: int


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One rule that is not met, in words for the person who must act."""

    code: str
    words: str


def check_site(rules: TariffRules, site: SiteFacts, *, at: datetime) -> tuple[Finding, ...]:
    """What stands against this tariff at this service point, whatever is installed there."""
    found: list[Finding] = []
    if not is_in_force(rules, at=at):
        why = say("{name} is not in force now.", name=rules.name)
        found.append(Finding(code="not_in_force", words=why))
    if rules.postcodes and site.postcode not in rules.postcodes:
        why = say(
            "{name} is for postcodes {postcodes}; this service point is in {postcode}.",
            name=rules.name,
            postcodes=_either(sorted(rules.postcodes)),
            postcode=site.postcode or say("none"),
        )
        found.append(Finding(code="location", words=why))
    if rules.needs_interval_meter and not site.has_interval_meter:
        why = say(
            "{name} needs a meter that counts every quarter of an hour. We can exchange yours.",
            name=rules.name,
        )
        found.append(Finding(code="meter", words=why))
    if site.phases not in rules.phases:
        why = say(
            "{name} is for connections on {admitted}; this service point is {phases}.",
            name=rules.name,
            admitted=_either(map(phase_words, sorted(rules.phases))),
            phases=_where(site.phases),
        )
        found.append(Finding(code="phases", words=why))
    return tuple(found)


def check_units(rules: TariffRules, units: Iterable[UnitFacts]) -> tuple[Finding, ...]:
    """What stands against this tariff in these units, alone and together."""
    units = tuple(units)
    admitted = _either(map(technology_words, sorted(rules.technologies)))
    found = [
        Finding(
            code="technology",
            words=say(
                "{name} does not admit {technology} ({unit}). It admits {admitted}.",
                name=rules.name,
                technology=technology_words(unit.technology),
                unit=unit.name,
                admitted=admitted,
            ),
        )
        for unit in units
        if unit.technology not in rules.technologies
    ]
    total_va = sum(unit.apparent_power_max_va for unit in units)
    if total_va > rules.apparent_power_max_va:
        why = say(
            "{name} admits at most {most} at one service point; "
            "the units listed have {total} together.",
            name=rules.name,
            most=kva(rules.apparent_power_max_va),
            total=kva(total_va),
        )
        found.append(Finding(code="size", words=why))
    return tuple(found)


def check_all(
    rules: TariffRules, site: SiteFacts, units: Iterable[UnitFacts], *, at: datetime
) -> tuple[Finding, ...]:
    return check_site(rules, site, at=at) + check_units(rules, units)


def check_group_membership(
    rules: TariffRules, *, dispatches_this_month: int
) -> tuple[Finding, ...]:
    """What stands against a DER under this tariff joining a group (GR-2)."""
    found: list[Finding] = []
    if not rules.may_join_groups:
        found.append(Finding(code="groups", words=f"{rules.name} does not allow groups."))
    if rules.required_communication != "monitor_and_control":
        found.append(
            Finding(
                code="communication",
                words=f"{rules.name} does not give the utility control of the inverter.",
            )
        )
    most = rules.dispatches_per_month_max
    if most is not None and dispatches_this_month >= most:
        found.append(
            Finding(
                code="dispatches_used_up",
                words=f"{rules.name} allows {most} dispatches a month; "
                f"{dispatches_this_month} were made this month.",
            )
        )
    return tuple(found)


def check_opt_out(rules: TariffRules, *, opted_out_this_month: int) -> tuple[Finding, ...]:
    """What stands against a customer leaving out one event (CS-8)."""
    most = rules.opt_outs_per_month_max
    if not most:
        why = say("{name} does not allow to leave out an event.", name=rules.name)
        return (Finding(code="opt_out", words=why),)
    if opted_out_this_month >= most:
        events = say("one event") if most == 1 else say("{most} events", most=most)
        why = say(
            "{name} allows to leave out {events} a month; that is used up.",
            name=rules.name,
            events=events,
        )
        return (Finding(code="opt_outs_used_up", words=why),)
    return ()


def is_in_force(rules: TariffRules, *, at: datetime) -> bool:
    return rules.active_from <= at and (rules.active_to is None or at < rules.active_to)


def technology_words(code: str) -> str:
    return say(TECHNOLOGY_WORDS[code]) if code in TECHNOLOGY_WORDS else code


def phase_words(code: str) -> str:
    return say(PHASE_WORDS[code]) if code in PHASE_WORDS else say("phase {code}", code=code)


def _where(phases: str) -> str:
    return phase_words(phases) if phases in PHASE_WORDS else say("on phase {code}", code=phases)


def kva(power_va: int) -> str:
    return f"{words.number(Decimal(f'{power_va / 1000:g}'))} kVA"


def _either(names: Iterable[str]) -> str:
    *first, last = tuple(names) or (say("nothing"),)
    return say("{first} or {last}", first=", ".join(first), last=last) if first else last
