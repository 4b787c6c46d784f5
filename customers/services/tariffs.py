"""The tariff book: drafts written by one person and published by another (CS-2)."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction

from customers.models import Tariff, TariffDraft, TariffVersion
from customers.models.tariff import TariffTerms
from customers.selectors.tariffs import text_of
from customers.tariffs.schedules import ScheduleError, flat, schedule_of
from derms.accounts.models import User
from derms.lib.errors import Conflict, InvalidInput, Refused

TERMS: tuple[str, ...] = tuple(one.name for one in TariffTerms._meta.get_fields())
NEW_TARIFF: dict[str, Any] = {
    "summary_lines": [],
    "technologies": [],
    "apparent_power_max_va": 10_000,
    "phases": ["A", "B", "C", "AB", "BC", "AC", "ABC"],
    "required_communication": "none",
    "may_join_groups": False,
    "prices": flat(Decimal("0.00000")),
    "curtailment_price_per_kwh": Decimal(0),
}


class SecondLookNeeded(Refused):
    """Who wrote the last change does not publish it."""

    code = "second_look_needed"


class DraftNotReady(Refused):
    """Something in the draft cannot be published."""

    code = "draft_not_ready"


def create_tariff(
    *, code: str, name: str, active_from: datetime, at: datetime, by: User
) -> TariffDraft:
    """A new tariff with an empty first draft."""
    try:
        with transaction.atomic():
            tariff = Tariff.objects.create(code=code, name=name)
            return TariffDraft.objects.create(
                tariff=tariff, active_from=active_from, edited_at=at, edited_by=by, **NEW_TARIFF
            )
    except IntegrityError:
        words = f"The code {code} is taken."
        raise InvalidInput(words, fields={"code": [words]}) from None


def begin_draft(*, tariff: Tariff, active_from: datetime, at: datetime, by: User) -> TariffDraft:
    """A draft of the next version that begins as a copy of the newest; the open one if there is."""
    with transaction.atomic():
        held = Tariff.objects.select_for_update().get(pk=tariff.pk)
        found = TariffDraft.objects.filter(tariff=held, version=None).first()
        if found is not None:
            return found
        newest = held.versions.select_related("draft").order_by("-number").first()
        if newest is None:
            return TariffDraft.objects.create(
                tariff=held, active_from=active_from, edited_at=at, edited_by=by, **NEW_TARIFF
            )
        written_as = TariffDraft.objects.filter(version=newest).first()
        return TariffDraft.objects.create(
            tariff=held,
            active_from=active_from,
            wording=written_as.wording if written_as else newest.text,
            edited_at=at,
            edited_by=by,
            **{name: getattr(newest, name) for name in TERMS},
        )


def save_draft(
    *, draft: TariffDraft, revision: int, values: Mapping[str, Any], at: datetime, by: User
) -> TariffDraft:
    """Keep `values` (terms, `wording`, `active_from`) of the revision that was looked at.

    Raises Conflict when somebody else saved meanwhile, InvalidInput for prices with holes.
    """
    if "prices" in values:
        _check_prices(values["prices"])
    with transaction.atomic():
        held = _held(draft, revision)
        for name, value in values.items():
            setattr(held, name, value)
        held.revision += 1
        held.edited_at, held.edited_by = at, by
        held.save()
    return held


def publish_draft(*, draft: TariffDraft, revision: int, at: datetime, by: User) -> TariffVersion:
    """Make the draft a version that never changes; the version before it ends where it begins.

    Raises SecondLookNeeded for the person who edited last, DraftNotReady in words.
    """
    with transaction.atomic():
        held = _held(draft, revision)
        tariff = Tariff.objects.select_for_update().get(pk=held.tariff_id)
        if held.edited_by_id == by.pk:
            raise SecondLookNeeded(
                "You changed this draft last. Somebody else looks at it and publishes it."
            )
        _refuse_unready(held, at)
        last = tariff.versions.order_by("-number").first()
        if last is not None and last.active_from >= held.active_from:
            raise DraftNotReady(
                f"Version {last.number} begins on {last.active_from:%d %B %Y}: a later version"
                " must begin after it."
            )
        if last is not None and (last.active_to is None or last.active_to > held.active_from):
            TariffVersion.objects.filter(pk=last.pk).update(active_to=held.active_from)
        text = text_of(held)
        version = TariffVersion.objects.create(
            tariff=tariff,
            number=last.number + 1 if last else 1,
            text=text,
            text_sha256=hashlib.sha256(text.encode()).hexdigest(),
            active_from=held.active_from,
            drafted_by=held.edited_by.get_username(),
            published_by=by.get_username(),
            published_at=at,
            **{name: getattr(held, name) for name in TERMS},
        )
        held.version = version
        held.save(update_fields=["version"])
    return version


def discard_draft(*, draft: TariffDraft, revision: int) -> None:
    """Drop it; its history stays. A tariff that never had a version goes with it."""
    with transaction.atomic():
        held = _held(draft, revision)
        tariff = held.tariff
        held.delete()
        if not tariff.versions.exists():
            tariff.delete()


def _held(draft: TariffDraft, revision: int) -> TariffDraft:
    held = (
        TariffDraft.objects.select_for_update(of=("self",))
        .select_related("tariff", "edited_by")
        .filter(pk=draft.pk, version=None)
        .first()
    )
    if held is None:
        raise Conflict("This draft was published or discarded meanwhile.")
    if held.revision != revision:
        raise Conflict(
            f"{held.edited_by.get_full_name() or held.edited_by} saved this draft meanwhile."
            " Look at the present state and change it again.",
            revision=held.revision,
        )
    return held


def _check_prices(kept: Mapping[str, Any]) -> None:
    try:
        schedule_of(kept)
    except ScheduleError as wrong:
        raise InvalidInput(str(wrong), fields={"prices": list(wrong.words)}) from None


def _refuse_unready(draft: TariffDraft, at: datetime) -> None:
    wrong = []
    if not draft.wording.strip():
        wrong.append("The wording is empty.")
    if not draft.summary_lines:
        wrong.append("The summary is empty.")
    if not (draft.technologies and draft.phases):
        wrong.append("Say which technologies and phases it admits.")
    if draft.active_from <= at:
        wrong.append("It must begin in the future.")
    if wrong:
        raise DraftNotReady(" ".join(wrong))
