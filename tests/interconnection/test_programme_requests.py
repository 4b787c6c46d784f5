"""Accepting a request to join a programme joins it, or says what stands against it (CS-8)."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from customers.models import Enrolment, ServiceRequest, UsagePoint
from customers.services import open_request
from customers.services.programmes import DoesNotQualify
from customers.services.requests import take_way
from derms.accounts.models import User
from derms.lib.days import midnight
from interconnection.statuses import Technology
from tests.customers.asking import DESK
from tests.customers.programmes import make_programme
from tests.factories import make_agreement, make_der, make_device, make_tariff_version


def wish(point: UsagePoint, programme: str, at: datetime) -> ServiceRequest:
    return open_request(
        kind="enrol",
        customer=point.customer,
        usage_point=point,
        answers={"programme": programme},
        at=at,
        by="ada",
    )


def accept(request: ServiceRequest, at: datetime) -> ServiceRequest:
    return take_way(
        request=request, way="enrolled", actors=DESK, words="From today", at=at, by="cleo"
    )


def test_accepting_enrols_once_in_the_version_in_force(
    ada: User, cleo: User, ada_point: UsagePoint, at: datetime
) -> None:
    version = make_programme()
    agreement = make_agreement(ada_point, make_tariff_version(), accepted_by=ada)
    make_device(make_der(ada_point, agreement, technology=Technology.BATTERY))

    done = accept(wish(ada_point, version.programme.name, at), at)

    made = Enrolment.objects.get()
    assert (made.usage_point, made.version, made.enrolled_by) == (ada_point, version, cleo)
    assert done.status == "done"


def test_what_does_not_qualify_is_refused_and_the_request_stays(
    cleo: User, ada_point: UsagePoint, at: datetime
) -> None:
    version = make_programme()
    request = wish(ada_point, version.programme.name, at)

    with pytest.raises(DoesNotQualify):
        accept(request, at)

    request.refresh_from_db()
    assert request.status == "open"
    assert not Enrolment.objects.exists()


def test_a_request_to_leave_takes_the_customer_out_from_the_wished_day(
    ada: User, cleo: User, ada_point: UsagePoint, at: datetime
) -> None:
    version = make_programme()
    agreement = make_agreement(ada_point, make_tariff_version(), accepted_by=ada)
    make_device(make_der(ada_point, agreement, technology=Technology.BATTERY))
    accept(wish(ada_point, version.programme.name, at), at)
    wished = timezone.localdate(at) + timedelta(days=12)
    request = open_request(
        kind="leave",
        customer=ada_point.customer,
        usage_point=ada_point,
        answers={"programme": version.programme.name, "day": wished.isoformat()},
        at=at,
        by="ada",
    )

    take_way(request=request, way="left", actors=DESK, words="From then.", at=at, by="cleo")

    assert Enrolment.objects.get().leaves_at == midnight(wished)


def test_a_programme_that_is_kept_elsewhere_is_only_answered(
    cleo: User, ada_point: UsagePoint, at: datetime
) -> None:
    assert accept(wish(ada_point, "Somebody else's", at), at).status == "done"
    assert not Enrolment.objects.exists()
