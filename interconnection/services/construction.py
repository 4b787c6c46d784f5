"""Planned start and finish of what was approved; a move shows in the feeder's forecast (IC-8)."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from customers.services import queue_notice
from derms.lib.errors import Conflict, InvalidInput, Refused
from derms.lib.live import publish_after_commit
from derms.lib.words import Later, day, say
from interconnection.models import (
    ConstructionPlan,
    Feeder,
    ForecastShift,
    InterconnectionApplication,
)
from interconnection.screening.coming import HORIZONS_DAYS, cause_of
from interconnection.selectors.construction import plans_of
from interconnection.selectors.forecast import (
    coming_applications,
    feeder_forecasts,
    feeder_of,
    project_of,
)
from interconnection.services.turns import lock
from interconnection.statuses import APPLICATION_COMING, ShiftCause

CLOCK = "clock"
YEARS_AHEAD = 5


class NotBeingBuilt(Refused):
    """Dates of construction belong to an approved application without permission to operate."""

    code = "not_being_built"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dates:
    """Planned first and last day of construction; `reason` is asked for when they change."""

    starts_on: date
    finishes_on: date
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a project stood before a change: its feeder's capacity at both horizons, in W."""

    feeder: Feeder
    was_on: date
    expected_on: date | None
    horizons_w: tuple[int, ...]


def state_dates(
    *, application: InterconnectionApplication, dates: Dates, at: datetime, by: str,
    seen: int | None = None,
) -> ConstructionPlan:  # fmt: skip
    """Keep these dates beside the earlier ones, note what they do to the forecast, tell of it.

    `seen` is the plan that this person had read, 0 when there was none. The same dates again
    change nothing. Raises NotBeingBuilt, InvalidInput, or Conflict when somebody was faster.
    """
    today = timezone.localdate(at)
    with transaction.atomic():
        row = lock(application, seen=None)
        if row.status not in APPLICATION_COMING:
            raise NotBeingBuilt(
                say(
                    "{application} is “{status}”: dates of construction are stated once it is "
                    "approved and until it may operate.",
                    application=row,
                    status=row.get_status_display(),
                )
            )
        before = next(iter(plans_of(row)), None)
        if seen is not None and seen != (before.pk if before else 0):
            raise Conflict(_changed_words(before))
        if before and (before.starts_on, before.finishes_on) == (
            dates.starts_on,
            dates.finishes_on,
        ):
            return before
        _check(dates, is_change=before is not None, today=today)
        standing = _standing(row, today)
        plan = ConstructionPlan.objects.create(
            application=row,
            starts_on=dates.starts_on,
            finishes_on=dates.finishes_on,
            reason=dates.reason.strip(),
            stated_at=at,
            stated_by=by,
        )
        _note(row, standing, plan.reason, at=at, by=by)
        _tell(row, plan, at)
    return plan


def note_overdue(*, at: datetime) -> int:
    """Note each planned day that is over without permission, once; returns how many."""
    today = timezone.localdate(at)
    late = [one for one in coming_applications() if _is_overdue(one, today)]
    noted = set(
        ForecastShift.objects.filter(application__in=late, cause=ShiftCause.OVERDUE).values_list(
            "application_id", "was_on"
        )
    )
    return sum(
        _note_one_overdue(one, today, at=at)
        for one in late
        if (one.pk, project_of(one).planned_on(today)) not in noted
    )


def mark_shifts_seen(*, ids: list[int], at: datetime, by: str) -> int:
    """An operator has read these; returns how many were not seen before."""
    return ForecastShift.objects.filter(pk__in=ids, seen_at=None).update(seen_at=at, seen_by=by)


def _is_overdue(application: InterconnectionApplication, today: date) -> bool:
    planned = project_of(application).planned_on(today)
    return planned is not None and planned < today


