"""A finding's days as columns: how much of what is explained each gave."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from customers.models import ServiceProvider
from customers.models.repair import Skill
from customers.selectors.repair import providers_for
from devices.maintenance import Policy
from devices.models import MaintenanceFinding
from devices.models.maintenance import MASK_WORDS
from devices.selectors.policy import care_policy
from devices.statuses import MAINTENANCE_KINDS, MAINTENANCE_STANDING

WIDTH, HEIGHT, TOP = 1000.0, 200.0, 1.25
SKILLS = (Skill.SOLAR, Skill.INVERTER)


@dataclass(frozen=True, slots=True)
class Column:
    """One day; `kind` is ok, low or mask, places in the picture's units."""

    day: date
    ratio: float | None
    energy_wh: float | None
    lost_wh: float
    why: str
    kind: str
    x: float
    y: float
    width: float
    height: float

    @property
    def pct(self) -> float | None:
        return None if self.ratio is None else 100 * self.ratio


@dataclass(frozen=True, slots=True)
class Picture:
    """Columns from the oldest day, with lines at what is explained and at what is too little."""

    columns: Sequence[Column]
    whole_y: float
    low_y: float


@dataclass(frozen=True, slots=True)
class Care:
    """A finding as its page shows it."""

    finding: MaintenanceFinding
    picture: Picture
    kind: str
    stands: bool
    what: str
    providers: Sequence[ServiceProvider]

    @property
    def short_pct(self) -> float | None:
        ratio = self.finding.ratio
        return None if ratio is None else max(0.0, 100 - 100 * ratio)

    @property
    def lost_amount(self) -> Decimal | None:
        return self.finding.lost_amount


def care_of(finding: MaintenanceFinding, what: str) -> Care:
    postcode = finding.der.usage_point.location.postcode
    return Care(
        finding=finding,
        picture=picture_of(finding),
        kind=MAINTENANCE_KINDS[finding.status],
        stands=finding.status in MAINTENANCE_STANDING,
        what=what,
        providers=providers_for(postcode, SKILLS),
    )


def picture_of(finding: MaintenanceFinding, policy: Policy | None = None) -> Picture:
    low = (policy or care_policy()).maintenance_ratio
    days = finding.evidence
    step = WIDTH / max(1, len(days))
    columns = []
    for n, one in enumerate(days):
        ratio = one["ratio"]
        shown = min(TOP, ratio) if ratio is not None else TOP
        height = HEIGHT * max(shown, 0.01) / TOP
        kind = "mask" if ratio is None else "low" if ratio <= low else "ok"
        columns.append(
            Column(
                day=date.fromisoformat(one["day"]),
                ratio=ratio,
                energy_wh=one["energy_wh"],
                lost_wh=one["lost_wh"],
                why=_why(one["mask"], ratio),
                kind=kind,
                x=n * step + 0.1 * step,
                y=HEIGHT - height,
                width=0.8 * step,
                height=height,
            )
        )
    return Picture(columns, HEIGHT - HEIGHT / TOP, HEIGHT - HEIGHT * low / TOP)


def _why(mask: str, ratio: float | None) -> str:
    if mask:
        return MASK_WORDS[mask]
    return "" if ratio is not None else "too few neighbours or too dark"
