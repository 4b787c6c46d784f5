"""Builds the console's context for whoever shows it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from derms.ui.console import CommandPanel, Console, Period
from derms.ui.oneline import FeederPicture
from dispatch.selectors.alarms import alarm_list
from dispatch.selectors.console import SystemNow, dispatch_rows, system_now
from dispatch.selectors.feeders import feeders, picture
from dispatch.selectors.latest import latest_of
from dispatch.selectors.standing import standing
from interconnection.models import Feeder

PERIODS = (("15 min", 15), ("2 h", 120), ("24 h", 1440))
FIRST_PERIOD = 120


def console_page(request: HttpRequest, panel: CommandPanel, *, status: int = 200) -> HttpResponse:
    now = system_at(timezone.now())
    console = console_of(now, panel, feeder_name=request.GET.get("feeder", ""))
    return render(request, "operations/console.html", {"console": console}, status=status)


def system_at(at: datetime) -> SystemNow:
    known = standing(at)
    return system_now(known, latest_of(known, at), at)


def console_of(now: SystemNow, panel: CommandPanel, *, feeder_name: str) -> Console:
    feeder, choices = feeder_of(now, panel, feeder_name)
    return Console(
        at=now.at,
        site=settings.SITE_NAME,
        tiles=now.tiles,
        groups=[
            replace(row, select_url=reverse("operations_command", args=[row.id]))
            for row in now.groups
        ],
        alarms=alarm_list(now.at, url=reverse("operations_alarm_panel")),
        command=panel,
        dispatches=[
            replace(
                row,
                url=reverse("operations_dispatch", args=[row.id]),
                release_url=reverse("operations_dispatch_release", args=[row.id]),
            )
            for row in dispatch_rows(now)
        ],
        feeder=feeder,
        feeders=choices,
        trend_url=trend_url(FIRST_PERIOD),
        trend_periods=periods(),
        stale_after_s=int(settings.READING_STALE_S),
    )


def feeder_of(
    now: SystemNow, panel: CommandPanel, name: str = ""
) -> tuple[FeederPicture | None, list[Period]]:
    """The feeder to show with the members of the group in hand pointed out, and the choices."""
    every = feeders()
    feeder = _chosen(every, now, panel, name)
    members = [
        der_id
        for group in now.standing.groups
        if group.id == panel.group_id
        for der_id in group.der_ids
    ]
    choices = [
        Period(
            label=one.name,
            url=f"{reverse('operations_console')}?feeder={one.name}",
            current=feeder is not None and one.pk == feeder.pk,
        )
        for one in every
    ]
    return None if feeder is None else picture(feeder, now.fleet, members), choices


def periods(**more: object) -> list[Period]:
    return [
        Period(label=label, url=trend_url(minutes, **more), current=minutes == FIRST_PERIOD)
        for label, minutes in PERIODS
    ]


def trend_url(minutes: int, **more: object) -> str:
    extra = "".join(f"&{name}={value}" for name, value in more.items())
    return f"{reverse('operations_trend')}?minutes={minutes}{extra}"


def _chosen(
    every: Iterable[Feeder], now: SystemNow, panel: CommandPanel, name: str
) -> Feeder | None:
    """The one asked for, else that of the group in hand, else the one with the worst voltage."""
    by_name = {feeder.name: feeder for feeder in every}
    if name in by_name:
        return by_name[name]
    for group in now.standing.groups:
        if group.id == panel.group_id and group.feeder in by_name:
            return by_name[group.feeder]
    worst = worst_feeder(now)
    return by_name.get(worst) or next(iter(by_name.values()), None)


def worst_feeder(now: SystemNow) -> str:
    apart = [
        (abs(volts_v / member.nominal_voltage_v - 1), member.feeder)
        for der_id, member in now.fleet.members.items()
        if (volts_v := now.fleet.latest[der_id].voltage_v) and member.nominal_voltage_v
    ]
    return max(apart, default=(0.0, ""))[1]
