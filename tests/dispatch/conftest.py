"""A live group of five PV systems and a battery on F12, all reporting."""

from datetime import datetime

import pytest

from customers.models import TariffVersion
from derms.accounts.models import User
from dispatch.models import DERGroupDispatch
from dispatch.services import check_dispatch, execute_dispatch, select_dispatch
from groups.models import DERGroup
from interconnection.models import DER, Feeder
from tests.dispatch.gateway import wish
from tests.factories import (
    connect,
    make_customer,
    make_live_group,
    make_transformer,
    make_usage_point,
)
from tests.groups.scenes import battery_beside, solar

POWERS_W = (6_000, 5_000, 4_000, 3_000, 2_000)


@pytest.fixture
def rooftops(ada: User, f12: Feeder, tariff_version: TariffVersion, at: datetime) -> list[DER]:
    """Five PV systems of 8 kW that give 20 kW together; the first is Ada's."""
    owners = [make_customer("Ada Lovelace", user=ada)]
    owners += [make_customer(f"Neighbour {number}") for number in range(2, 6)]
    ders = []
    for owner, power_w in zip(owners, POWERS_W, strict=True):
        point = make_usage_point(owner)
        connect(point, make_transformer(f12))
        ders.append(solar(point, tariff_version, ada, at=at, power_w=power_w))
    return ders


@pytest.fixture
def ada_battery(rooftops: list[DER], at: datetime) -> DER:
    return battery_beside(rooftops[0], at=at, power_w=1_000, charge_pct=50)


@pytest.fixture
def group(rooftops: list[DER], ada_battery: DER, f12: Feeder) -> DERGroup:
    return make_live_group([*rooftops, ada_battery], feeder=f12)


@pytest.fixture
def checked(group: DERGroup, olga: User, at: datetime) -> DERGroupDispatch:
    """Olga's checked limit of 10 kW for half an hour."""
    dispatch = select_dispatch(group=group, wish=wish(at), at=at, by="olga")
    return check_dispatch(dispatch=dispatch, at=at, by="olga")


@pytest.fixture
def executing(checked: DERGroupDispatch, at: datetime) -> DERGroupDispatch:
    return execute_dispatch(dispatch=checked, token=checked.plan_sha256, at=at, by="olga")
