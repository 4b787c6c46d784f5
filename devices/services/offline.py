"""The look each quarter of an hour at what is off while its neighbours produce (CS-11)."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from devices.maintenance import OfflineNow, neighbours, offline
from devices.models import MaintenanceFinding
from devices.selectors import maintenance as known
from devices.selectors.policy import care_policy
from devices.services.findings import BY, open_finding, resolve_finding, tell_customer
from devices.services.standing import der_of, dismissed_now, is_alone, standing_of
from devices.statuses import MaintenanceStatus

QUARTER = timedelta(minutes=15)
BACK_SHARE = 0.05
# Older quarters of an hour tell nothing of now.
LATE = timedelta(hours=1)


def find_offline(*, at: datetime) -> int:
    """Systems that give nothing while three neighbours produce; returns how many stand.

    How long until it is seen, and until its customer is told, is the utility's own rule.
    """
    until = known.quarters_until()
    if until is None or at - until > LATE:
        return 0
    levels = care_policy()
    seen, told = (round(4 * hours) for hours in (levels.off_hours, levels.off_tell_hours))
    fleet = known.pv_in_service(at)
    near = neighbours({key: one.place for key, one in fleet.systems.items()})
    now = known.output_now(fleet, until - seen * QUARTER, until)
    off = offline(now, near, quarters=seen)
    with transaction.atomic():
        if not is_alone():
            return 0
        standing = standing_of(fleet.systems.keys())
        _end_offline(standing, {one.key: one for one in now}, at)
        quiet = dismissed_now(timezone.localdate(at))
        for key in off:
            if key not in quiet:
                _note_offline(key, standing.get(key), at)
        long = known.output_now(fleet, until - told * QUARTER, until)
        for key in offline(long, near, quarters=told):
            finding = standing.get(key)
            if finding is not None and finding.status == MaintenanceStatus.OPEN:
                tell_customer(finding=finding, at=at, by=BY)
    return len(off)


def _note_offline(key: int, finding: MaintenanceFinding | None, at: datetime) -> None:
    reason = "It gave nothing for two hours while three neighbours produced."
    kind = MaintenanceFinding.Kind.OFFLINE
    if finding is None:
        today = timezone.localdate(at)
        finding = open_finding(
            der_of(key), at=at, reason=reason, kind=kind, method="peers",
            began_on=today, assessed_on=today - timedelta(days=1),
        )  # fmt: skip
    if finding.status == MaintenanceStatus.WATCH:
        finding.move(MaintenanceStatus.OPEN, at=at, by=BY, reason=reason, kind=kind)


def _end_offline(
    standing: Mapping[int, MaintenanceFinding], now: Mapping[int, OfflineNow], at: datetime
) -> None:
    for key, finding in standing.items():
        one = now.get(key)
        if finding.kind != MaintenanceFinding.Kind.OFFLINE or one is None:
            continue
        if one.quarters and one.most_w >= BACK_SHARE * one.rated_w:
            resolve_finding(finding=finding, at=at, reason="It gives energy again.")
