"""What a planner looks at: feeders, their risk by hour, maps and plans (IC-9)."""

from dataclasses import dataclass

from django.db.models import QuerySet

from interconnection.models import LineSection, NetworkVersion, Study
from interconnection.powerflow.profiles import load_shares, sun_shares
from interconnection.selectors.network import FeederLoad, feeder_loads
from interconnection.selectors.studies import share_at
from interconnection.statuses import StudyKind, StudyStatus

HEAVY = ("task", "result", "pictures", "version__circuit")
HIGH_RISK_PCT, SOME_RISK_PCT = 100.0, 60.0
HOURS = range(24)


@dataclass(frozen=True, slots=True)
class HourRisk:
    """The least that a feeder's head delivers at this hour of the day, over the year.

    `generation_pct` is generation in % of load at the worst such hour.
    """

    hour: int
    least_w: float
    generation_pct: float

    @property
    def mark(self) -> str:
        if self.generation_pct > HIGH_RISK_PCT:
            return "fail"
        return "review" if self.generation_pct > SOME_RISK_PCT else "pass"


@dataclass(frozen=True, slots=True)
class FeederPlan:
    """One feeder: penetration in % of its capacity, and its risk by hour."""

    load: FeederLoad
    peak_w: int | None
    risks: tuple[HourRisk, ...]
    reverse_hours: int | None

    @property
    def worst(self) -> HourRisk | None:
        return min(self.risks, key=lambda risk: risk.least_w, default=None)


def feeder_plans() -> list[FeederPlan]:
    """Every feeder with what is connected and queued on it, hour by hour of a made-up year."""
    heads = {one.feeder_id: one for one in LineSection.objects.filter(upstream__isnull=True)}
    return [_plan(load, heads.get(load.feeder.pk)) for load in feeder_loads()]


def _plan(load: FeederLoad, head: LineSection | None) -> FeederPlan:
    peak_w = head.peak_load_w if head else None
    if not peak_w:
        return FeederPlan(load, None, (), None)
    sun_w = float(load.generation.active_power_w)
    loads = [peak_w * share for share in load_shares(share_at(head))]
    net = [used - sun_w * sun for used, sun in zip(loads, sun_shares(), strict=True)]
    risks = []
    for hour in HOURS:
        worst = min(range(hour, len(net), 24), key=lambda one: net[one])
        made_w = loads[worst] - net[worst]
        risks.append(HourRisk(hour, net[worst], 100 * made_w / loads[worst]))
    return FeederPlan(load, peak_w, tuple(risks), sum(one < 0 for one in net))


def model_names() -> list[str]:
    return list(NetworkVersion.objects.order_by("name").values_list("name", flat=True).distinct())


def planning_studies(name: str = "") -> "QuerySet[Study]":
    """Maps and what-ifs, newest first."""
    found = Study.objects.exclude(kind=StudyKind.APPLICATION).defer(*HEAVY)
    if name:
        found = found.filter(version__name=name)
    return found.select_related("version").order_by("-requested_at", "-pk")


def latest_map(name: str) -> Study | None:
    return (
        Study.objects.filter(kind=StudyKind.CAPACITY, status=StudyStatus.DONE, version__name=name)
        .defer("task", "result", "version__circuit")
        .select_related("version")
        .order_by("-requested_at", "-pk")
        .first()
    )
