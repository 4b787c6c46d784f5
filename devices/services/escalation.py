"""Telling the operators by mail what nobody acknowledged in time: once for each alarm (DV-5)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from derms.accounts.models import User
from derms.accounts.roles import Role
from derms.lib.jobs import run_after_commit
from devices.alarming.letters import AlarmInWords, write_letter
from devices.models import Alarm, AlarmMail, Escalation
from devices.selectors.alarms import alarms, place_words
from devices.selectors.policy import policy
from devices.statuses import AlarmStatus

NOBODY = "Nobody could be told: no operator has an e-mail address."


def escalate(*, at: datetime) -> Escalation | None:
    """Write the mails about what has waited too long; None when nothing has.

    Alarms that are due at the same time share a mail. A group is one alarm.
    """
    with transaction.atomic():
        due = list(_due(at).select_for_update(of=("self",), skip_locked=True))
        if not due:
            return None
        people = operators_with_address()
        words = f"{len(people)} operators were told by mail." if people else NOBODY
        escalation = Escalation.objects.create(at=at, words=words)
        Alarm.objects.filter(pk__in=[alarm.pk for alarm in due]).update(escalation=escalation)
        letter = write_letter(
            _in_words(due),
            site=settings.SITE_NAME,
            list_url=settings.SITE_URL + reverse("operations_alarms"),
        )
        AlarmMail.objects.bulk_create(
            AlarmMail(
                escalation=escalation,
                username=person.username,
                name=person.get_full_name() or person.username,
                email=person.email,
                subject=letter.subject,
                body=letter.body,
                created_at=at,
                next_attempt_at=at,
            )
            for person in people
        )
        run_after_commit("devices.tasks.send_alarm_mails")
    return escalation


def operators_with_address() -> list[User]:
    """Everybody who may act on alarms and can be reached, each address once."""
    people = (
        User.objects.filter(role_grants__role=Role.OPERATOR, is_active=True)
        .exclude(email="")
        .order_by("pk")
    )
    return list({person.email.lower(): person for person in people}.values())


def _due(at: datetime) -> "QuerySet[Alarm]":
    waited = Q()
    for priority, minutes in policy().escalate_after_min.items():
        waited |= Q(priority=priority, announced_at__lte=at - timedelta(minutes=minutes))
    if not waited:
        return Alarm.objects.none()
    return (
        alarms()
        .filter(
            waited,
            status=AlarmStatus.UNACKNOWLEDGED,
            group__isnull=True,
            escalation__isnull=True,
        )
        .order_by("priority", "raised_at", "pk")
    )


def _in_words(alarms: Sequence[Alarm]) -> list[AlarmInWords]:
    return [
        AlarmInWords(
            kind=alarm.kind,
            priority=alarm.priority_label,
            label=alarm.get_kind_display(),
            message=alarm.message,
            place=place_words(alarm),
            since=f"{timezone.localtime(alarm.raised_at):%Y-%m-%d %H:%M:%S %Z}",
            url=settings.SITE_URL + reverse("operations_alarm", args=[alarm.pk]),
        )
        for alarm in alarms
    ]
