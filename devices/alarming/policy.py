"""Figures by which alarms are folded, damped, shelved and passed on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One installation's figures; each default says where it comes from.

    A group forms when more than `group_from` alarms of one kind come from one place within
    `group_window_s`, and falls apart when no more than half of that are left. An alarm chatters
    when it is raised `chatter_raises` times within `chatter_window_s`; it then returns only after
    `chatter_quiet_s` without its cause.
    """

    group_from: int = 10  # EEMUA 191: more than ten in ten minutes is a flood
    group_window_s: int = 60
    chatter_raises: int = 3  # ISA-18.2: three or more in a minute; each raise is two transitions
    chatter_window_s: int = 600
    chatter_quiet_s: int = 600
    shelve_max_h: int = 8  # a shift: the next one decides anew
    standing_after_h: int = 24  # ISA-18.2: stale
    operators_on_duty: int = 1
    # Minutes without acknowledgement after which operators get a mail, by priority.
    escalate_after_min: Mapping[int, float] = field(default_factory=lambda: {1: 5.0, 2: 15.0})
