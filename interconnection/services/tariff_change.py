"""From one tariff to another with DER in service, and leaving one altogether (CS-3).

A DER in service always runs under an agreement that is in force: a tariff is left for another one,
or when no DER runs under it. On the day after the last, the DER go over to the other agreement.
"""

from datetime import date, datetime

from django.db import transaction

from customers.models import CustomerAgreement, TariffVersion, UsagePoint
from customers.selectors import rules_of
from customers.selectors.tariffs import agreements_to_end
from customers.services import accept_tariff, end_agreement, queue_notice
from customers.services.leaving import leave_tariff
from customers.tariffs.eligibility import check_units
from derms.accounts.models import User
from derms.lib.errors import Refused
from derms.lib.words import say
from interconnection.selectors.tariffs import der_facts, ders_under, successor_of


class EquipmentInService(Refused):
    """DER run under the agreement, and there is no other for them."""

    code = "equipment_in_service"


class TariffDoesNotFit(Refused):
    """The new tariff does not admit the equipment in service."""

    code = "tariff_does_not_fit"


def change_tariff(
    *,
    agreement: CustomerAgreement,
    tariff_version: TariffVersion,
    accepted_name: str,
    accepted_by: User,
    from_address: str | None,
    at: datetime,
) -> CustomerAgreement:
    """Accept another tariff and leave the present one as early as its rules allow.

    Returns the new agreement. Raises TariffDoesNotFit, or what accepting and leaving raise.
    """
    with transaction.atomic():
        ders = ders_under(agreement)
        findings = check_units(rules_of(tariff_version), map(der_facts, ders))
        if findings:
            raise TariffDoesNotFit(" ".join(finding.words for finding in findings))
        accepted = accept_tariff(
            usage_point=agreement.usage_point,
            tariff_version=tariff_version,
            accepted_name=accepted_name,
            accepted_by=accepted_by,
            from_address=from_address,
            at=at,
        )
        if agreement.leaves_at is None:
            leave_tariff(agreement=agreement, last_day=None, at=at, by=accepted_by)
    return accepted


def leave_without_equipment(
    *, agreement: CustomerAgreement, last_day: date | None, at: datetime, by: User
) -> CustomerAgreement:
    """Leave a tariff; refused while DER run under it and no other tariff takes them."""
    with transaction.atomic():
        UsagePoint.objects.select_for_update().get(pk=agreement.usage_point_id)
        ders = list(ders_under(agreement))
        if ders and successor_of(agreement) is None:
            names = ", ".join(str(der) for der in ders)
            raise EquipmentInService(
                say(
                    "{names} runs under {name}. Choose another tariff first; then we can "
                    "end this one.",
                    names=names,
                    name=agreement.tariff_version.tariff.name,
                )
            )
        return leave_tariff(agreement=agreement, last_day=last_day, at=at, by=by)


def end_due_agreements(*, at: datetime) -> int:
    """End agreements whose last day is over, and take their DER over to the other one."""
    ended = 0
    for due in agreements_to_end(at=at):
        with transaction.atomic():
            UsagePoint.objects.select_for_update().get(pk=due.usage_point_id)
            agreement = agreements_to_end(at=at).filter(pk=due.pk).first()
            ended += agreement is not None and _end(agreement, at)
    return ended


def _end(agreement: CustomerAgreement, at: datetime) -> bool:
    successor = successor_of(agreement)
    ders = list(ders_under(agreement))
    if ders and successor is None:
        return False  # the other agreement was ended meanwhile: what runs keeps its tariff
    end_agreement(agreement=agreement, at=agreement.leaves_at or at)
    if successor is not None and ders:
        for der in ders:
            der.agreement = successor
            der.save(update_fields=["agreement"])
        queue_notice(
            customer=successor.customer,
            template="tariff_changed",
            about=f"agreement-{successor.pk}",
            context={
                "name": successor.tariff_version.tariff.name,
                "address": str(successor.usage_point.location),
            },
            at=at,
        )
    return True
