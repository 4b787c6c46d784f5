"""Who accepted which text, when and from where (CS-3)."""

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from django.db import connections

from customers import services
from customers.models import CustomerAgreement, TariffVersion, UsagePoint
from derms.accounts.models import User
from derms.lib.errors import Conflict, DermsError, InvalidInput
from tests.factories import make_usage_point


def accept(
    point: UsagePoint, version: TariffVersion, user: User, at: datetime, name: str = "Ada Lovelace"
) -> CustomerAgreement:
    return services.accept_tariff(
        usage_point=point,
        tariff_version=version,
        accepted_name=name,
        accepted_by=user,
        from_address="192.0.2.7",
        at=at,
    )


def test_an_agreement_keeps_the_text_the_person_the_time_and_the_address(
    ada: User, ada_point: UsagePoint, tariff_version: TariffVersion, at: datetime
) -> None:
    agreement = accept(ada_point, tariff_version, ada, at, name="  ada   LOVELACE ")

    agreement.refresh_from_db()
    assert agreement.text_sha256 == tariff_version.text_sha256
    assert (agreement.accepted_at, agreement.accepted_by) == (at, ada)
    assert agreement.accepted_name == "ada LOVELACE"
    assert agreement.accepted_from_address == "192.0.2.7"
    assert agreement.customer == ada_point.customer


@pytest.mark.parametrize(
    ("name", "words"),
    [("", "Type your name to accept."), ("Ben Franklin", "on the account: Ada Lovelace")],
)
def test_another_name_is_refused_beside_the_field(
    ada: User,
    ada_point: UsagePoint,
    tariff_version: TariffVersion,
    at: datetime,
    name: str,
    words: str,
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        accept(ada_point, tariff_version, ada, at, name=name)

    assert words in refusal.value.fields["accepted_name"][0]
    assert not CustomerAgreement.objects.exists()


def test_a_tariff_not_in_force_or_for_other_phases_is_refused(
    ada: User, ada_point: UsagePoint, tariff_version: TariffVersion, at: datetime
) -> None:
    with pytest.raises(services.TariffNotAccepted, match="is not in force now"):
        accept(ada_point, tariff_version, ada, tariff_version.active_from - timedelta(days=1))

    other = make_usage_point(ada_point.customer, phases="AC")
    with pytest.raises(services.TariffNotAccepted, match="this service point is on phase AC"):
        accept(other, tariff_version, ada, at)


def test_ending_twice_is_a_conflict(
    ada: User, ada_point: UsagePoint, tariff_version: TariffVersion, at: datetime
) -> None:
    agreement = accept(ada_point, tariff_version, ada, at)
    services.end_agreement(agreement=agreement, at=at)

    with pytest.raises(Conflict, match="has already ended"):
        services.end_agreement(agreement=agreement, at=at)

    assert accept(ada_point, tariff_version, ada, at) != agreement


@dataclass
class Results:
    """What threads brought back."""

    agreements: list[int] = field(default_factory=list)
    errors: list[DermsError] = field(default_factory=list)


@pytest.mark.django_db(transaction=True)
def test_two_clicks_make_one_agreement(
    ada: User, ada_point: UsagePoint, tariff_version: TariffVersion, at: datetime
) -> None:
    results = Results()

    def click() -> None:
        try:
            results.agreements.append(accept(ada_point, tariff_version, ada, at).pk)
        except DermsError as error:
            results.errors.append(error)
        finally:
            connections.close_all()

    clicks = [threading.Thread(target=click) for _ in range(4)]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join()

    assert results.errors == []
    assert len(results.agreements) == 4
    assert len(set(results.agreements)) == 1
