"""A customer leaves one event out, where the tariff allows it (CS-8)."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import CustomerAgreement, UsagePoint
from customers.selectors import rules_of
from customers.tariffs.eligibility import check_opt_out
from derms.accounts.models import User
from derms.lib.errors import Conflict
from dispatch.models import DERGroupDispatch, OptOut, Setpoint
from dispatch.selectors.opting_out import opted_out_this_month
from dispatch.services import release_dispatch
from dispatch.services.opting_out import CannotLeaveOut, leave_event_out
from interconnection.models import DER
from tests.factories import make_tariff_version


def allow(der: DER, most: int) -> None:
    version = make_tariff_version(f"FREE-{most}", opt_outs_per_month_max=most)
    agreement = CustomerAgreement.objects.get(pk=der.agreement_id)
    agreement.pk = None
    agreement.tariff_version = version
    agreement.save()
    DER.objects.filter(pk=der.pk).update(agreement=agreement)


@pytest.fixture
def part(executing: DERGroupDispatch, rooftops: list[DER], at: datetime) -> Setpoint:
    """Ada's part of the event; her tariff lets her leave one out a month."""
    allow(rooftops[0], 1)
    points = Setpoint.objects.filter(dispatch=executing)
    for point in points.select_related("command"):
        type(point.command).objects.filter(pk=point.command_id).update(sent_at=at)
    return points.get(der=rooftops[0])


def test_leaving_out_gives_one_member_back_and_the_rest_goes_on(
    part: Setpoint, executing: DERGroupDispatch, ada: User, at: datetime
) -> None:
    first = leave_event_out(setpoint=part, at=at, by=ada)
    again = leave_event_out(setpoint=part, at=at, by=ada)

    assert first == again
    part.refresh_from_db()
    assert part.release_command is not None
    assert (part.release_command.is_release, part.release_command.requested_by) == (True, "ada")
    others = Setpoint.objects.filter(dispatch=executing).exclude(pk=part.pk)
    assert not others.exclude(release_command=None).exists()
    executing.refresh_from_db()
    assert executing.status == "executing"


def test_the_end_of_the_event_does_not_ask_the_member_again(
    part: Setpoint, executing: DERGroupDispatch, ada: User, at: datetime
) -> None:
    leave_event_out(setpoint=part, at=at, by=ada)
    part.refresh_from_db()
    asked = part.release_command_id

    release_dispatch(dispatch=executing, at=at + timedelta(minutes=5), by="olga")

    part.refresh_from_db()
    assert part.release_command_id == asked
    assert not Setpoint.objects.filter(dispatch=executing, release_command=None).exists()


def test_the_tariff_says_whether_and_how_often(
    executing: DERGroupDispatch, part: Setpoint, rooftops: list[DER], ada: User, at: datetime
) -> None:
    other = Setpoint.objects.get(dispatch=executing, der=rooftops[1])
    with pytest.raises(CannotLeaveOut, match="does not allow to leave out an event"):
        leave_event_out(setpoint=other, at=at, by=ada)

    allow(rooftops[0], 0)
    with pytest.raises(CannotLeaveOut, match="does not allow"):
        leave_event_out(setpoint=part, at=at, by=ada)


def test_one_a_month_is_one_a_month(
    part: Setpoint, executing: DERGroupDispatch, ada: User, at: datetime
) -> None:
    leave_event_out(setpoint=part, at=at, by=ada)
    used = opted_out_this_month([part.der.usage_point_id], at)

    assert used == {part.der.usage_point_id: 1}
    assert opted_out_this_month([part.der.usage_point_id], at + timedelta(days=31)) == {}
    rules = rules_of(make_tariff_version("ONE", opt_outs_per_month_max=1))
    (finding,) = check_opt_out(rules, opted_out_this_month=1)
    assert finding.words == "One allows to leave out one event a month; that is used up."


def test_the_page_offers_it_says_it_is_done_and_is_ones_own(
    part: Setpoint, ada: User, cem: User, cem_point: UsagePoint
) -> None:
    url = reverse("portal_event_out", args=[part.pk])
    browser, other = Client(), Client()
    browser.force_login(ada)
    other.force_login(cem)

    assert "Leave this event out" in browser.get(reverse("portal_events")).content.decode()
    assert other.post(url).status_code == 404
    done = browser.post(url, follow=True).content.decode()

    assert "is left out of this event." in done
    assert "Left out" in done
    assert OptOut.objects.get().by == ada


def test_an_event_that_is_over_is_not_left_out(
    part: Setpoint, executing: DERGroupDispatch, ada: User, at: datetime
) -> None:
    release_dispatch(dispatch=executing, at=at, by="olga")

    with pytest.raises(Conflict, match="This event is over"):
        leave_event_out(setpoint=part, at=at, by=ada)
    assert not OptOut.objects.exists()
