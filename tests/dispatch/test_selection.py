"""Select and check: one operator holds a group for 30 s and sees what would happen (DI-3)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from customers.models import CustomerAgreement
from derms.accounts.models import User
from derms.lib.errors import Conflict, InvalidInput
from dispatch.models import DERGroupDispatch
from dispatch.services import (
    GroupAlreadyDispatched,
    GroupHeld,
    GroupNotLive,
    NotYourSelection,
    TooFewMembers,
    cancel_selection,
    check_dispatch,
    select_dispatch,
)
from dispatch.services.selection import hash_of
from dispatch.statuses import DispatchStatus
from groups.models import DERGroup
from groups.statuses import GroupStatus
from interconnection.models import DER
from tests.dispatch.gateway import wish
from tests.factories import make_agreement, make_tariff_version
from tests.groups.scenes import device_of, heard

pytestmark = pytest.mark.django_db


def test_selection_holds_the_group_for_30_seconds(group: DERGroup, at: datetime) -> None:
    dispatch = select_dispatch(group=group, wish=wish(at), at=at, by="olga")

    assert dispatch.status == DispatchStatus.SELECTED
    assert dispatch.selection_expires_at == at + timedelta(seconds=30)


def test_second_operator_is_told_who_holds_the_group(group: DERGroup, at: datetime) -> None:
    select_dispatch(group=group, wish=wish(at), at=at, by="olga")

    with pytest.raises(GroupHeld, match="selected by olga until 18:00:30"):
        select_dispatch(group=group, wish=wish(at), at=at + timedelta(seconds=5), by="otto")


def test_group_is_free_again_when_the_selection_is_over(group: DERGroup, at: datetime) -> None:
    first = select_dispatch(group=group, wish=wish(at), at=at, by="olga")
    later = at + timedelta(seconds=30)
    for der in [membership.der for membership in group.memberships.all()]:
        heard(device_of(der), at=later, power_w=3_000, charge_pct=50)

    select_dispatch(group=group, wish=wish(later), at=later, by="otto")

    first.refresh_from_db()
    assert first.status == DispatchStatus.LAPSED


def test_selecting_anew_replaces_ones_own_selection(group: DERGroup, at: datetime) -> None:
    first = select_dispatch(group=group, wish=wish(at), at=at, by="olga")

    select_dispatch(group=group, wish=wish(at, target_w=8_000), at=at, by="olga")

    first.refresh_from_db()
    assert first.status == DispatchStatus.CANCELLED


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"target_w": -1}, "target", "below 0"),
        ({"target_w": 45_001}, "target", "limited between"),
        ({"target_w": 99_000, "function": "set_active_power"}, "target", "out of range"),
        ({"minutes": 0}, "duration", "1 minute"),
        ({"minutes": 600}, "duration", "4 hours"),
        ({"reason": "  "}, "reason", "Say why"),
    ],
)
def test_wrong_wishes_are_refused_beside_their_field(
    group: DERGroup, at: datetime, change: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(InvalidInput, match=words) as refusal:
        select_dispatch(group=group, wish=wish(at, **change), at=at, by="olga")

    assert field in refusal.value.fields
    assert not DERGroupDispatch.objects.exists()


def test_group_that_is_not_live_is_refused(group: DERGroup, at: datetime) -> None:
    group.move(GroupStatus.DISSOLUTION_REQUESTED, at=at, by="olga")

    with pytest.raises(GroupNotLive, match="dissolution requested"):
        select_dispatch(group=group, wish=wish(at), at=at, by="olga")


def test_overlapping_dispatch_is_refused_in_words(
    executing: DERGroupDispatch, group: DERGroup, at: datetime
) -> None:
    with pytest.raises(GroupAlreadyDispatched, match="of olga until 18:30:00"):
        select_dispatch(group=group, wish=wish(at), at=at + timedelta(seconds=2), by="otto")


def test_overlapping_dispatch_is_refused_by_the_database_too(
    executing: DERGroupDispatch, group: DERGroup, at: datetime
) -> None:
    behind_the_back = DERGroupDispatch(
        group=group,
        function="limit_active_power",
        target_w=1,
        starts_at=at + timedelta(minutes=5),
        ends_at=at + timedelta(minutes=6),
        reason="nobody asked the service",
        status=DispatchStatus.ACTIVE,
        selected_at=at,
        selected_by="otto",
        selection_expires_at=at,
    )

    with pytest.raises(IntegrityError, match="one_dispatch_per_group_and_interval"):
        behind_the_back.save()


def test_members_that_changed_to_a_tariff_without_control_are_left_alone(
    group: DERGroup, rooftops: list[DER], at: datetime
) -> None:
    version = make_tariff_version("ALONE", may_join_groups=False)
    for der in rooftops[:4]:
        CustomerAgreement.objects.filter(pk=der.agreement_id).update(ended_at=at)
        DER.objects.filter(pk=der.pk).update(
            agreement=make_agreement(
                der.usage_point, version, accepted_by=der.agreement.accepted_by
            )
        )

    with pytest.raises(TooFewMembers, match="Alone does not allow groups"):
        select_dispatch(group=group, wish=wish(at), at=at, by="olga")


def test_group_of_which_too_few_report_is_refused(
    group: DERGroup, rooftops: list[DER], at: datetime
) -> None:
    for der in rooftops[:4]:
        heard(device_of(der), at=at, power_w=1_000, age_s=60)

    with pytest.raises(TooFewMembers, match=r"Only 2 of 6 .* does not report, last heard 60"):
        select_dispatch(group=group, wish=wish(at), at=at, by="olga")


def test_used_up_number_of_dispatches_is_refused(
    executing: DERGroupDispatch, group: DERGroup, at: datetime
) -> None:
    DERGroupDispatch.objects.update(status=DispatchStatus.EXECUTING)
    executing.move(DispatchStatus.RELEASING, at=at, by="olga")
    executing.move(DispatchStatus.RELEASED, at=at, by="clock", ended_at=at)
    version = group.memberships.first().tariff_version  # type: ignore[union-attr]  # has members
    limited = type(version).objects.create(
        **{
            field.name: getattr(version, field.name)
            for field in version._meta.concrete_fields
            if field.name not in {"id", "number", "active_from", "dispatches_per_month_max"}
        }
        | {"active_to": version.active_from},
        number=2,
        active_from=at - timedelta(days=800),
        dispatches_per_month_max=1,
    )
    group.memberships.update(tariff_version=limited)

    with pytest.raises(TooFewMembers, match="allows 1 dispatches a month"):
        select_dispatch(group=group, wish=wish(at), at=at, by="olga")


def test_check_shows_now_and_after_and_every_member(
    checked: DERGroupDispatch, rooftops: list[DER], ada_battery: DER
) -> None:
    plan = checked.plan

    assert (plan["now_w"], plan["expected_w"], plan["shortfall_w"]) == (21_000, 10_000, 0)
    told = {row["der"]: row["value_w"] for row in plan["members"]}
    assert told == {
        **{der.pk: w for der, w in zip(rooftops, (3_000, 2_500, 2_000, 1_500, 1_000), strict=True)},
        ada_battery.pk: 0,
    }
    assert checked.plan_sha256 == hash_of(plan)


def test_silent_member_is_named_and_left_out(
    group: DERGroup, rooftops: list[DER], at: datetime
) -> None:
    heard(device_of(rooftops[4]), at=at, power_w=2_000, age_s=45)
    dispatch = select_dispatch(group=group, wish=wish(at), at=at, by="olga")

    plan = check_dispatch(dispatch=dispatch, at=at, by="olga").plan

    assert [row["der"] for row in plan["left_out"]] == [rooftops[4].pk]
    assert sum(row["value_w"] for row in plan["members"]) == 8_000


def test_only_the_one_who_selected_may_check_or_cancel(group: DERGroup, at: datetime) -> None:
    dispatch = select_dispatch(group=group, wish=wish(at), at=at, by="olga")

    with pytest.raises(NotYourSelection):
        check_dispatch(dispatch=dispatch, at=at, by="otto")
    with pytest.raises(NotYourSelection):
        cancel_selection(dispatch=dispatch, at=at, by="otto")


def test_cancelled_selection_frees_the_group(group: DERGroup, at: datetime) -> None:
    dispatch = select_dispatch(group=group, wish=wish(at), at=at, by="olga")
    cancel_selection(dispatch=dispatch, at=at, by="olga")

    select_dispatch(group=group, wish=wish(at), at=at, by="otto")

    assert DERGroupDispatch.objects.filter(status=DispatchStatus.SELECTED).count() == 1


def test_same_key_is_the_same_dispatch(group: DERGroup, at: datetime, olga: User) -> None:
    first = select_dispatch(group=group, wish=wish(at), at=at, by="olga", request_key="k1")

    again = select_dispatch(group=group, wish=wish(at), at=at, by="olga", request_key="k1")

    assert again.pk == first.pk
    with pytest.raises(Conflict, match="another request"):
        select_dispatch(
            group=group, wish=wish(at, target_w=1_000), at=at, by="olga", request_key="k1"
        )
