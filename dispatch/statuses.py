"""Statuses of a dispatch and the moves each allows (DI-1, DI-3)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from derms.lib.lifecycle import Moves


class DispatchStatus(models.TextChoices):
    """How far a dispatch has come, from an operator's selection to its release."""

    SELECTED = "selected", _("Selected")
    CHECKED = "checked", _("Checked")
    EXECUTING = "executing", _("Executing")
    ACTIVE = "active", _("Active")
    RELEASING = "releasing", _("Releasing")
    RELEASED = "released", _("Released")
    LAPSED = "lapsed", _("Selection lapsed")
    CANCELLED = "cancelled", _("Cancelled")
    FAILED = "failed", _("Failed")


_D = DispatchStatus
DISPATCH_MOVES: Moves = {
    _D.SELECTED: frozenset({_D.CHECKED, _D.LAPSED, _D.CANCELLED}),
    _D.CHECKED: frozenset({_D.EXECUTING, _D.LAPSED, _D.CANCELLED}),
    _D.EXECUTING: frozenset({_D.ACTIVE, _D.RELEASING, _D.FAILED}),
    _D.ACTIVE: frozenset({_D.RELEASING}),
    _D.RELEASING: frozenset({_D.RELEASED, _D.FAILED}),
    _D.RELEASED: frozenset(),
    _D.LAPSED: frozenset(),
    _D.CANCELLED: frozenset(),
    _D.FAILED: frozenset(),
}
# An operator holds the group while preparing; nobody else may select it.
DISPATCH_PREPARING = frozenset({_D.SELECTED, _D.CHECKED})
DISPATCH_IN_FORCE = frozenset({_D.EXECUTING, _D.ACTIVE, _D.RELEASING})
DISPATCH_OVER = frozenset({_D.RELEASED, _D.FAILED})


class DispatchFunction(models.TextChoices):
    """What is asked of the group."""

    LIMIT_ACTIVE_POWER = "limit_active_power", "Limit active power"
    SET_ACTIVE_POWER = "set_active_power", "Set active power"


DISPATCH_KINDS: dict[str, str] = {
    _D.SELECTED: "wait",
    _D.CHECKED: "wait",
    _D.EXECUTING: "wait",
    _D.ACTIVE: "active",
    _D.RELEASING: "wait",
    _D.RELEASED: "done",
    _D.LAPSED: "off",
    _D.CANCELLED: "off",
    _D.FAILED: "bad",
}
