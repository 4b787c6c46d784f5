"""The daily look at what PV systems gave (CS-11).

What was done stands in rows: a day is kept once and judged once, whoever runs when.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any

from django.db import transaction
from django.utils import timezone

from derms.lib.days import midnight
from derms.lib.jobs import run_after_commit
from devices.maintenance import (
    Assessment,
    Course,
    OutputDay,
    Policy,
    Quarter,
    Sky,
    Stage,
    assess,
    in_order,
    neighbours,
    next_course,
    output_of_day,
    sky_of_day,
    square,
)
from devices.models import MaintenanceFinding, MaintenanceRun, SystemDay
from devices.selectors import complete_until
from devices.selectors import maintenance as known
from devices.selectors.policy import care_policy
from devices.services.findings import (
    BY,
    lost_amount,
    open_finding,
    resolve_finding,
    tell_customer,
)
from devices.services.standing import der_of, dismissed_now, end_retired, is_alone, standing_of
from devices.statuses import MaintenanceStatus
from interconnection.models import DER

PAST_DAYS = 90
# A run is short; what is left is done by the next one.
DAYS_A_RUN, SYSTEM_DAYS_A_RUN = 10, 20_000
SYSTEMS_AT_ONCE = 500
JUDGED_AT_ONCE = 500
# Of a past that comes in at once only its end is judged: nobody is told what is over.
JUDGED_DAYS = 7
STAGES = {
    MaintenanceStatus.WATCH: Stage.WATCH,
    MaintenanceStatus.OPEN: Stage.OPEN,
    MaintenanceStatus.TOLD: Stage.TOLD,
}


def watch_output(
    *,
    at: datetime,
    policy: Policy | None = None,
    has_time: Callable[[], bool] = lambda: True,
) -> int:
    """Keep and judge the days that are complete by now; returns how many were judged.

    Every day kept and every few hundred systems judged are committed for themselves. Where it stops
    for want of time it asks to be called again.
    """
    end_retired(at)
    until = complete_until()
    if until is None:
        return 0
    last = timezone.localdate(until) - timedelta(days=1)
    if _keep_days(last, at, has_time):
        return 0
    judged = 0
    for run in MaintenanceRun.objects.filter(
        judged_at=None, day__gt=last - timedelta(days=JUDGED_DAYS), day__lte=last
    ).order_by("day"):
        is_done = False
        while not is_done:
            if not has_time():
                run_after_commit("devices.tasks.watch_output", queue="studies")
                return judged
            is_done = judge_some(run.pk, at, policy)
        judged += 1
    return judged


# Keeping ------------------------------------------------------------------------------------------
def _keep_days(last: date, at: datetime, has_time: Callable[[], bool]) -> bool:
    """Keep what each system gave on the days not kept yet; returns whether some are left."""
    began = known.history_began()
    first = last - timedelta(days=PAST_DAYS - 1)
    if began is not None:
        first = max(first, timezone.localdate(began))
    kept = set(MaintenanceRun.objects.filter(day__gte=first).values_list("day", flat=True))
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    missing = [day for day in days if day not in kept]
    systems = len(known.pv_in_service(at).systems)
    most = min(DAYS_A_RUN, max(1, SYSTEM_DAYS_A_RUN // max(1, systems)))
    for count, day in enumerate(missing[:most]):
        if count and not has_time():
            run_after_commit("devices.tasks.watch_output", queue="studies")
            return True
        _keep(day, at)
    return len(missing) > most


def _keep(day: date, at: datetime) -> None:
    begins_at, ends_at = midnight(day), midnight(day + timedelta(days=1))
    fleet = known.pv_in_service(ends_at)
    skies: dict[tuple[float, float], Sky] = {}
    with transaction.atomic():
        if not is_alone() or MaintenanceRun.objects.filter(day=day).exists():
            return
        every = list(fleet.systems.values())
        for n in range(0, len(every), SYSTEMS_AT_ONCE):
            systems = every[n : n + SYSTEMS_AT_ONCE]
            devices = [device for one in systems for device in one.devices]
            quarters = known.quarters_of(devices, begins_at, ends_at)
            held = known.held_spans(devices, begins_at, ends_at)
            rows = [
                _row(
                    one.der_id,
                    output_of_day(
                        day,
                        _merged(quarters, one.devices),
                        _sky(skies, one, begins_at, ends_at),
                        rated_w=one.rated_w,
                        held=[span for device in one.devices for span in held.get(device, ())],
                    ),
                )
                for one in systems
            ]
            SystemDay.objects.bulk_create(
                rows, update_conflicts=True, unique_fields=["der", "day"], update_fields=VALUES
            )
        MaintenanceRun.objects.create(
            day=day, kept_at=at, systems=len(fleet.systems), without_place=fleet.without_place
        )


VALUES = ["energy_wh", "clear_wh", "counted_share", "shift_h", "mask"]


def _row(der_id: int, one: OutputDay) -> SystemDay:
    facts = asdict(one) | {"mask": one.mask or ""}
    return SystemDay(der_id=der_id, **facts)


def _merged(
    quarters: Mapping[int, Mapping[datetime, Quarter]], devices: Sequence[int]
) -> dict[datetime, Quarter]:
    """A system whose device was replaced is carried by one after the other."""
    found: dict[datetime, Quarter] = {}
    for device in devices:
        found.update(quarters.get(device, {}))
    return found


def _sky(
    skies: dict[tuple[float, float], Sky],
    one: known.InService,
    begins_at: datetime,
    ends_at: datetime,
) -> Sky:
    """The sun is the same for a whole town: one sky for a tenth of a degree."""
    town = (round(one.place.latitude, 1), round(one.place.longitude, 1))
    if town not in skies:
        skies[town] = sky_of_day(one.place, begins_at, ends_at)
    return skies[town]


# Judging ------------------------------------------------------------------------------------------
def judge_some(run_id: int, at: datetime, policy: Policy | None = None) -> bool:
    """The next systems of one day, neighbours together; returns whether none is left."""
    with transaction.atomic():
        run = MaintenanceRun.objects.select_for_update().get(pk=run_id)
        if run.judged_at is not None:
            return True
        fleet = known.pv_in_service(midnight(run.day + timedelta(days=1)))
        places = {key: one.place for key, one in fleet.systems.items()}
        waiting = [key for key in in_order(places) if run.judged_upto < [*square(places[key]), key]]
        keys = waiting[:JUDGED_AT_ONCE]
        if keys:
            _judge(keys, neighbours(places, keys), fleet, run.day, at, policy or care_policy())
            run.judged_upto = [*square(places[keys[-1]]), keys[-1]]
        is_done = len(waiting) <= JUDGED_AT_ONCE
        run.judged_at = at if is_done else None
        run.save(update_fields=["judged_at", "judged_upto"])
    return is_done


def _judge(
    keys: Sequence[int],
    near: Mapping[int, Sequence[int]],
    fleet: known.Fleet,
    day: date,
    at: datetime,
    policy: Policy,
) -> None:
    first = day - timedelta(days=PAST_DAYS)
    systems = known.systems_with_days(fleet, {*keys, *chain(*near.values())}, first, day)
    declared = known.declared_days(first, day)
    everywhere = declared.get("", frozenset())
    standing, quiet = standing_of(keys), dismissed_now(day)
    for key in keys:
        finding = standing.get(key)
        if finding is None and key in quiet:
            continue
        found = assess(
            systems[key],
            [systems[peer] for peer in near[key]],
            day,
            policy=policy,
            declared=everywhere | declared.get(fleet.systems[key].postcode, frozenset()),
            reference=finding.reference if finding else None,
        )
        _take(key, finding, found, day, at, policy)


def _take(
    key: int,
    finding: MaintenanceFinding | None,
    found: Assessment,
    day: date,
    at: datetime,
    policy: Policy,
) -> None:
    """One more day for one system: a new finding, a further step of one, or nothing."""
    before = _course(finding)
    course = next_course(before, found.level, policy)
    if finding is None:
        if course.stage is Stage.WATCH:
            der = der_of(key)
            facts = _facts(der, found, course, day)
            open_finding(
                der, at=at, reason=_words(found), kind=MaintenanceFinding.Kind.LOW_OUTPUT, **facts
            )
        return
    if finding.assessed_on >= day:
        return
    facts = _facts(finding.der, found, course, day, finding)
    MaintenanceFinding.objects.filter(pk=finding.pk).update(**facts)
    for name, value in facts.items():
        setattr(finding, name, value)
    if finding.kind != MaintenanceFinding.Kind.OFFLINE:
        _move(finding, course.stage, found, at)


def _course(finding: MaintenanceFinding | None) -> Course:
    if finding is None:
        return Course()
    stage = STAGES[MaintenanceStatus(finding.status)]
    return Course(stage, finding.low_days, finding.well_days)


def _move(finding: MaintenanceFinding, stage: Stage, found: Assessment, at: datetime) -> None:
    if stage is Stage.WELL:
        resolve_finding(finding=finding, at=at, reason=_words(found))
        return
    if stage in {Stage.OPEN, Stage.TOLD} and finding.status == MaintenanceStatus.WATCH:
        finding.move(MaintenanceStatus.OPEN, at=at, by=BY, reason=_words(found))
    if stage is Stage.TOLD and finding.status == MaintenanceStatus.OPEN:
        tell_customer(finding=finding, at=at, by=BY)


def _facts(
    der: DER,
    found: Assessment,
    course: Course,
    day: date,
    finding: MaintenanceFinding | None = None,
) -> dict[str, Any]:
    """What a finding keeps of the day; of a day of which nothing is known, only that it was."""
    counted = {"assessed_on": day, "low_days": course.low_days, "well_days": course.well_days}
    if found.ratio is None:
        return counted
    began_on = finding.began_on if finding else found.began_on or day
    reference = finding.reference if finding and finding.reference else found.reference
    lost_wh = sum(max(0.0, one.lost_wh) for one in found.days if one.day >= began_on)
    return counted | {
        "method": found.method,
        "ratio": found.ratio,
        "reference": reference,
        "peers": found.peers,
        "began_on": began_on,
        "lost_wh": lost_wh,
        "lost_amount": lost_amount(der, found.days, began_on),
        "evidence": [
            {
                "day": one.day.isoformat(),
                "ratio": None if one.ratio is None else round(one.ratio, 4),
                "energy_wh": one.energy_wh,
                "lost_wh": round(max(0.0, one.lost_wh), 1),
                "mask": one.mask or "",
            }
            for one in found.days
        ],
    }


def _words(found: Assessment) -> str:
    return f"{100 * (found.ratio or 0):.0f} % of what is explained, {found.peers} neighbours."
