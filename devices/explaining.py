"""What an alarm of a customer's device means for the customer (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from derms.lib.telling import Sentence, say
from derms.lib.telling import gettext_noop as _


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmFacts:
    """An alarm as recorded; `over_at` None while its cause is there."""

    kind: str
    unit: str
    day: date
    began_at: datetime
    over_at: datetime | None
    visit_proposed: bool = False


# What it is, and what the owner may do.
_WORDS: Mapping[str, tuple[str, str]] = {
    "lost_communication": (
        _("Since {day}, {began}, {unit} does not answer us."),
        _("It goes on working by itself. See whether its power and your internet are on."),
    ),
    "wrong_device": (
        _("Since {day}, {began}, another device answers where {unit} stood."),
        _("If it was replaced, tell us its serial number."),
    ),
    "local_control": (
        _("Since {day}, {began}, {unit} is switched to local control and does not follow us."),
        _("If you did not do that, ask whoever installed it."),
    ),
    "command_failed": (
        _("On {day} at {began} {unit} did not carry out what we asked for."),
        _("You need to do nothing; the request went to others."),
    ),
    "setting_drift": (
        _("Since {day}, {began}, {unit} holds another setting than was agreed."),
        _("We send the agreed one again; you need to do nothing."),
    ),
    "protection_trip": (
        _("On {day} at {began} {unit} switched itself off to protect itself and the grid."),
        _("It comes back by itself when the grid is steady. If not within a day, call us."),
    ),
    "device_fault": (
        _("Since {day}, {began}, {unit} reports a fault of its own."),
        _("Ask the company that installed it."),
    ),
    "device_warning": (
        _("Since {day}, {began}, {unit} gives a warning. It goes on working."),
        _("Mention it when somebody looks after it next."),
    ),
    "voltage_high": (
        _("Since {day}, {began}, {unit} measures a voltage above the limit."),
        _("That is for us to mend; you need to do nothing."),
    ),
    "voltage_low": (
        _("Since {day}, {began}, {unit} measures a voltage below the limit."),
        _("That is for us to mend; you need to do nothing."),
    ),
    "overload": (
        _("Since {day}, {began}, {unit} gives more than it is rated for."),
        _("Ask the company that installed it."),
    ),
    "charge_low": (
        _("Since {day}, {began}, the battery {unit} is nearly empty."),
        _("It charges again as usual; you need to do nothing."),
    ),
    "charge_high": (
        _("Since {day}, {began}, the battery {unit} is full."),
        _("You need to do nothing."),
    ),
    "clock_off": (
        _("Since {day}, {began}, the clock of {unit} is wrong."),
        _("Its work and your payments do not depend on it; you need to do nothing."),
    ),
}
_OTHERWISE = (
    _("Since {day}, {began}, something about {unit} is not as it should be."),
    _("We look into it; you need to do nothing."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaFacts:
    """An alarm of no single device: of a line, of a zone of ours, or of many devices at once.

    `members` is how many devices it stands for, 0 for an alarm of the line or zone itself.
    """

    kind: str
    day: date
    began_at: datetime
    over_at: datetime | None
    members: int = 0


_AREA_WORDS: Mapping[str, tuple[str, str]] = {
    "gateway_silent": (
        _("Since {day}, {began}, our own connection to the devices in your area is interrupted."),
        _("They go on working by themselves; you need to do nothing."),
    ),
    "lost_communication": (
        _("Since {day}, {began}, {members} devices in your area do not answer us."),
        _(
            "So many at once is no fault of a single one. They go on working by themselves; you "
            "need to do nothing."
        ),
    ),
    "voltage_high": (
        _("Since {day}, {began}, the voltage on the line in your area is above the limit."),
        _("That is for us to mend; you need to do nothing."),
    ),
    "voltage_low": (
        _("Since {day}, {began}, the voltage on the line in your area is below the limit."),
        _("That is for us to mend; you need to do nothing."),
    ),
    "overload": (
        _("Since {day}, {began}, more flows on the line in your area than it is made for."),
        _("We look into it and may hold production back; you need to do nothing."),
    ),
    "protection_trip": (
        _("On {day} at {began} {members} devices in your area switched themselves off together."),
        _("They come back by themselves when the grid is steady."),
    ),
    "command_failed": (
        _("On {day} at {began} {members} devices in your area did not carry out what we asked."),
        _("You need to do nothing."),
    ),
}
_AREA_OTHERWISE = (
    _("Since {day}, {began}, something about the grid in your area is not as it should be."),
    _("We look into it; you need to do nothing."),
)
_AREA_MANY = (
    _("Since {day}, {began}, {members} devices in your area report the same."),
    _("We look into it; you need to do nothing."),
)


def why_area(facts: AreaFacts) -> tuple[Sentence, ...]:
    """For everybody whose equipment stands there."""
    what, do = _AREA_WORDS.get(facts.kind, _AREA_MANY if facts.members else _AREA_OTHERWISE)
    if "{members}" in what and not facts.members:
        what, do = _AREA_OTHERWISE
    found = say(what, members=facts.members, day=facts.day, began=facts.began_at)
    if facts.over_at is not None:
        return (found, say(_("It was over at {over}."), over=facts.over_at))
    return (found, say(do))


def why_alarm(facts: AlarmFacts) -> tuple[Sentence, ...]:
    """What is the matter, what the owner may do, what we do."""
    what, do = _WORDS.get(facts.kind, _OTHERWISE)
    found = [say(what, unit=facts.unit, day=facts.day, began=facts.began_at)]
    if facts.over_at is not None:
        return (*found, say(_("It was over at {over}."), over=facts.over_at))
    found.append(say(do))
    if facts.visit_proposed:
        found.append(say(_("We consider sending a technician, and would agree a time with you.")))
    return tuple(found)
