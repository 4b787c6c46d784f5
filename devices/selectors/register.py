"""The fleet as a list: found by what it is, where it is, how it communicates and what is wrong."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import (
    Case,
    CharField,
    Count,
    DateTimeField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Greatest
from django.db.models.lookups import LessThan

from devices.capabilities import Quality
from devices.models import Device, FoundSetting, RegisterDifference
from devices.selectors.alarms import open_alarms
from devices.statuses import AlarmStatus, DifferenceStatus
from interconnection.models import Feeder, ServiceConnection

# Devices with annotations, which the type does not know.
Fleet = QuerySet[Any, Any]
COMMUNICATING, SILENT, WRONG, NEVER = "communicating", "silent", "wrong", "never"
STATES: Mapping[str, str] = {
    COMMUNICATING: "Communicating",
    SILENT: "Not answering",
    WRONG: "Answers wrongly",
    NEVER: "Never answered",
}
ANY_ALARM, UNSEEN_ALARM, NO_ALARM = "any", "unseen", "none"
CONTROLS: Mapping[str, tuple[str, Q]] = {
    "remote": ("Remote", Q(condition__is_local=False)),
    "local": ("Local", Q(condition__is_local=True)),
    "unknown": ("Does not say", Q(condition__is_local__isnull=True)),
}
# What a list may be ordered by: the fields that stand behind each word.
ORDERS: Mapping[str, tuple[str, ...]] = {
    "device": ("manufacturer", "model", "serial_number"),
    "kind": ("kind",),
    "zone": ("zone__name",),
    "feeder": ("feeder_name",),
    "address": ("host", "port", "unit"),
    "meter": ("usage_point__meter_number",),
    "place": ("usage_point__location__street",),
    "customer": ("usage_point__customer__name",),
    "der": ("der__name",),
    "communication": ("latest__measured_at",),
    "power": ("latest__active_power_w",),
    "reactive": ("latest__reactive_power_var",),
    "voltage": ("latest__voltage_v",),
    "charge": ("latest__state_of_charge_pct",),
    "alarm": ("alarm_priority",),
    "control": ("condition__is_local",),
    "drift": ("drifts_since",),
    "differences": ("differences_open",),
    "firmware": ("version",),
    "round_trip": ("condition__round_trip_ms",),
    "fault": ("condition__last_fault_at",),
    "poll": ("poll_period_s",),
    "since": ("active_from",),
}
SEARCHED = (
    "serial_number",
    "manufacturer",
    "model",
    "host",
    "zone__name",
    "der__name",
    "usage_point__meter_number",
    "usage_point__location__street",
    "usage_point__customer__name",
)


@dataclass(frozen=True, slots=True)
class FleetWanted:
    """What of the fleet to list; an empty word does not narrow. `sort` is a key of ORDERS, with a
    minus in front for the other way round.
    """

    text: str = ""
    kind: str = ""
    zone: str = ""
    feeder: str = ""
    manufacturer: str = ""
    model: str = ""
    state: str = ""
    alarm: str = ""
    control: str = ""
    drift: str = ""
    differs: str = ""
    function: str = ""
    sort: str = ""


@dataclass(frozen=True, slots=True)
class FleetChoices:
    """What there is to choose from in the filters."""

    zones: tuple[str, ...]
    feeders: tuple[str, ...]
    manufacturers: tuple[str, ...]
    models: tuple[str, ...]


def fleet_list(wanted: FleetWanted, at: datetime) -> Fleet:
    """Devices in service with their values, condition, alarm and drift, as they are wanted.

    Each carries `state` (a key of STATES), `feeder_name`, `alarm_priority` and `alarm_message` of
    its most urgent open alarm, `drifts_since`, and `differences_open`, None where there is none.
    """
    worst = open_alarms().filter(device=OuterRef("pk")).order_by("priority", "-raised_at", "pk")
    drifting = FoundSetting.objects.filter(device=OuterRef("pk"), differs_since__isnull=False)
    found = (
        Device.objects.filter(active_to__isnull=True)
        .select_related(
            "zone", "latest", "condition", "der", "usage_point__location", "usage_point__customer"
        )
        .defer("discovery", "reported_nameplate")
        .annotate(
            state=_state(at),
            feeder_name=Subquery(_connection().values("transformer__bus__feeder__name")[:1]),
            alarm_priority=Subquery(worst.values("priority")[:1]),
            alarm_message=Subquery(worst.values("message")[:1]),
            differences_open=Subquery(
                RegisterDifference.objects.filter(
                    device=OuterRef("pk"), status=DifferenceStatus.OPEN
                ).order_by().values("device").annotate(count=Count("pk")).values("count")
            ),
            drifts_since=Subquery(
                drifting.order_by().values("device").annotate(first=Min("differs_since"))
                .values("first")
            ),
        )
    )  # fmt: skip
    return _ordered(_narrowed(found, wanted), wanted.sort)


def fleet_choices() -> FleetChoices:
    """The zones, feeders, makers and models that devices in service have."""
    active = Device.objects.filter(active_to__isnull=True)
    makes = set(active.values_list("manufacturer", "model", "zone__name").distinct())
    return FleetChoices(
        zones=_words(zone for _, _, zone in makes),
        feeders=tuple(Feeder.objects.order_by("name").values_list("name", flat=True)),
        manufacturers=_words(maker for maker, _, _ in makes),
        models=_words(model for _, model, _ in makes),
    )


def _words(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({word for word in words if word}, key=str.casefold))


def _connection() -> QuerySet[ServiceConnection]:
    return ServiceConnection.objects.filter(usage_point=OuterRef("usage_point"))


class _Seconds(Func):
    """A number of seconds as a span of time."""

    template = "make_interval(secs => %(expressions)s)"
    output_field = DurationField()


def _state(at: datetime) -> Case:
    """The same as `quality_now` says, inside the database."""
    allowed_s = Greatest(Value(float(settings.READING_STALE_S)), 3 * F("poll_period_s"))
    good_until = ExpressionWrapper(
        F("latest__measured_at") + _Seconds(allowed_s), output_field=DateTimeField()
    )
    return Case(
        When(latest__isnull=True, then=Value(NEVER)),
        When(latest__quality=Quality.BAD, then=Value(WRONG)),
        When(latest__quality=Quality.STALE, then=Value(SILENT)),
        When(LessThan(good_until, Value(at)), then=Value(SILENT)),
        default=Value(COMMUNICATING),
        output_field=CharField(),
    )


def _narrowed(found: Fleet, wanted: FleetWanted) -> Fleet:
    equal = {
        "kind": wanted.kind,
        "zone__name": wanted.zone,
        "manufacturer": wanted.manufacturer,
        "model": wanted.model,
        "state": wanted.state,
    }
    found = found.filter(**{name: value for name, value in equal.items() if value})
    if wanted.feeder:
        found = found.filter(
            Exists(_connection().filter(transformer__bus__feeder__name=wanted.feeder))
        )
    if wanted.function:
        holds = FoundSetting.objects.filter(device=OuterRef("pk"), function=wanted.function)
        found = found.filter(Exists(holds))
    if wanted.control:
        found = found.filter(CONTROLS[wanted.control][1])
    if wanted.drift:
        found = found.filter(drifts_since__isnull=wanted.drift != "yes")
    if wanted.differs:
        found = found.filter(differences_open__isnull=wanted.differs != "yes")
    for word in wanted.text.split():
        holding = Q()
        for name in SEARCHED:
            holding |= Q(**{f"{name}__icontains": word})
        found = found.filter(holding)
    return _by_alarm(found, wanted.alarm)


def _by_alarm(found: Fleet, alarm: str) -> Fleet:
    """`alarm` is any, unseen, none, or the number of a priority."""
    if alarm in (ANY_ALARM, NO_ALARM):
        return found.filter(alarm_priority__isnull=alarm == NO_ALARM)
    if alarm == UNSEEN_ALARM:
        unseen = open_alarms().filter(
            device=OuterRef("pk"), status__in=[AlarmStatus.UNACKNOWLEDGED, AlarmStatus.RETURNED]
        )
        return found.filter(Exists(unseen))
    return found.filter(alarm_priority=int(alarm)) if alarm else found


def _ordered(found: Fleet, sort: str) -> Fleet:
    fields = ORDERS.get(sort.removeprefix("-"), ())
    is_down = sort.startswith("-")
    order = [
        F(name).desc(nulls_last=True) if is_down else F(name).asc(nulls_last=True)
        for name in fields
    ]
    return found.order_by(*order, "zone__name", "pk")
