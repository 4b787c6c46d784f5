"""The demo town: customers, premises and service points, one for each house of the fleet."""

from collections.abc import Sequence
from datetime import date, datetime

from customers.models import (
    Customer,
    Representation,
    ServiceArea,
    ServiceLocation,
    ThirdParty,
    ThirdPartyMember,
    UsagePoint,
)
from customers.models.customer import Channel
from derms.accounts.models import User
from derms.demo import names
from derms.demo.fleet_file import House
from interconnection.models import Feeder
from interconnection.powerflow.checks import remarks
from interconnection.powerflow.facts import circuit_of
from interconnection.powerflow.feeders import feeder as feeder_model
from interconnection.services.network import connect_usage_point, load_feeder
from interconnection.services.network_versions import keep_version

LOCALITIES = {
    "IEEE13": ("1301", "Thirteen Oaks"),
    "MILLBROOK": ("1302", "Millbrook"),
    "HARBOUR": ("1303", "Harbour Side"),
}
SEED = 7
REPRESENTED_HOUSES = 12


def seed_feeders(*, at: datetime) -> dict[str, Feeder]:
    for postcode, locality in LOCALITIES.values():
        ServiceArea.objects.create(postcode=postcode, locality=locality)
    feeders = {}
    for name in LOCALITIES:
        model = feeder_model(name)
        feeders[name] = load_feeder(model=model)
        circuit = circuit_of(model)
        keep_version(
            name=name, circuit=circuit, source_name=model.source, source_sha256="",
            remarks=remarks(circuit), at=at, by="demo",
        )  # fmt: skip
    return feeders


def home_of_ben(houses: Sequence[House]) -> House:
    """The first single-phase house with solar, battery and meter: it has most to show."""
    return next(
        house
        for house in houses
        if house.is_commissioned
        and house.feeder == "MILLBROOK"
        and house.phase != "ABC"
        and all(house.of_kind(kind) for kind in ("pv", "battery", "meter"))
    )


def seed_points(
    houses: Sequence[House], feeders: dict[str, Feeder], people: dict[str, User]
) -> dict[str, UsagePoint]:
    """A customer, a premise and a connected service point for each house, by the house's key."""
    name, street = names.people(SEED), names.addresses(SEED)
    signed_in = {"ada": people["ada"], home_of_ben(houses).key: people["ben"]}
    points = {}
    for number, house in enumerate(houses, start=1):
        user = signed_in.get(house.key)
        customer = _customer(number, user.get_full_name() if user else next(name), user)
        points[house.key] = _point(number, house, customer, next(street))
        connect_usage_point(
            usage_point=points[house.key],
            feeder=feeders[house.feeder],
            phases=house.phase,
            # Her application is the one that passes; those of her neighbours are less lucky.
            is_alone=house.key == "ada",
        )
    return points


def _customer(number: int, name: str, user: User | None) -> Customer:
    mailbox = name.lower().replace(" ", ".")
    return Customer.objects.create(
        account_number=f"ACC-{10_000 + number}",
        name=name,
        email=f"{mailbox}@demo.example",
        phone=f"+1 555 01{number:02}",
        preferred_channel=Channel.EMAIL if user else _channel(number),
        user=user,
        since_date=date(2015 + number % 9, 1 + number % 12, 1 + number % 28),
    )


def _channel(number: int) -> Channel:
    """Most want mails, some text messages, a few a call."""
    if number % 11 == 0:
        return Channel.TELEPHONE
    return Channel.TEXT if number % 4 == 0 else Channel.EMAIL


def _point(number: int, house: House, customer: Customer, street: str) -> UsagePoint:
    postcode, locality = LOCALITIES[house.feeder]
    meter = house.of_kind("meter")
    location = ServiceLocation.objects.create(
        street=street,
        postcode=postcode,
        locality=locality,
        latitude=house.latitude,
        longitude=house.longitude,
    )
    return UsagePoint.objects.create(
        customer=customer,
        location=location,
        meter_number=meter.serial_number if meter else f"MT{200_000 + number}",
        phases=house.phase,
        nominal_voltage_v=277 if house.phase == "ABC" else 120,
    )


def seed_third_party(
    points: dict[str, UsagePoint], houses: Sequence[House], tara: User, *, since: datetime
) -> ThirdParty:
    """An aggregator that acts for a dozen households."""
    aggregator = ThirdParty.objects.create(name="Sunfold Aggregation", email="desk@sunfold.example")
    ThirdPartyMember.objects.create(third_party=aggregator, user=tara)
    homes = [
        house
        for house in houses
        if house.is_commissioned and house.feeder == "HARBOUR" and house.phase != "ABC"
    ]
    for house in homes[:REPRESENTED_HOUSES]:
        Representation.objects.create(
            third_party=aggregator,
            customer=points[house.key].customer,
            active_from=since,
            may_see_readings=True,
            may_file=True,
            may_enrol=True,
            given_name=points[house.key].customer.name,
            given_at=since,
            given_by=tara.get_username(),
        )
    return aggregator
