"""A customer's acceptance of a tariff, and its end (CS-3)."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from customers.models import CustomerAgreement, TariffVersion, UsagePoint
from customers.selectors import rules_of, site_facts
from customers.selectors.tariffs import leaving_rules_of, left_tariff_on
from customers.tariffs.eligibility import check_site
from customers.tariffs.leaving import check_joining
from derms.accounts.models import User
from derms.lib.errors import Conflict, InvalidInput, Refused


class TariffNotAccepted(Refused):
    """The tariff cannot be accepted at this service point."""

    code = "tariff_not_accepted"


def accept_tariff(
    *,
    usage_point: UsagePoint,
    tariff_version: TariffVersion,
    accepted_name: str,
    accepted_by: User,
    from_address: str | None,
    at: datetime,
) -> CustomerAgreement:
    """Keep who accepted which exact text, when and from where.

    Accepting again what is already accepted returns the agreement there is. Raises InvalidInput
    for a name that is not the customer's or the acting person's, TariffNotAccepted when the
    version is not in force, does not admit the service point, or was left too short a time ago.
    """
    _check_name(accepted_name, customer_name=usage_point.customer.name, user=accepted_by)
    findings = (
        *check_site(rules_of(tariff_version), site_facts(usage_point), at=at),
        *check_joining(
            leaving_rules_of(tariff_version),
            left_on=left_tariff_on(usage_point, tariff_version.tariff_id),
            asked_on=timezone.localdate(at),
        ),
    )
    if findings:
        raise TariffNotAccepted(" ".join(finding.words for finding in findings))
    with transaction.atomic():
        # One acceptance at a time for a service point, so that two clicks make one agreement.
        UsagePoint.objects.select_for_update().get(pk=usage_point.pk)
        agreement, _ = CustomerAgreement.objects.get_or_create(
            usage_point=usage_point,
            tariff_version=tariff_version,
            ended_at=None,
            defaults={
                "customer_id": usage_point.customer_id,
                "text_sha256": tariff_version.text_sha256,
                "accepted_at": at,
                "accepted_by": accepted_by,
                "accepted_name": _plain(accepted_name),
                "accepted_from_address": from_address,
            },
        )
    return agreement


def end_agreement(*, agreement: CustomerAgreement, at: datetime) -> CustomerAgreement:
    ended = CustomerAgreement.objects.filter(pk=agreement.pk, ended_at=None).update(ended_at=at)
    if ended != 1:
        raise Conflict(f"Agreement {agreement.pk} has already ended. Reload the page.")
    agreement.ended_at = at
    return agreement


def _check_name(typed: str, *, customer_name: str, user: User) -> None:
    admitted = {_plain(customer_name).casefold(), _plain(user.get_full_name()).casefold()} - {""}
    if _plain(typed).casefold() in admitted:
        return
    words = (
        f"Type the name as it stands on the account: {customer_name}."
        if typed.strip()
        else "Type your name to accept."
    )
    raise InvalidInput(words, fields={"accepted_name": [words]})


def _plain(name: str) -> str:
    return " ".join(name.split())
