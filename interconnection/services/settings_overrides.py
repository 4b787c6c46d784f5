"""Settings that differ from what was approved, accepted by two engineers or not at all (IC-6)."""

from datetime import datetime

from django.db import transaction

from derms.accounts.models import User
from derms.lib.errors import InvalidInput
from interconnection.models import (
    CommissioningTest,
    InterconnectionApplication,
    SettingsOverride,
)
from interconnection.selectors.commissioning import latest_tests, order_of
from interconnection.services.overrides import (
    NotOverridable,
    OverriddenMeanwhile,
    settle,
)
from interconnection.statuses import ApplicationStatus, OverrideStatus, TestOutcome


def ask_to_accept_settings(
    *, test: CommissioningTest, reason: str, at: datetime, by: User
) -> SettingsOverride:
    """Say why the unit may run as it is set; raises InvalidInput, NotOverridable, Conflict."""
    if not reason.strip():
        words = "Say why the unit may run as it is set: another engineer confirms it."
        raise InvalidInput(words, fields={"reason": [words]})
    with transaction.atomic():
        _lock(test)
        if test.outcome != TestOutcome.SETTINGS:
            raise NotOverridable(f"{test} has no settings that differ.")
        standing = test.overrides.exclude(status=OverrideStatus.DECLINED).first()
        if standing is not None:
            raise OverriddenMeanwhile(f"{standing.asked_by} has already asked. Look at theirs.")
        override = SettingsOverride.objects.create(
            test=test, reason=reason.strip(), asked_by=by, asked_at=at
        )
        override.status_changes.create(
            old_status="", new_status=override.status, at=at, by=by.username, reason=override.reason
        )
    return override


def answer_settings_override(
    *, override: SettingsOverride, is_confirmed: bool, note: str, at: datetime, by: User
) -> SettingsOverride:
    """Agree, or let the difference stand with a note; never by the person who asked."""
    if not is_confirmed and not note.strip():
        words = "Say why the settings have to be as approved."
        raise InvalidInput(words, fields={"note": [words]})
    with transaction.atomic():
        _lock(override.test)
        override = SettingsOverride.objects.select_related("asked_by", "answered_by").get(
            pk=override.pk
        )
        status = OverrideStatus.CONFIRMED if is_confirmed else OverrideStatus.DECLINED
        return settle(override, status, note, asked="for it", subject="it", at=at, by=by)


def _lock(test: CommissioningTest) -> InterconnectionApplication:
    """The application in commissioning; refused where this test is not the unit's last any more."""
    application = InterconnectionApplication.objects.select_for_update(of=("self",)).get(
        commissioning_order=test.order_id
    )
    if application.status != ApplicationStatus.COMMISSIONING:
        raise NotOverridable(
            f"{application} is {application.get_status_display().lower()}; settings are accepted "
            "while it is commissioned."
        )
    order = order_of(application)
    newest = latest_tests(order).get(test.unit_id) if order else None
    if newest is None or newest.pk != test.pk:
        raise OverriddenMeanwhile("The unit was tested again since. Reload the page.")
    return application
