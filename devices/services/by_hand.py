"""One device asked for something by a person: reviewed first, executed as reviewed (DV-3, OP-1).

What was reviewed travels with the person, signed. It can be executed once, within a minute, by
the one who reviewed it, and only while nothing else was asked of the device meanwhile.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.signing import BadSignature, Signer
from django.db import transaction

from derms.lib.errors import Conflict, NotFound, Refused
from devices.models import Device, DeviceCommand
from devices.selectors.review import Effect, effects_of, findings_about, refusal_of
from devices.selectors.sheet import Sheet, find_device, sheet_of
from devices.services.commands import Wish, request_commands
from devices.services.orders import CommandOrder

REVIEW_LIFE = timedelta(seconds=60)
KEY = "hand-"
_signer = Signer(salt="devices.by_hand")


class CommandRefused(Refused):
    """The device cannot be asked for this now."""

    code = "command_refused"


class ReviewExpired(Conflict):
    """The review is too old to be executed."""

    code = "review_expired"


class ReviewOutdated(Conflict):
    """What holds the device has changed since the review."""

    code = "review_outdated"


class NotYourReview(Refused):
    """Somebody else reviewed this, or nobody did."""

    code = "not_your_review"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What will be asked, what stands against it, and the only key to executing it."""

    token: str
    order: CommandOrder
    ends_at: datetime
    effects: Sequence[Effect]
    findings: Sequence[str]


def review_command(*, wish: Wish, at: datetime, by: str) -> Review:
    """Look at what a wish would do; nothing is asked of the device yet.

    Raises NotFound, or CommandRefused in words: local control, a function it has not, somebody
    else's command in force.
    """
    sheet = _sheet(wish.device_id, at)
    _refuse(sheet, wish)
    order = wish.order(at, "")
    payload = {
        "by": by,
        "at": at.isoformat(),
        "device": wish.device_id,
        "function": wish.function,
        "value_w": wish.value_w,
        "parameters": dict(wish.parameters),
        "is_release": wish.is_release,
        "reversion_s": order.reversion_s,
        "ramp_s": wish.ramp_s,
        "expires_at": order.expires_at.isoformat(),
        "reason": wish.reason,
        "basis": _basis(sheet),
    }
    return Review(
        token=_signer.sign_object(payload, compress=True),
        order=order,
        ends_at=at + REVIEW_LIFE,
        effects=effects_of(sheet, order),
        findings=findings_about(sheet, order, at),
    )


def execute_review(*, device_id: int, token: str, at: datetime, by: str) -> DeviceCommand:
    """Ask for exactly what was reviewed; the same press twice is one command.

    Raises NotYourReview, ReviewExpired, ReviewOutdated or CommandRefused; then nothing is asked.
    """
    reviewed = _opened(token)
    if reviewed["by"] != by or reviewed["device"] != device_id:
        raise NotYourReview("You have not reviewed this for this device. Review it yourself first.")
    key = KEY + hashlib.sha256(token.encode()).hexdigest()[:48]
    with transaction.atomic():
        # One at a time for each device: what is looked at here stays so until the row is written.
        Device.objects.select_for_update(no_key=True).filter(pk=device_id).first()
        known = DeviceCommand.objects.filter(idempotency_key=key).first()
        if known is not None:
            return known
        if at - datetime.fromisoformat(reviewed["at"]) > REVIEW_LIFE:
            raise ReviewExpired("The review is more than a minute old. Review again.")
        sheet = _sheet(device_id, at)
        if _basis(sheet) != reviewed["basis"]:
            raise ReviewOutdated(
                "What holds the device has changed since you reviewed. Nothing was asked. "
                "Review again."
            )
        (command,) = request_commands([_order(reviewed, key, at)], at=at, by=by)
    return command


def _sheet(device_id: int, at: datetime) -> Sheet:
    device = find_device(device_id)
    if device is None:
        raise NotFound(f"There is no device {device_id}.")
    return sheet_of(device, at)


def _refuse(sheet: Sheet, wish: Wish) -> None:
    words = refusal_of(sheet, wish.function, is_release=wish.is_release, value_w=wish.value_w)
    if words:
        raise CommandRefused(words, device=wish.device_id)


def _basis(sheet: Sheet) -> str:
    """What the reviewer saw in force and on its way, and whether the device listens."""
    facts = {
        "commands": [(command.pk, command.status) for command in sheet.facts.commands],
        "is_local": sheet.is_local,
        "in_service": sheet.device.active_to is None,
    }
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _opened(token: str) -> Mapping[str, Any]:
    try:
        reviewed: Mapping[str, Any] = _signer.unsign_object(token)
    except (BadSignature, ValueError) as error:
        raise NotYourReview("This is not what was reviewed. Review again.") from error
    return reviewed


def _order(reviewed: Mapping[str, Any], key: str, at: datetime) -> CommandOrder:
    return CommandOrder(
        device_id=reviewed["device"],
        function=reviewed["function"],
        value_w=reviewed["value_w"],
        parameters=reviewed["parameters"],
        is_release=reviewed["is_release"],
        reversion_s=reviewed["reversion_s"],
        ramp_s=reviewed["ramp_s"],
        not_before=at,
        expires_at=datetime.fromisoformat(reviewed["expires_at"]),
        idempotency_key=key,
        reason=reviewed["reason"],
    )
