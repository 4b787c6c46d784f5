"""What a gateway answered about a command that is not written yet."""

from collections.abc import Sequence
from dataclasses import dataclass

from derms.ui.formats import scaled
from devices.capabilities import Function
from devices.models import CommandRehearsal


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """`lines` are (label, words); `is_over` tells that the gateway has answered."""

    id: int
    is_over: bool
    refusal: str
    lines: Sequence[tuple[str, str]]
    notes: Sequence[str]


def find_rehearsal(rehearsal_id: int, device_id: int) -> Rehearsed | None:
    row = CommandRehearsal.objects.filter(pk=rehearsal_id, device_id=device_id).first()
    return rehearsed(row) if row else None


def rehearsed(row: CommandRehearsal) -> Rehearsed:
    lines = [
        (
            f"Registers from {write['address']}",
            " ".join(f"{register:04X}" for register in write["registers"]),
        )
        for write in row.writes
    ]
    if row.value_w is not None and row.order["function"] != Function.CONNECT:
        lines.append(("Rounded to its resolution", scaled(row.value_w, unit="W")))
    if row.reverts_in_device is not None and not row.order["is_release"]:
        words = "by its own timer" if row.reverts_in_device else "only by a later command"
        lines.append(("The device lets go", words))
    return Rehearsed(row.pk, row.ended_at is not None, row.fault, lines, tuple(row.notes))
