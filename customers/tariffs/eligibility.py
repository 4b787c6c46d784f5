"""Whether a tariff admits a site, its units and their dispatch; portal, desk and groups ask."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

TECHNOLOGY_WORDS = {"photovoltaic": "photovoltaic (solar)", "battery": "battery storage"}
PHASE_WORDS = {"ABC": "three-phase"}


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
        found.append(Finding(code="not_in_force", words=f"{rules.name} is not in force now."))
    if rules.postcodes and site.postcode not in rules.postcodes:
        found.append(
            Finding(
                code="location",
                words=f"{rules.name} is for postcodes {_either(sorted(rules.postcodes))}; "
                f"this service point is in {site.postcode or 'none'}.",
            )
        )
    if rules.needs_interval_meter and not site.has_interval_meter:
        words = f"{rules.name} needs a meter that counts every quarter of an hour."
        found.append(Finding(code="meter", words=f"{words} We can exchange yours."))
    if site.phases not in rules.phases:
        admitted = _either(PHASE_WORDS.get(p, f"phase {p}") for p in sorted(rules.phases))
        found.append(
            Finding(
                code="phases",
                words=f"{rules.name} is for connections on {admitted}; "
                f"this service point is {PHASE_WORDS.get(site.phases, 'on phase ' + site.phases)}.",
            )
        )
    return tuple(found)


def check_units(rules: TariffRules, units: Iterable[UnitFacts]) -> tuple[Finding, ...]:
    """What stands against this tariff in these units, alone and together."""
    units = tuple(units)
    found = [
        Finding(
            code="technology",
            words=f"{rules.name} does not admit {_technology(unit.technology)} ({unit.name}). "
            f"It admits {_either(_technology(t) for t in sorted(rules.technologies))}.",
        )
        for unit in units
        if unit.technology not in rules.technologies
    ]
    total_va = sum(unit.apparent_power_max_va for unit in units)
    if total_va > rules.apparent_power_max_va:
        found.append(
            Finding(
                code="size",
                words=f"{rules.name} admits at most {_kva(rules.apparent_power_max_va)} at one "
                f"service point; the units listed have {_kva(total_va)} together.",
            )
        )
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
        words = f"{rules.name} does not allow to leave out an event."
        return (Finding(code="opt_out", words=words),)
    if opted_out_this_month >= most:
        events = "one event" if most == 1 else f"{most} events"
        words = f"{rules.name} allows to leave out {events} a month; that is used up."
        return (Finding(code="opt_outs_used_up", words=words),)
    return ()


def is_in_force(rules: TariffRules, *, at: datetime) -> bool:
    return rules.active_from <= at and (rules.active_to is None or at < rules.active_to)


def _technology(code: str) -> str:
    return TECHNOLOGY_WORDS.get(code, code)


def _kva(power_va: int) -> str:
    return f"{power_va / 1000:g} kVA"


def _either(words: Iterable[str]) -> str:
    *first, last = tuple(words) or ("nothing",)
    return f"{', '.join(first)} or {last}" if first else last
