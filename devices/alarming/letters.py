"""The mail to an operator about alarms that nobody acknowledged in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from devices.alarming.guidance import guidance_for

MOST_ALARMS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmInWords:
    """One alarm as a mail shows it; `since` is in the site's time."""

    kind: str
    priority: str
    label: str
    message: str
    place: str
    since: str
    url: str


@dataclass(frozen=True, slots=True)
class AlarmLetter:
    """Subject and body, without greeting."""

    subject: str
    body: str


def write_letter(alarms: Sequence[AlarmInWords], *, site: str, list_url: str) -> AlarmLetter:
    """The most urgent first; raises ValueError for no alarm at all."""
    if not alarms:
        raise ValueError("There is no alarm to write about.")
    first, more = alarms[0], len(alarms) - 1
    subject = f"[{site}] {first.priority}: {first.label}, {first.place}"
    if more:
        subject += f", and {more} more"
    parts = ["Nobody has acknowledged:" if more else "Nobody has acknowledged this alarm:"]
    parts += [_about(alarm) for alarm in alarms[:MOST_ALARMS]]
    if len(alarms) > MOST_ALARMS:
        parts.append(f"And {len(alarms) - MOST_ALARMS} more: {list_url}")
    parts.append(
        "Acknowledge it in the alarm list, so that others know that somebody looks after it. "
        "This mail is sent once."
    )
    return AlarmLetter(subject=" ".join(subject.split())[:200], body="\n\n".join(parts) + "\n")


def _about(alarm: AlarmInWords) -> str:
    guidance = guidance_for(alarm.kind)
    return (
        f"{alarm.priority}: {alarm.label}\n"
        f"What:   {alarm.message}\n"
        f"Where:  {alarm.place}\n"
        f"Since:  {alarm.since}\n"
        f"Do:     {guidance.action}\n"
        f"If not: {guidance.consequence}\n"
        f"Open:   {alarm.url}"
    )
