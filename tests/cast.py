"""The fixed cast: the same people and places in every test.

Ada (solar and battery) and Ben (solar) are customers on feeder F12; Cem is another customer who
must see nothing of theirs. Cleo is customer service, Enzo engineer, Olga and Otto operators, Tess
technician, Tara an aggregator's person, Adam administrator, Audrey auditor, dms another system.
"""

from datetime import datetime

import pytest
from django.db import connection

from customers.models import Customer, TariffVersion, UsagePoint
from derms.accounts.models import User
from derms.accounts.roles import Role
from interconnection.models import Feeder
from tests.factories import (
    AT,
    connect,
    make_customer,
    make_feeder,
    make_person,
    make_tariff_version,
    make_transformer,
    make_usage_point,
)

CAST: dict[str, Role] = {
    "ada": Role.CUSTOMER,
    "ben": Role.CUSTOMER,
    "cem": Role.CUSTOMER,
    "cleo": Role.CUSTOMER_SERVICE,
    "enzo": Role.ENGINEER,
    "olga": Role.OPERATOR,
    "otto": Role.OPERATOR,
    "tess": Role.TECHNICIAN,
    "tara": Role.THIRD_PARTY,
    "adam": Role.ADMINISTRATOR,
    "audrey": Role.AUDITOR,
    "dms": Role.SYSTEM,
}


@pytest.fixture
def at() -> datetime:
    """The moment at which tests happen."""
    return AT


@pytest.fixture
def ada(db: None) -> User:
    return make_person("ada", CAST["ada"])


@pytest.fixture
def ben(db: None) -> User:
    return make_person("ben", CAST["ben"])


@pytest.fixture
def cem(db: None) -> User:
    return make_person("cem", CAST["cem"])


@pytest.fixture
def cleo(db: None) -> User:
    return make_person("cleo", CAST["cleo"])


@pytest.fixture
def enzo(db: None) -> User:
    return make_person("enzo", CAST["enzo"])


@pytest.fixture
def olga(db: None) -> User:
    return make_person("olga", CAST["olga"])


@pytest.fixture
def otto(db: None) -> User:
    return make_person("otto", CAST["otto"])


@pytest.fixture
def tess(db: None) -> User:
    return make_person("tess", CAST["tess"])


@pytest.fixture
def tara(db: None) -> User:
    return make_person("tara", CAST["tara"])


@pytest.fixture
def adam(db: None) -> User:
    person = make_person("adam", CAST["adam"])
    person.is_staff = person.is_superuser = True
    person.save(update_fields=["is_staff", "is_superuser"])
    return person


@pytest.fixture
def audrey(db: None) -> User:
    return make_person("audrey", CAST["audrey"])


@pytest.fixture
def dms(db: None) -> User:
    return make_person("dms", CAST["dms"])


@pytest.fixture
def f12(db: None) -> Feeder:
    """Feeder F12: 4 MW, one section with 2 MW peak and 0.6 MW minimum load."""
    return make_feeder("F12")


@pytest.fixture
def tariff_version(db: None) -> TariffVersion:
    """Solar Partner: PV and batteries up to 30 kVA, monitored and controlled, may join groups."""
    return make_tariff_version()


@pytest.fixture
def ada_customer(ada: User) -> Customer:
    return make_customer("Ada Lovelace", user=ada)


@pytest.fixture
def ada_point(ada_customer: Customer, f12: Feeder) -> UsagePoint:
    """Ada's service point, on a 50 kVA transformer of F12."""
    point = make_usage_point(ada_customer, street="1 Sunny Lane")
    connect(point, make_transformer(f12))
    return point


@pytest.fixture
def ben_customer(ben: User) -> Customer:
    return make_customer("Ben Franklin", user=ben)


@pytest.fixture
def ben_point(ben_customer: Customer, f12: Feeder) -> UsagePoint:
    point = make_usage_point(ben_customer, street="3 Sunny Lane")
    connect(point, make_transformer(f12))
    return point


@pytest.fixture
def cem_customer(cem: User) -> Customer:
    return make_customer("Cem Yilmaz", user=cem)


@pytest.fixture
def cem_point(cem_customer: Customer, f12: Feeder) -> UsagePoint:
    point = make_usage_point(cem_customer, street="9 Shady Lane")
    connect(point, make_transformer(f12))
    return point


@pytest.fixture
def empty_history(db: None) -> None:
    """Nobody else empties the history: Django does not manage its tables."""
    with connection.cursor() as cursor:
        cursor.execute(
            "truncate devices_reading, devices_rollup_minute, devices_rollup_quarter_hour,"
            " devices_rollup_day, devices_power_strip"
        )
