"""Groups are asked for, checked, taken live and dissolved as EPRI's figures 5-1 and 5-2 (GR-2)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from customers.models import (
    Customer,
    Notice,
    TariffVersion,
    ThirdParty,
    ThirdPartyMember,
    UsagePoint,
)
from derms.accounts.models import User
from derms.lib.errors import InvalidInput
from derms.lib.lifecycle import MoveNotAllowed
from groups.models import DERGroup
from groups.selectors import candidates, group_status, membership_history
from groups.services import (
    GroupBreaksTariffRules,
    GroupNameTaken,
    MembersTaken,
    NotYourDER,
    approve_group,
    dissolve_group,
    refuse_group,
    request_dissolution,
    request_group,
    take_group_live,
)
from groups.statuses import GroupStatus
from interconnection.models import DER, Feeder
from tests.factories import make_agreement, make_der, make_representation, make_tariff_version
from tests.groups.scenes import battery_beside, solar

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada_pv(ada: User, ada_point: UsagePoint, tariff_version: TariffVersion, at: datetime) -> DER:
    return solar(ada_point, tariff_version, ada, at=at)


@pytest.fixture
def ben_pv(ben: User, ben_point: UsagePoint, tariff_version: TariffVersion, at: datetime) -> DER:
    return solar(ben_point, tariff_version, ben, at=at, power_w=4_000)


@pytest.fixture
def asked(f12: Feeder, ada_pv: DER, ben_pv: DER, olga: User, at: datetime) -> DERGroup:
    return request_group(
        name="Rooftops", feeder=f12, der_ids=[ada_pv.pk, ben_pv.pk], user=olga, at=at
    )


@pytest.fixture
def live(asked: DERGroup, at: datetime) -> DERGroup:
    approve_group(group=asked, at=at, by="cleo")
    return take_group_live(group=asked, at=at, by="olga")


def test_group_goes_from_request_over_the_check_to_live(
    asked: DERGroup, ada_customer: Customer, at: datetime
) -> None:
    approve_group(group=asked, at=at, by="cleo")
    take_group_live(group=asked, at=at + timedelta(minutes=1), by="olga")

    moves = [(c.new_status, c.by) for c in asked.status_changes.order_by("pk")]
    assert moves == [("approved", "cleo"), ("live", "olga")]
    assert asked.rule_checks.get().is_passed
    since = set(asked.memberships.values_list("active_from", flat=True))
    assert since == {at + timedelta(minutes=1)}
    notice = Notice.objects.get(customer=ada_customer, template="group_joined")
    assert "Rooftops" in notice.subject


def test_members_of_a_group_that_is_not_live_are_in_no_group(asked: DERGroup, at: datetime) -> None:
    assert not membership_history(group=asked).exists()


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"may_join_groups": False}, "does not allow groups"),
        ({"required_communication": "monitor"}, "control of the inverter"),
    ],
)
def test_tariff_that_says_no_stops_the_group_and_the_check_is_kept(
    rules: dict[str, Any],
    words: str,
    f12: Feeder,
    ben: User,
    ben_point: UsagePoint,
    ada_pv: DER,
    olga: User,
    at: datetime,
) -> None:
    strict = make_tariff_version("STRICT", **rules)
    other = solar(ben_point, strict, ben, at=at)
    group = request_group(name="Mixed", feeder=f12, der_ids=[ada_pv.pk, other.pk], user=olga, at=at)

    with pytest.raises(GroupBreaksTariffRules, match=words):
        approve_group(group=group, at=at, by="cleo")

    group.refresh_from_db()
    assert group.status == GroupStatus.REQUESTED
    check = group.rule_checks.get()
    assert not check.is_passed
    assert [bool(row["findings"]) for row in check.rows].count(True) == 1


def test_der_without_a_device_is_refused(
    f12: Feeder,
    ada: User,
    ada_point: UsagePoint,
    tariff_version: TariffVersion,
    olga: User,
    at: datetime,
) -> None:
    der = make_der(ada_point, make_agreement(ada_point, tariff_version, accepted_by=ada))
    group = request_group(name="Silent", feeder=f12, der_ids=[der.pk], user=olga, at=at)

    with pytest.raises(GroupBreaksTariffRules, match="no device that communicates"):
        approve_group(group=group, at=at, by="cleo")


def test_der_of_a_live_group_cannot_join_another(
    live: DERGroup, f12: Feeder, ada_pv: DER, olga: User, at: datetime
) -> None:
    group = request_group(name="Second", feeder=f12, der_ids=[ada_pv.pk], user=olga, at=at)

    with pytest.raises(GroupBreaksTariffRules, match="already belongs to the group Rooftops"):
        approve_group(group=group, at=at, by="cleo")


def test_of_two_approved_groups_with_the_same_member_only_one_goes_live(
    asked: DERGroup, f12: Feeder, ada_pv: DER, olga: User, at: datetime
) -> None:
    second = request_group(name="Second", feeder=f12, der_ids=[ada_pv.pk], user=olga, at=at)
    approve_group(group=asked, at=at, by="cleo")
    approve_group(group=second, at=at, by="cleo")
    take_group_live(group=asked, at=at, by="olga")

    with pytest.raises(MembersTaken, match="belongs to the group Rooftops"):
        take_group_live(group=second, at=at, by="olga")

    second.refresh_from_db()
    assert second.status == GroupStatus.APPROVED


def test_name_is_used_once(
    asked: DERGroup, f12: Feeder, ada_pv: DER, olga: User, at: datetime
) -> None:
    with pytest.raises(GroupNameTaken) as refusal:
        request_group(name="rooftops", feeder=f12, der_ids=[ada_pv.pk], user=olga, at=at)

    assert "name" in refusal.value.fields


def test_group_of_nobody_is_refused(f12: Feeder, olga: User, at: datetime) -> None:
    with pytest.raises(InvalidInput, match="at least one"):
        request_group(name="Empty", feeder=f12, der_ids=[], user=olga, at=at)


@pytest.fixture
def suncircle(tara: User, ada_customer: Customer, at: datetime) -> ThirdParty:
    company = ThirdParty.objects.create(name="Suncircle", email="desk@suncircle.example")
    ThirdPartyMember.objects.create(third_party=company, user=tara)
    make_representation(
        third_party=company, customer=ada_customer, active_from=at - timedelta(days=1)
    )
    return company


def test_third_party_sees_and_takes_only_its_own_customers(
    suncircle: ThirdParty, f12: Feeder, ada_pv: DER, ben_pv: DER, tara: User, at: datetime
) -> None:
    assert list(candidates(f12, tara, at)) == [ada_pv]

    with pytest.raises(NotYourDER):
        request_group(name="Grab", feeder=f12, der_ids=[ada_pv.pk, ben_pv.pk], user=tara, at=at)

    group = request_group(name="Own", feeder=f12, der_ids=[ada_pv.pk], user=tara, at=at)
    assert group.third_party == suncircle


def test_third_party_that_no_longer_acts_for_a_customer_fails_the_check(
    suncircle: ThirdParty, f12: Feeder, ada_pv: DER, tara: User, at: datetime
) -> None:
    group = request_group(name="Own", feeder=f12, der_ids=[ada_pv.pk], user=tara, at=at)
    suncircle.representations.update(active_to=at)

    with pytest.raises(GroupBreaksTariffRules, match="does not act for Ada"):
        approve_group(group=group, at=at, by="cleo")


def test_refusal_needs_a_reason(asked: DERGroup, at: datetime) -> None:
    with pytest.raises(InvalidInput, match="Say why"):
        refuse_group(group=asked, reason=" ", at=at, by="cleo")

    refuse_group(group=asked, reason="Too small.", at=at, by="cleo")
    assert asked.status == GroupStatus.REFUSED


def test_dissolution_ends_membership_and_tells_the_customers(
    live: DERGroup, ada_customer: Customer, ada_pv: DER, at: datetime
) -> None:
    later = at + timedelta(hours=1)

    request_dissolution(group=live, reason="Season over.", at=later, by="olga")
    dissolve_group(group=live, at=later, by="cleo")

    membership = membership_history(der=ada_pv).get()
    assert (membership.active_from, membership.active_to) == (at, later)
    assert Notice.objects.filter(customer=ada_customer, template="group_left").count() == 1


def test_membership_history_tells_who_was_where_when(
    live: DERGroup, ada_pv: DER, at: datetime
) -> None:
    later = at + timedelta(hours=1)
    request_dissolution(group=live, reason="Over.", at=later, by="olga")
    dissolve_group(group=live, at=later, by="cleo")

    during = membership_history(der=ada_pv, at=at + timedelta(minutes=30))
    after = membership_history(der=ada_pv, at=later)

    assert [row.group.name for row in during] == ["Rooftops"]
    assert [row.tariff_version.number for row in during] == [1]
    assert not after.exists()


def test_live_group_cannot_be_dissolved_without_asking(live: DERGroup, at: datetime) -> None:
    with pytest.raises(MoveNotAllowed):
        dissolve_group(group=live, at=at, by="cleo")


def test_status_sums_members_that_report(
    live: DERGroup, ada_pv: DER, ben_pv: DER, at: datetime
) -> None:
    battery_beside(ada_pv, at=at)

    status = group_status(live, at)

    assert status.capability.power_w == 10_000
    assert status.capability.down_w == 10_000
    assert (status.capability.members, status.capability.reporting) == (2, 2)


def test_status_is_stale_when_values_grow_old(live: DERGroup, at: datetime) -> None:
    status = group_status(live, at + timedelta(minutes=1))

    assert status.capability.reporting == 0
    assert status.capability.quality == "bad"
