"""A customer leaves one event out, where the tariff allows it (CS-8)."""

from datetime import datetime

from django.db import transaction

from customers.selectors import rules_of
from customers.tariffs.eligibility import check_opt_out
from derms.accounts.models import User
from derms.lib.errors import Conflict, Refused
from derms.lib.live import publish_after_commit
from derms.lib.words import say
from dispatch.models import DERGroupDispatch, OptOut, Setpoint
from dispatch.selectors.opting_out import opted_out_this_month
from dispatch.services.execution import give_back
from dispatch.statuses import DISPATCH_IN_FORCE, DispatchStatus
from interconnection.models import DER


class CannotLeaveOut(Refused):
    """The tariff does not allow it, or not once more this month."""

    code = "cannot_leave_out"


def leave_event_out(*, setpoint: Setpoint, at: datetime, by: User) -> OptOut:
    """Give the member back to itself and keep who asked; asked twice it is left out once.

    The rest of the dispatch goes on as planned. Raises CannotLeaveOut in the tariff's words.
    """
    with transaction.atomic():
        held = DERGroupDispatch.objects.select_for_update().get(pk=setpoint.dispatch_id)
        # One at a time for a service point, so that the last one of a month is given once.
        der = DER.objects.select_related("agreement__tariff_version__tariff").get(
            pk=setpoint.der_id
        )
        list(DER.objects.select_for_update().filter(usage_point=der.usage_point_id))
        known = OptOut.objects.filter(setpoint=setpoint).first()
        if known is not None:
            return known
        if held.status not in DISPATCH_IN_FORCE - {DispatchStatus.RELEASING}:
            raise Conflict(say("This event is over. Reload the page."))
        _refuse_if_not_allowed(held, der, at)
        point = Setpoint.objects.select_related("command").get(pk=setpoint.pk)
        give_back(held, [point], at=at, by=by.get_username())
        opt_out = OptOut.objects.create(setpoint=point, at=at, by=by)
        publish_after_commit("dispatches", {"id": held.pk, "status": str(held.status)})
    return opt_out


def _refuse_if_not_allowed(held: DERGroupDispatch, der: DER, at: datetime) -> None:
    is_same_event = OptOut.objects.filter(
        setpoint__dispatch=held, setpoint__der__usage_point=der.usage_point_id
    ).exists()
    used = opted_out_this_month([der.usage_point_id], at).get(der.usage_point_id, 0)
    findings = check_opt_out(
        rules_of(der.agreement.tariff_version), opted_out_this_month=used - is_same_event
    )
    if findings:
        raise CannotLeaveOut(" ".join(finding.words for finding in findings))
