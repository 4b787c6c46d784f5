"""What dispatch says to news from the floors below."""

from datetime import datetime

from derms.lib.errors import Refused
from dispatch.selectors.dispatches import held, in_force
from groups.models import DERGroup
from groups.signals import dissolution_requested


class GroupInUse(Refused):
    """A dispatch of the group is prepared or in force."""

    code = "group_in_use"


def refuse_while_dispatched(*, group: DERGroup, at: datetime, **_: object) -> None:
    running = in_force(group).first()
    if running is not None:
        raise GroupInUse(
            f"Dispatch {running.pk} of {group.name} is {running.get_status_display().lower()}."
            " Release it first.",
            dispatch=running.pk,
        )
    selection = held(group, at)
    if selection is not None:
        raise GroupInUse(f"{group.name} is selected by {selection.selected_by}. Wait for it.")


def listen() -> None:
    dissolution_requested.connect(refuse_while_dispatched, dispatch_uid="refuse_while_dispatched")
