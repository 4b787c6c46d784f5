"""Customers, their premises and the points where they use the grid (CS-1)."""

import uuid

import pghistory
from django.conf import settings
from django.db import models

from customers.models.search import (
    CUSTOMER_FILED,
    CUSTOMER_RENAMED,
    LOCATION_CHANGED,
    POINT_FILED,
    POINT_HANDED_ON,
)
from derms.lib.lifecycle import counts_versions
from derms.lib.words import say


class Channel(models.TextChoices):
    """How a customer wants to be told."""

    EMAIL = "email", "E-mail"
    TEXT = "text", "Text message"
    TELEPHONE = "telephone", "Telephone call"
    PORTAL = "portal", "Portal inbox"


class Language(models.TextChoices):
    """The language a customer is written to in; the pages follow what the person chose."""

    ENGLISH = "en", "English"
    SPANISH = "es", "Español"


@pghistory.track(append_only=True)
class Customer(models.Model):
    """A person or company with an account at the utility."""

    mrid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account_number = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=120)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=32, blank=True)
    preferred_channel = models.CharField(
        max_length=16, choices=Channel.choices, default=Channel.EMAIL
    )
    language = models.CharField(max_length=8, choices=Language.choices, default=Language.ENGLISH)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="customer"
    )
    since_date = models.DateField()
    # The account that goes on, when this one turned out to be the same customer's.
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged"
    )
    erased_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        triggers = [counts_versions(), *CUSTOMER_FILED.triggers(), CUSTOMER_RENAMED]

    def __str__(self) -> str:
        return f"{self.name} ({self.account_number})"


class ServiceArea(models.Model):
    """A postcode that the utility serves."""

    postcode = models.CharField(max_length=16, unique=True)
    locality = models.CharField(max_length=80)

    def __str__(self) -> str:
        return f"{self.postcode} {self.locality}"


class ServiceLocation(models.Model):
    """A premise: the place where service is delivered."""

    street = models.CharField(max_length=120)
    postcode = models.CharField(max_length=16)
    locality = models.CharField(max_length=80)
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)

    class Meta:
        triggers = [LOCATION_CHANGED]

    def __str__(self) -> str:
        return f"{self.street}, {self.postcode} {self.locality}"


class Phases(models.TextChoices):
    """The phases a connection uses."""

    A = "A", "A"
    B = "B", "B"
    C = "C", "C"
    AB = "AB", "A and B"
    BC = "BC", "B and C"
    AC = "AC", "A and C"
    ABC = "ABC", "Three-phase"


class MeterKind(models.TextChoices):
    """What a meter can tell of the time at which energy flowed."""

    INTERVAL = "interval", "Counts every quarter of an hour"
    REGISTER = "register", "Counts totals only"


@pghistory.track(append_only=True)
class UsagePoint(models.Model):
    """A service point: where a customer's installation meets the grid, with its meter.

    `nominal_voltage_v` is line to neutral, as meters and inverters report voltage: 120 for a
    120/240 V service, 277 for 277/480 V.
    """

    mrid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="usage_points")
    location = models.ForeignKey(ServiceLocation, models.PROTECT, related_name="usage_points")
    meter_number = models.CharField(max_length=32, unique=True)
    meter_kind = models.CharField(
        max_length=16, choices=MeterKind.choices, default=MeterKind.INTERVAL
    )
    phases = models.CharField(max_length=3, choices=Phases.choices)
    nominal_voltage_v = models.PositiveIntegerField()

    class Meta:
        triggers = [*POINT_FILED.triggers(), POINT_HANDED_ON]

    def __str__(self) -> str:
        return say("{street} (meter {meter})", street=self.location.street, meter=self.meter_number)
