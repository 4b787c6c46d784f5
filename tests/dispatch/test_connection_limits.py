"""A dispatch never counts on, nor asks for, more than a flexible connection allows (DI-1, IC-5)."""

from datetime import datetime

import pytest

from derms.accounts.models import User
from derms.lib.errors import InvalidInput
from dispatch.models import DERGroupDispatch
from dispatch.selectors.problem import group_now
from dispatch.services import check_dispatch, execute_dispatch, select_dispatch
from groups.models import DERGroup
from interconnection.models import DER
from tests.dispatch.gateway import wish
from tests.interconnection.flexible import make_flexible

pytestmark = pytest.mark.django_db


@pytest.fixture
def flexible(rooftops: list[DER], enzo: User, olga: User) -> DER:
    """The first roof, 8 kW giving 6: 3.5 kW from five to eight in the evening. It is six."""
    make_flexible(rooftops[0], engineer=enzo, operator=olga)
    return rooftops[0]


def checked(group: DERGroup, at: datetime, **what: object) -> DERGroupDispatch:
    dispatch = select_dispatch(group=group, wish=wish(at, **what), at=at, by="olga")  # type: ignore[arg-type]  # keywords of wish
    return check_dispatch(dispatch=dispatch, at=at, by="olga")


def asked_of(dispatch: DERGroupDispatch, der: DER) -> int:
    members = dispatch.plan["members"]
    return int(next(row["value_w"] for row in members if row["der"] == der.pk))


def test_a_generous_limit_for_the_group_still_holds_the_member_to_its_hour(
    group: DERGroup, flexible: DER, at: datetime
) -> None:
    dispatch = checked(group, at, target_w=30_000)

    assert asked_of(dispatch, flexible) <= 3_500
    assert any("flexible connection of A-" in words for words in dispatch.plan["conflicts"])
    execute_dispatch(dispatch=dispatch, token=dispatch.plan_sha256, at=at, by="olga")
    command = dispatch.setpoints.get(der=flexible).command
    assert command.value_w is not None
    assert command.value_w <= 3_500


def test_the_range_that_can_be_asked_for_leaves_out_what_is_not_allowed(
    group: DERGroup, flexible: DER, at: datetime
) -> None:
    with pytest.raises(InvalidInput, match="out of range"):
        select_dispatch(group=group, wish=wish(at, target_w=45_000), at=at, by="olga")


def test_a_dispatch_that_runs_into_a_limited_hour_is_held_to_it_from_its_start(
    group: DERGroup, rooftops: list[DER], at: datetime, enzo: User, olga: User
) -> None:
    """It is six; the limit begins at seven."""
    roof = rooftops[0]
    make_flexible(roof, engineer=enzo, operator=olga, schedule="Jun-Aug 19-20 3.5")

    hour = group_now(group, hold_s=3_600, at=at)
    longer = group_now(group, hold_s=3_660, at=at)

    ratings = [
        next(one.member.rated_w for one in now.candidates if one.der_id == roof.pk)
        for now in (hour, longer)
    ]
    assert ratings == [8_000, 3_500]


def test_a_battery_is_counted_on_for_its_share_only(
    group: DERGroup,
    rooftops: list[DER],
    ada_battery: DER,
    at: datetime,
    enzo: User,
    olga: User,
) -> None:
    make_flexible(ada_battery, engineer=enzo, operator=olga, schedule="Jun-Aug 17-20 1")

    now = group_now(group, hold_s=900, at=at)

    battery = next(one.member for one in now.candidates if one.der_id == ada_battery.pk)
    assert battery.storage is not None
    assert battery.storage.discharge_max_w == 1_000
    assert battery.storage.charge_max_w == 5_000
