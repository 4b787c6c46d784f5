"""Leaving a tariff with DER in service, and the change to another (CS-3)."""

from datetime import UTC, date, datetime, timedelta

import pytest

from customers.models import (
    CustomerAgreement,
    Notice,
    TariffVersion,
    ThirdParty,
    UsagePoint,
)
from customers.services import TariffNotAccepted
from customers.services.leaving import CannotLeaveYet, leave_tariff, stay
from derms.accounts.models import User
from derms.lib.errors import Conflict
from interconnection.models import DER
from interconnection.services.tariff_change import (
    EquipmentInService,
    TariffDoesNotFit,
    change_tariff,
    end_due_agreements,
    leave_without_equipment,
)
from tests.factories import make_agreement, make_der, make_representation, make_tariff_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def strict() -> TariffVersion:
    return make_tariff_version("SUNSET", notice_days=30, left_on="month_end", rejoin_after_days=90)


@pytest.fixture
def agreement(ada: User, ada_point: UsagePoint, strict: TariffVersion) -> CustomerAgreement:
    return make_agreement(ada_point, strict, accepted_by=ada)


@pytest.fixture
def der(ada_point: UsagePoint, agreement: CustomerAgreement) -> DER:
    return make_der(ada_point, agreement)


def change(agreement: CustomerAgreement, to: TariffVersion, by: User, at: datetime) -> None:
    change_tariff(
        agreement=agreement,
        tariff_version=to,
        accepted_name="Ada Lovelace",
        accepted_by=by,
        from_address="192.0.2.7",
        at=at,
    )


def test_a_tariff_is_left_on_the_day_its_rules_allow_and_the_customer_is_told(
    ada: User, agreement: CustomerAgreement, at: datetime
) -> None:
    with pytest.raises(CannotLeaveYet, match="earliest last day under Sunset is 31 July 2026"):
        leave_tariff(agreement=agreement, last_day=date(2026, 6, 30), at=at, by=ada)

    left = leave_tariff(agreement=agreement, last_day=None, at=at, by=ada)

    assert left.leaves_at == datetime(2026, 8, 1, tzinfo=UTC)
    notice = Notice.objects.get(template="leaving")
    assert "Your last day is 31 July 2026." in notice.body
    with pytest.raises(Conflict, match="left already"):
        leave_tariff(agreement=agreement, last_day=None, at=at, by=ada)


def test_leaving_can_be_taken_back_until_the_day_is_over(
    ada: User, agreement: CustomerAgreement, at: datetime
) -> None:
    leave_tariff(agreement=agreement, last_day=None, at=at, by=ada)

    assert stay(kept=agreement, at=at).leaves_at is None
    with pytest.raises(Conflict, match="nothing to take back"):
        stay(kept=agreement, at=at)


def test_after_leaving_one_joins_again_when_the_rules_allow(
    ada: User, ada_point: UsagePoint, agreement: CustomerAgreement, at: datetime
) -> None:
    leave_tariff(agreement=agreement, last_day=None, at=at, by=ada)
    later = datetime(2026, 8, 1, 0, 1, tzinfo=UTC)

    assert end_due_agreements(at=later - timedelta(minutes=2)) == 0
    assert end_due_agreements(at=later) == 1
    assert end_due_agreements(at=later) == 0
    agreement.refresh_from_db()
    assert agreement.ended_at == agreement.leaves_at
    with pytest.raises(TariffNotAccepted, match="may join again from 29 October 2026"):
        change(agreement, agreement.tariff_version, ada, later)


def test_equipment_in_service_is_never_without_a_tariff(
    ada: User,
    agreement: CustomerAgreement,
    der: DER,
    tariff_version: TariffVersion,
    at: datetime,
) -> None:
    with pytest.raises(EquipmentInService, match="Choose another tariff first"):
        leave_without_equipment(agreement=agreement, last_day=None, at=at, by=ada)

    change(agreement, tariff_version, ada, at)
    agreement.refresh_from_db()
    assert agreement.leaves_at == datetime(2026, 8, 1, tzinfo=UTC)
    der.refresh_from_db()
    assert der.agreement == agreement

    end_due_agreements(at=agreement.leaves_at)
    der.refresh_from_db()
    assert der.agreement.tariff_version == tariff_version
    assert Notice.objects.filter(template="tariff_changed").count() == 1


def test_a_tariff_that_does_not_admit_the_equipment_is_not_changed_to(
    ada: User, agreement: CustomerAgreement, der: DER, at: datetime
) -> None:
    small = make_tariff_version("SMALL", apparent_power_max_va=1_000)

    with pytest.raises(TariffDoesNotFit, match="admits at most 1 kVA"):
        change(agreement, small, ada, at)
    assert CustomerAgreement.objects.count() == 1


def test_the_last_agreement_stays_when_the_new_one_was_ended_meanwhile(
    ada: User,
    agreement: CustomerAgreement,
    der: DER,
    tariff_version: TariffVersion,
    at: datetime,
) -> None:
    change(agreement, tariff_version, ada, at)
    CustomerAgreement.objects.filter(tariff_version=tariff_version).update(ended_at=at)

    assert end_due_agreements(at=datetime(2027, 1, 1, tzinfo=UTC)) == 0


def test_an_agreement_survives_a_change_of_third_party(
    ada: User, agreement: CustomerAgreement, der: DER, at: datetime
) -> None:
    before = CustomerAgreement.objects.filter(pk=agreement.pk).values().get()
    first = ThirdParty.objects.create(name="First", email="a@example.org")
    second = ThirdParty.objects.create(name="Second", email="b@example.org")
    acting = make_representation(
        third_party=first, customer=agreement.customer, active_from=at - timedelta(days=9)
    )

    acting.active_to = at
    acting.save()
    make_representation(third_party=second, customer=agreement.customer, active_from=at)

    assert CustomerAgreement.objects.filter(pk=agreement.pk).values().get() == before
    der.refresh_from_db()
    assert (der.agreement, der.retired_at) == (agreement, None)


def test_a_company_leaves_for_a_customer_only_where_the_tariff_says_so(
    tara: User, agreement: CustomerAgreement, at: datetime
) -> None:
    company = ThirdParty.objects.create(name="Sun", email="a@example.org")
    company.members.create(user=tara)

    with pytest.raises(CannotLeaveYet, match="Only the customer may leave Sunset"):
        leave_tariff(agreement=agreement, last_day=None, at=at, by=tara)