def _note_one_overdue(application: InterconnectionApplication, today: date, *, at: datetime) -> int:
    with transaction.atomic():
        row = lock(application, seen=None)
        coming = coming_applications().filter(pk=row.pk).first()
        if coming is None or not _is_overdue(coming, today):
            return 0
        planned = project_of(coming).planned_on(today)
        if (
            planned is None
            or row.forecast_shifts.filter(cause=ShiftCause.OVERDUE, was_on=planned).exists()
        ):
            return 0
        feeder = feeder_of(coming)
        if feeder is not None:
            now_w = _horizons(feeder, today)
            power_w = project_of(coming).total_w
            before_w = tuple(one + power_w for one in now_w)
            standing = Standing(feeder, planned, planned, before_w)
            _note(row, standing, "", at=at, by=CLOCK)
        queue_notice(
            customer=row.customer,
            template="construction_overdue",
            about=f"{row.reference}/overdue-{planned:%Y%m%d}",
            context={"reference": row.reference, "planned": Later(lambda: day(planned))},
            at=at,
        )
        return 1


def _check(dates: Dates, *, is_change: bool, today: date) -> None:
    faults: dict[str, list[str]] = {}
    if dates.finishes_on < dates.starts_on:
        faults["finishes_on"] = [say("The finish cannot lie before the start.")]
    elif dates.finishes_on < today:
        words = say("This date is over. Choose {today} or later.", today=day(today))
        faults["finishes_on"] = [words]
    elif dates.finishes_on.year > today.year + YEARS_AHEAD:
        faults["finishes_on"] = [say("Choose a date within the next five years.")]
    if is_change and not dates.reason.strip():
        faults["reason"] = [say("Say why the dates change: the grid operator plans with them.")]
    if faults:
        raise InvalidInput(" ".join(words[0] for words in faults.values()), fields=faults)


def _standing(row: InterconnectionApplication, today: date) -> Standing | None:
    """None where nothing was expected yet, or no feeder is known: then nothing can shift."""
    coming = coming_applications().get(pk=row.pk)
    project = project_of(coming)
    was_on = project.planned_on(today)
    feeder = feeder_of(coming)
    if was_on is None or feeder is None:
        return None
    return Standing(feeder, was_on, project.expected_on(today), _horizons(feeder, today))


def _horizons(feeder: Feeder, today: date) -> tuple[int, ...]:
    (found,) = feeder_forecasts(today, [feeder])
    return tuple(found.forecast.after[days].total_w for days in HORIZONS_DAYS)


def _note(
    row: InterconnectionApplication, standing: Standing | None, reason: str, *, at: datetime,
    by: str,
) -> None:  # fmt: skip
    """Keep how the forecast moved, unless the project is expected on the same day as before."""
    if standing is None:
        return
    today = timezone.localdate(at)
    project = project_of(coming_applications().get(pk=row.pk))
    now_on = project.expected_on(today)
    if now_on == standing.expected_on:
        return
    before_w, after_w = standing.horizons_w, _horizons(standing.feeder, today)
    ForecastShift.objects.create(
        application=row,
        feeder=standing.feeder,
        cause=ShiftCause(cause_of(standing.expected_on, now_on).value),
        power_w=project.total_w,
        was_on=standing.was_on,
        now_on=now_on,
        reason=reason,
        before_30_w=before_w[0],
        after_30_w=after_w[0],
        before_60_w=before_w[1],
        after_60_w=after_w[1],
        noted_at=at,
        noted_by=by,
    )
    publish_after_commit("forecast", {"feeder": standing.feeder.name})


def _tell(row: InterconnectionApplication, plan: ConstructionPlan, at: datetime) -> None:
    queue_notice(
        customer=row.customer,
        template="construction_dates",
        about=f"{row.reference}/dates-{plan.pk}",
        context={
            "reference": row.reference,
            "starts": Later(lambda: day(plan.starts_on)),
            "finishes": Later(lambda: day(plan.finishes_on)),
        },
        at=at,
    )


def _changed_words(newest: ConstructionPlan | None) -> str:
    if newest is None:
        return say("The dates changed while you were reading. Look again and state them anew.")
    return say(
        "{by} stated other dates on {moment}, while you were reading. Look again and state yours "
        "anew.",
        by=newest.stated_by,
        moment=day(timezone.localtime(newest.stated_at), "full"),
    )
